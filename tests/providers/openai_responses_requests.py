"""Requests, and the bodies that Responses gets for them."""

import functools
from typing import Any

from google.protobuf.json_format import ParseDict

from attempts import attempt
from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.openai_responses import OpenAIResponses
from llmrpc_server.providers.settings import HttpSettings

SAID = [{"role": "ROLE_USER", "parts": [{"text": "Hi"}]}]


def asked(*, streaming: bool = True, **fields: Any) -> Call:
    """Make a call from a request's JSON form."""
    request = ParseDict({"messages": SAID, **fields}, completion_pb2.CompleteRequest())
    return attempt(request, streaming=streaming, kind="openai_responses")


def text(call: Call, *, stream: bool = True) -> str:
    """Render a call, for a vendor that can stream or not."""
    return _provider(stream).body(call).decode()


def dropped(call: Call) -> list[str]:
    """Render a call; return the paths of what was left out, as its Warnings tell them."""
    text(call)
    assert {"PARAMETER_DROPPED"} >= {warning.reason for warning in call.warnings}
    return [warning.text.split()[3].rstrip(":") for warning in call.warnings]


@functools.cache
def _provider(stream: bool) -> OpenAIResponses:
    return OpenAIResponses("acme", HttpSettings(base_url="http://127.0.0.1:9", stream=stream))
