"""The official SDK's call of Messages, and the request that it sends."""

from collections.abc import Mapping
from typing import Any

import anthropic
import httpx2
from anthropic.types.beta.message_create_params import MessageCreateParamsBase as BetaParams
from anthropic.types.message_create_params import MessageCreateParamsBase
from typing_extensions import Unpack

from rendering.expectation import Sent

MODEL = "claude-sonnet-4-6"

_REQUESTS: list[httpx2.Request] = []


def _answer(request: httpx2.Request) -> httpx2.Response:
    request.read()
    _REQUESTS.append(request)
    return httpx2.Response(200, json={})


_CLIENT = anthropic.Anthropic(
    api_key="sk-test-1",
    base_url="https://api.anthropic.com",
    http_client=httpx2.Client(transport=httpx2.MockTransport(_answer)),
)


def sent(**arguments: Unpack[MessageCreateParamsBase]) -> Sent:
    """Expect what the SDK sends for these arguments."""
    return Sent(dict(arguments))


def sent_in_beta(**arguments: Unpack[BetaParams]) -> Sent:
    """Expect what the SDK sends for these arguments where they need a beta."""
    return Sent(dict(arguments))


def request(arguments: Mapping[str, Any], *, streaming: bool) -> httpx2.Request:
    """Let the SDK send a request, and return it."""
    messages: Any = _CLIENT.beta.messages if "betas" in arguments else _CLIENT.messages
    stream = {"stream": True} if streaming else {}
    messages.with_raw_response.create(**arguments, **stream)
    return _REQUESTS.pop()


def body(arguments: Mapping[str, Any], *, streaming: bool) -> bytes:
    """Let the SDK send a request, and return its body."""
    return request(arguments, streaming=streaming).content
