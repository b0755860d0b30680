"""Unstreamed answers of Messages, and what events share with them."""

import json
from typing import Any

from fault_provider.answer import Block
from fault_provider.source import QUOTE, TITLE, URL
from fault_provider.unknown import TYPE
from fault_provider.wires.wire import Reply

_FINISH = {
    "stop": "end_turn",
    "length": "max_tokens",
    "filter": "refusal",
    "tool-calls": "tool_use",
    "refusal": "refusal",
}


def message(reply: Reply) -> dict[str, Any]:
    """Return a `message`; what a refusal says is in its details."""
    blocks = [block for block in spoken(reply) if block.tokens or block.kind != "text"]
    body = begun_message(reply) | stop(reply)
    body["content"] = [_content(reply, block) for block in blocks]
    return body | {"usage": _usage(reply)} if reply.with_usage else body


def begun_message(reply: Reply) -> dict[str, Any]:
    """Return what `message_start` and the whole answer begin with."""
    return {
        "model": reply.prompt.model,
        "id": f"msg_01{reply.number:022d}",
        "type": "message",
        "role": "assistant",
        "content": [],
    }


def spoken(reply: Reply) -> list[Block]:
    """Return the blocks that are content."""
    return [block for block in reply.answer.blocks if block.kind != "refusal"]


def begun_block(reply: Reply, block: Block) -> dict[str, Any]:
    """Return a block of which nothing is said yet."""
    match block.kind:
        case "reasoning":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "unknown":
            return {"type": TYPE, TYPE: ""}
        case "call":
            tool_id = f"toolu_01{reply.number:016d}{block.position:06d}"
            return {"type": "tool_use", "id": tool_id, "name": block.tool, "input": {}, "caller": {"type": "direct"}}
    return {"type": "text", "text": ""} | ({"citations": []} if reply.answer.citation else {})


def signature(reply: Reply) -> str:
    """Return what proves that the reasoning is the model's."""
    return f"EqQBCgIYAhIM{reply.number:024d}=="


def citation(reply: Reply) -> dict[str, Any] | None:
    """Return the citation: of the request's first document, whose characters it counts, or of a web page."""
    if reply.answer.citation is None:
        return None
    documents = [part for turn in reply.prompt.turns for part in turn.parts if part["type"] == "document"]
    if not documents:
        found = {"url": URL, "title": TITLE, "encrypted_index": "EpABCioIAxgC", "cited_text": QUOTE}
        return {"type": "web_search_result_location", **found}
    return {
        "type": "char_location",
        "cited_text": QUOTE,
        "document_index": 0,
        "document_title": documents[0].get("filename"),
        "start_char_index": 0,
        "end_char_index": len(QUOTE),
        "file_id": None,
    }


def stop(reply: Reply) -> dict[str, Any]:
    """Return Anthropic's words for why the answer ends."""
    answer = reply.answer
    refusal = answer.of("refusal")
    details = {"type": "refusal", "category": "cyber", "explanation": refusal.text} if refusal else None
    if answer.stop_sequence is not None and answer.finish == "stop" and answer.word is None:
        reason = "stop_sequence"
    else:
        reason = answer.word or _FINISH[answer.finish]
    stopped_by = answer.stop_sequence if reason == "stop_sequence" else None
    return {"stop_reason": reason, "stop_sequence": stopped_by, "stop_details": details}


def begun_usage(reply: Reply) -> dict[str, Any]:
    """Return the usage at the beginning."""
    return {
        **_input_usage(reply),
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": min(1, reply.answer.size),
        "service_tier": "standard",
    }


def ended_usage(reply: Reply) -> dict[str, Any]:
    """Return the usage at the end of a stream."""
    return {**_input_usage(reply), **_output_usage(reply)}


def _usage(reply: Reply) -> dict[str, Any]:
    """Return the usage of a whole answer."""
    return begun_usage(reply) | _output_usage(reply)


def _input_usage(reply: Reply) -> dict[str, Any]:
    """Return the input's tokens, which leave out those of the cache."""
    return {
        "input_tokens": reply.prompt.words - reply.answer.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": reply.answer.cached,
    }


def _output_usage(reply: Reply) -> dict[str, Any]:
    """Return the output's tokens, which include those of thinking."""
    thinking = {"thinking_tokens": reply.answer.reasoning_tokens}
    return {"output_tokens": reply.answer.size, "output_tokens_details": thinking}


def _content(reply: Reply, block: Block) -> dict[str, Any]:
    """Return a whole block."""
    begun = begun_block(reply, block)
    match block.kind:
        case "reasoning":
            return begun | {"thinking": block.text, "signature": signature(reply)}
        case "call":
            return begun | {"input": _object(block.text)}
        case "text":
            cited = citation(reply)
            return begun | {"text": block.text} | ({"citations": [cited]} if cited else {})
    return begun


def _object(arguments: str) -> Any:
    """Return the arguments as an object; those that a limit cut are lost."""
    try:
        return json.loads(arguments)
    except ValueError:
        return {}
