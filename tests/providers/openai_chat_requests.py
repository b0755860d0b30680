"""Requests to vendors that speak Chat Completions, and their bodies."""

import functools
import json
from typing import Any

from google.protobuf.json_format import ParseDict

from attempts import attempt
from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.providers.openai_chat import OpenAIChat, OpenAISettings

Fields = dict[str, Any]

SAID: Fields = {"role": "ROLE_USER", "parts": [{"text": "Hi"}]}
LOOK: Fields = {"function": {"name": "look"}}
FIND: Fields = {"function": {"name": "find"}}


def asked(*, streaming: bool = False, **fields: Any) -> Call:
    """Make a call from a request's JSON form; the least that is good, and these fields."""
    request = ParseDict({"messages": [SAID], **fields}, completion_pb2.CompleteRequest())
    return attempt(request, streaming=streaming)


def saying(role: str, *parts: Fields, **fields: Any) -> Call:
    """Make a call of one message."""
    return asked(messages=[{"role": f"ROLE_{role}", "parts": list(parts), **fields}])


def provider(**row: Any) -> OpenAIChat:
    """Make the provider that a row of the configuration describes, its address aside."""
    return _provider(OpenAISettings(**{"base_url": "http://127.0.0.1:9", **row}).model_dump_json())


@functools.cache
def _provider(settings: str) -> OpenAIChat:
    return OpenAIChat("acme", OpenAISettings.model_validate_json(settings))


def body(call: Call, **row: Any) -> Fields:
    """Render a call, as the vendor reads it."""
    fields: Fields = json.loads(provider(**row).body(call))
    return fields


def message(call: Call, **row: Any) -> Fields:
    """Render a call of one message, as the vendor reads it."""
    (rendered,) = body(call, **row)["messages"]
    fields: Fields = rendered
    return fields


def dropped(call: Call) -> list[str]:
    """List what was left out with a Warning."""
    return [
        warning.text.removeprefix("acme/model has no ").removesuffix(": it was left out") for warning in call.warnings
    ]
