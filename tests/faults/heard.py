"""What answers hold besides text, read from the bytes of each wire format."""

from typing import Any

from faults.wire import ANTHROPIC, COHERE, OPENAI, RESPONSES, Raw

Call = tuple[str, str, list[str]]
"""A tool call's id, its name and the pieces of its arguments."""


def streamed_calls(path: str, raw: Raw) -> list[Call]:
    """Return the tool calls of a stream."""
    calls: dict[int, Call] = {}
    for value in raw.values:
        if path == OPENAI:
            _note_of_chat(value, calls)
        else:
            _note(value, calls)
    return list(calls.values())


def _note_of_chat(chunk: Any, calls: dict[int, Call]) -> None:
    """Note what a chunk tells of tool calls."""
    for call in [call for choice in chunk["choices"] for call in choice["delta"].get("tool_calls", ())]:
        if "id" in call:
            calls[call["index"]] = (call["id"], call["function"]["name"], [])
        else:
            calls[call["index"]][2].append(call["function"]["arguments"])


def _note(event: Any, calls: dict[int, Call]) -> None:
    """Note what a named event tells of tool calls."""
    index, delta = event.get("output_index", event.get("index", 0)), event.get("delta")
    match event["type"]:
        case "response.output_item.added" if event["item"]["type"] == "function_call":
            calls[index] = (event["item"]["call_id"], event["item"]["name"], [])
        case "response.function_call_arguments.delta":
            calls[index][2].append(delta)
        case "content_block_start" if event["content_block"]["type"] == "tool_use":
            calls[index] = (event["content_block"]["id"], event["content_block"]["name"], [])
        case "content_block_delta" if delta["type"] == "input_json_delta":
            calls[index][2].append(delta["partial_json"])
        case "tool-call-start":
            call = delta["message"]["tool_calls"]
            calls[index] = (call["id"], call["function"]["name"], [])
        case "tool-call-delta":
            calls[index][2].append(delta["message"]["tool_calls"]["function"]["arguments"])


def whole_calls(path: str, body: Any) -> list[tuple[str, Any]]:
    """Return name and arguments of each tool call: text, on Anthropic an object."""
    match path:
        case "/v1/responses":
            items = [item for item in body["output"] if item["type"] == "function_call"]
            return [(item["name"], item["arguments"]) for item in items]
        case "/v1/messages":
            return [(block["name"], block["input"]) for block in body["content"] if block["type"] == "tool_use"]
    message = body["choices"][0]["message"] if path == OPENAI else body["message"]
    return [(call["function"]["name"], call["function"]["arguments"]) for call in message["tool_calls"]]


def usage(path: str, raw: Raw, *, stream: bool) -> dict[str, Any]:
    """Return the usage that an answer ends with."""
    if not stream:
        return dict(raw.json["usage"])
    last = raw.values[-2 if path == ANTHROPIC else -1]
    holder: Any = {RESPONSES: last.get("response"), COHERE: last.get("delta")}.get(path, last)
    return dict(holder["usage"])


def finish_word(path: str, raw: Raw) -> Any:
    """Return a stream's own word for why it ended."""
    match path:
        case "/v1/chat/completions":
            return [c["finish_reason"] for value in raw.values for c in value["choices"] if c["finish_reason"]][-1]
        case "/v1/responses":
            response = raw.values[-1]["response"]
            return (response["incomplete_details"] or {}).get("reason", response["status"])
        case "/v1/messages":
            return raw.values[-2]["delta"]["stop_reason"]
    return raw.values[-1]["delta"]["finish_reason"]


def reasoned(path: str, raw: Raw) -> str:
    """Return the reasoning in a stream's events."""
    values = raw.values
    if path == OPENAI:
        deltas = [choice["delta"] for value in values for choice in value["choices"]]
        return "".join(delta.get("reasoning_content", "") for delta in deltas)
    if path == RESPONSES:
        return "".join(v["delta"] for v in values if v["type"] == "response.reasoning_summary_text.delta")
    deltas = [value.get("delta", {}) for value in values]
    if path == COHERE:
        deltas = [delta.get("message", {}).get("content", {}) for delta in deltas]
        return "".join(delta.get("thinking", "") for delta in deltas if isinstance(delta, dict))
    return "".join(delta.get("thinking", "") for delta in deltas)


def reasoned_whole(path: str, body: Any) -> str:
    """Return the reasoning in a whole answer."""
    match path:
        case "/v1/chat/completions":
            return str(body["choices"][0]["message"]["reasoning_content"])
        case "/v1/responses":
            return str(body["output"][0]["summary"][0]["text"])
        case "/v1/messages":
            return str(body["content"][0]["thinking"])
    return str(body["message"]["content"][0]["thinking"])
