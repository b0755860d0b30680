"""The official SDK's call of Chat Completions, and the body that it sends."""

from collections.abc import Mapping
from typing import Any

import httpx2
import openai
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from typing_extensions import Unpack

from rendering.expectation import Sent

MODEL = "gpt-5.2"

_BODIES: list[bytes] = []


def _answer(request: httpx2.Request) -> httpx2.Response:
    _BODIES.append(request.read())
    return httpx2.Response(200, json={})


_CLIENT = openai.OpenAI(
    api_key="sk-test-1",
    base_url="https://api.openai.com/v1",
    http_client=httpx2.Client(transport=httpx2.MockTransport(_answer)),
)


def sent(**arguments: Unpack[CompletionCreateParamsBase]) -> Sent:
    """Expect what the SDK sends for these arguments."""
    return Sent(dict(arguments))


def body(arguments: Mapping[str, Any], *, streaming: bool) -> bytes:
    """Let the SDK send a request, and return its body."""
    stream: Any = {"stream": True, "stream_options": {"include_usage": True}} if streaming else {}
    _CLIENT.chat.completions.with_raw_response.create(**arguments, **stream)
    return _BODIES.pop()
