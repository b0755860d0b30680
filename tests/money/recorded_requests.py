"""Recorded requests as calls of this gateway: what a provider read, as far as an estimate looks at it."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from llmrpc.v1 import completion_pb2, message_pb2
from replay.recordings import WIRE, Recording

# In bodies that were made up around a recorded answer.
_MADE_UP = "request was not recorded"


def recorded_request(recording: Recording) -> completion_pb2.CompleteRequest | None:
    """Return what was asked; None: that was not recorded."""
    body = json.loads((WIRE / f"{recording.name}.json").read_text(encoding="utf-8"))["request"]["body"]
    if not isinstance(body, dict) or _MADE_UP in json.dumps(body):
        return None
    asked = completion_pb2.CompleteRequest(messages=list(_messages(body)), tools=list(_tools(body)))
    if _chosen(body.get("tool_choice")):
        asked.tool_choice.mode = message_pb2.TOOL_CHOICE_MODE_REQUIRED
    if "thinking" in body or "reasoning" in body:
        asked.config.reasoning_effort = completion_pb2.REASONING_EFFORT_MEDIUM
    if schema := _schema(body):
        asked.output.json_schema.schema_json = json.dumps(schema)
    return asked


def _messages(body: Mapping[str, Any]) -> Iterator[message_pb2.Message]:
    said = body.get("messages", body.get("input", []))
    said = [{"content": said}] if isinstance(said, str) else said
    told = body.get("system") or body.get("instructions")
    for message in [*([{"content": told}] if told else []), *said]:
        yield message_pb2.Message(parts=list(_parts(message)))


def _parts(message: Mapping[str, Any]) -> Iterator[message_pb2.ContentPart]:
    if message.get("role") == "tool" or message.get("type") == "function_call_output":
        result = message.get("content", message.get("output"))
        yield message_pb2.ContentPart(tool_result=message_pb2.ToolResult(parts=list(_content(result))))
        return
    if message.get("type") == "reasoning":
        yield _thoughts("openai_responses", "", message, "encrypted_content")
    yield from _content(message.get("content"))
    for call in message.get("tool_calls") or ([message] if message.get("type") == "function_call" else []):
        told = call.get("function", call)
        yield _call(told["name"], told["arguments"])


def _content(content: Any) -> Iterator[message_pb2.ContentPart]:
    items: list[dict[str, Any]] = [{"text": content}] if isinstance(content, str) else content or []
    for item in items:
        match item.get("type"):
            case "tool_use":
                yield _call(item["name"], json.dumps(item["input"]))
            case "tool_result":
                result = message_pb2.ToolResult(parts=list(_content(item["content"])))
                yield message_pb2.ContentPart(tool_result=result)
            case "image_url" | "input_image":
                url = item["image_url"]
                yield _media(url["url"] if isinstance(url, dict) else url)
            case "file" | "input_file":
                yield _media(item.get("file", item)["file_data"])
            case "input_audio":
                told = item["input_audio"]
                yield _media(f"data:audio/{told['format']};base64,{told['data']}")
            case "image" | "document":
                source = item["source"]
                yield _media(source.get("url") or f"data:{source['media_type']};base64,{source['data']}")
            case "thinking":
                yield _thoughts("anthropic", item["thinking"], item, "signature")
            case _ if "text" in item:
                yield message_pb2.ContentPart(text=item["text"])


def _call(name: str, arguments: str) -> message_pb2.ContentPart:
    return message_pb2.ContentPart(tool_call=message_pb2.ToolCall(name=name, arguments_json=arguments))


def _thoughts(kind: str, text: str, item: Mapping[str, Any], sealed: str) -> message_pb2.ContentPart:
    data = json.dumps({sealed: item.get(sealed, "")}, separators=(",", ":")).encode()
    state = message_pb2.ProviderState(kind=kind, data=data)
    return message_pb2.ContentPart(reasoning=message_pb2.Reasoning(text=text), provider_state=state)


def _media(url: str) -> message_pb2.ContentPart:
    if not url.startswith("data:"):
        return message_pb2.ContentPart(media=message_pb2.Media(mime_type="image/unknown", uri=url))
    kind, data = url.removeprefix("data:").split(",", 1)
    mime_type = kind.partition(";")[0]
    plain = mime_type.startswith("text/") and not kind.endswith("base64")
    try:
        raw = data.encode() if plain else base64.b64decode(data)
    except ValueError:
        raw = data.encode()
    return message_pb2.ContentPart(media=message_pb2.Media(mime_type=mime_type, data=raw))


def _tools(body: Mapping[str, Any]) -> Iterator[message_pb2.Tool]:
    for tool in [*(body.get("tools") or []), *({"type": "mcp"} for _ in body.get("mcp_servers") or [])]:
        told = tool.get("function", tool)
        if "name" not in told or not ("parameters" in told or "input_schema" in told):
            yield message_pb2.Tool(provider_tool=message_pb2.ProviderTool(type=str(tool.get("type"))))
            continue
        schema = json.dumps(told.get("parameters", told.get("input_schema")))
        function = message_pb2.FunctionTool(name=told["name"], parameters_json_schema=schema)
        function.description = told.get("description") or ""
        yield message_pb2.Tool(function=function)


def _chosen(choice: Any) -> bool:
    sort = choice.get("type") if isinstance(choice, dict) else choice
    return sort in {"any", "tool", "required", "REQUIRED", "function"}


def _schema(body: Mapping[str, Any]) -> Any:
    wanted = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    wanted = (body.get("output_config") or {}).get("format") or wanted
    return wanted.get("schema") or (wanted.get("json_schema") or {}).get("schema")
