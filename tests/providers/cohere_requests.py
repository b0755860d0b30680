"""Requests to Cohere, and their bodies."""

import functools
import json
from typing import Any

from google.protobuf.json_format import ParseDict

from attempts import attempt
from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.cohere_chat import CohereChat
from llmrpc_server.providers.settings import HttpSettings

SAID = [{"role": "ROLE_USER", "parts": [{"text": "Hi"}]}]


def asked(*, streaming: bool = True, **fields: Any) -> Call:
    """Make a call from a request's JSON form; the least that is good, and these fields."""
    request = ParseDict({"messages": SAID, **fields}, completion_pb2.CompleteRequest())
    return attempt(request, streaming=streaming, kind="cohere")


def text(call: Call) -> str:
    """Render a call."""
    return _provider().body(call).decode()


def body(call: Call) -> dict[str, Any]:
    """Render a call, as the vendor reads it."""
    fields: dict[str, Any] = json.loads(text(call))
    return fields


@functools.cache
def _provider() -> CohereChat:
    return CohereChat("acme", HttpSettings(base_url="http://127.0.0.1:9"))
