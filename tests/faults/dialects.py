"""One question in the words of each wire format."""

import base64
from collections.abc import Sequence
from typing import Any

from faults.wire import ANTHROPIC, COHERE, OPENAI, RESPONSES

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
IMAGE, FILE = b"\x89PNG not really", b"%PDF not really"


def data_url(mime_type: str, data: bytes) -> str:
    """Return a data URL."""
    return f"data:{mime_type};base64,{base64.b64encode(data).decode()}"


def tools(path: str, *names: str) -> list[dict[str, Any]]:
    """Return tools that take a city and days."""
    made = []
    for name in names:
        function = {"name": name, "description": f"Look up the {name}."}
        if path == RESPONSES:
            made.append({"type": "function", **function, "parameters": SCHEMA})
        elif path == ANTHROPIC:
            made.append({**function, "input_schema": SCHEMA})
        else:
            made.append({"type": "function", "function": {**function, "parameters": SCHEMA}})
    return made


def shape(path: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the field that asks for JSON of a schema, or for any JSON object."""
    if path == ANTHROPIC:
        return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    if path == COHERE:
        wanted: dict[str, Any] = {"type": "json_object"}
        return {"response_format": wanted if schema is None else wanted | {"json_schema": schema}}
    wanted = {"type": "json_object"}
    named = {"name": "weather", "schema": schema}
    if path == RESPONSES:
        return {"text": {"format": wanted if schema is None else {"type": "json_schema", **named}}}
    return {"response_format": wanted if schema is None else {"type": "json_schema", "json_schema": named}}


def asking_usage(path: str) -> dict[str, Any]:
    """Return the field that asks for usage in a stream, where there is one."""
    return {"stream_options": {"include_usage": True}} if path == OPENAI else {}


def conversation(path: str) -> dict[str, Any]:
    """Return instructions, a question with an image, a tool call and its result, as each wire format has them."""
    asked, arguments = "What is there in Oslo?", '{"city":"Oslo","days":2}'
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": arguments}}
    url = data_url("image/png", IMAGE)
    parts: list[dict[str, Any]] = [{"type": "text", "text": asked}, {"type": "image_url", "image_url": {"url": url}}]
    if path == RESPONSES:
        parts = [{"type": "input_text", "text": asked}, {"type": "input_image", "image_url": url}]
        return {
            "instructions": "Be brief.",
            "messages": [
                {"role": "user", "content": parts},
                {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": arguments},
                {"type": "function_call_output", "call_id": "c1", "output": "Rain."},
            ],
        }
    if path == ANTHROPIC:
        source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(IMAGE).decode()}
        use = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo", "days": 2}}
        result = {"type": "tool_result", "tool_use_id": "c1", "content": "Rain."}
        return {
            "system": "Be brief.",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": asked}, {"type": "image", "source": source}]},
                {"role": "assistant", "content": [use]},
                {"role": "user", "content": [result]},
            ],
        }
    return {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": asked}, {"type": "image_url", "image_url": {"url": url}}],
            },
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "Rain."},
        ]
    }


def tool_choice(path: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return the field that makes the model call a tool, one of these."""
    if path == COHERE:
        return {"tool_choice": "REQUIRED"}
    if path == ANTHROPIC:
        return {"tool_choice": {"type": "tool", "name": names[0]} if names else {"type": "any"}}
    if not names:
        return {"tool_choice": "required"}
    named = {"name": names[0]}
    return {"tool_choice": {"type": "function", **(named if path == RESPONSES else {"function": named})}}
