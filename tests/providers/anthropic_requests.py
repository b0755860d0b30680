"""Requests to Anthropic, and their bodies."""

import functools
import json
from typing import Any

from google.protobuf.json_format import ParseDict

from attempts import attempt
from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.anthropic_messages import AnthropicMessages
from llmrpc_server.providers.settings import HttpSettings

SAID = [{"role": "ROLE_USER", "parts": [{"text": "Hi"}]}]


def asked(*, streaming: bool = False, **fields: Any) -> Call:
    """Make a call from a request's JSON form; the least that is good, and these fields."""
    request = ParseDict({"messages": SAID, **fields}, completion_pb2.CompleteRequest())
    return attempt(request, streaming=streaming, kind="anthropic")


def text(call: Call, *, streams: bool = True) -> str:
    """Render a call, for a vendor that streams or does not."""
    return provider(streams=streams).body(call).decode()


def body(call: Call) -> dict[str, Any]:
    """Render a call, as the vendor reads it."""
    fields: dict[str, Any] = json.loads(text(call))
    return fields


def warned(call: Call) -> list[str]:
    """List what the caller is told."""
    return [warning.text for warning in call.warnings]


def dropped(path: str) -> str:
    """Write what the caller is told of a field that is left out."""
    return f"acme/model has no {path}: it was left out"


@functools.cache
def provider(*, streams: bool = True) -> AnthropicMessages:
    """Make the provider."""
    return AnthropicMessages("acme", HttpSettings(base_url="http://127.0.0.1:9", stream=streams))
