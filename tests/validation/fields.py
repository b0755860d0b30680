"""Requests from their JSON form, and what is wrong with them."""

from typing import Any

from google.protobuf.json_format import ParseDict

from llmrpc.v1 import completion_pb2
from llmrpc_server.requests.validation import violations

SAID = [{"role": "ROLE_USER", "parts": [{"text": "Hi"}]}]


def request(**fields: Any) -> completion_pb2.CompleteRequest:
    """Make a request from its JSON form; the least that is good, and these fields."""
    return ParseDict({"messages": SAID, **fields}, completion_pb2.CompleteRequest())


def part(**fields: Any) -> dict[str, Any]:
    """Write the fields of a request whose one user message has this one part."""
    return {"messages": [{"role": "ROLE_USER", "parts": [fields]}]}


def result(**fields: Any) -> dict[str, Any]:
    """Write the fields of a request whose one message is a tool's result."""
    return {"messages": [{"role": "ROLE_TOOL", "parts": [{"toolResult": fields}]}]}


def function(**fields: Any) -> dict[str, Any]:
    """Write a tool."""
    return {"function": {"name": "look_up", **fields}}


def found(asked: completion_pb2.CompleteRequest) -> list[tuple[str, str]]:
    """List what is wrong with a request."""
    return [(violation.field, violation.description) for violation in violations(asked)]
