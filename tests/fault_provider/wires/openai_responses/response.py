"""The object `response` of Responses, and its items."""

import time
from collections.abc import Sequence
from typing import Any

from fault_provider.answer import Block
from fault_provider.logprobs import Logprob, logprobs
from fault_provider.source import TITLE, URL
from fault_provider.unknown import TYPE
from fault_provider.wires.wire import Reply

ENCRYPTED = "reasoning.encrypted_content"

_INCOMPLETE = {"length": "max_output_tokens", "filter": "content_filter"}
_ECHOED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""What a response says about its request, and says where the request is silent."""


def begun_response(reply: Reply) -> dict[str, Any]:
    """Return the response while nothing of it is said."""
    body = reply.prompt.body
    return {
        "id": f"resp_{reply.number:048x}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "model": reply.prompt.model,
        "output": [],
        "presence_penalty": 0.0,
        "prompt_cache_retention": None,
        "reasoning": {"effort": None, "summary": None} | (body.get("reasoning") or {}),
        "service_tier": "default",
        "text": {"format": {"type": "text"}, "verbosity": "medium"} | (body.get("text") or {}),
        "usage": None,
        **{name: default if body.get(name) is None else body[name] for name, default in _ECHOED.items()},
    }


def finished_response(reply: Reply) -> dict[str, Any]:
    """Return the whole response."""
    reason = incomplete_reason(reply)
    ended: dict[str, Any] = {"status": "completed", "completed_at": int(time.time())}
    if reason is not None:
        ended = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    output = [item(reply, position, ended["status"]) for position in range(len(reply.answer.blocks))]
    return begun_response(reply) | ended | {"output": output, "usage": _usage(reply) if reply.with_usage else None}


def failed_response(reply: Reply, error: dict[str, Any]) -> dict[str, Any]:
    """Return the response that came to nothing."""
    said = {"code": error["code"] or error["type"], "message": error["message"]}
    return begun_response(reply) | {"status": "failed", "error": said}


def incomplete_reason(reply: Reply) -> str | None:
    """Return OpenAI's word for why the answer is incomplete, None if it is not."""
    return reply.answer.word or _INCOMPLETE.get(reply.answer.finish)


def item(reply: Reply, position: int, status: str) -> dict[str, Any]:
    """Return an item as it is at its end; only the last one is incomplete."""
    blocks = reply.answer.blocks
    block = blocks[position]
    found = begun_item(reply, position)
    if "status" in found:
        found["status"] = status if position == len(blocks) - 1 else "completed"
    match block.kind:
        case "reasoning":
            found["summary"] = [{"type": "summary_text", "text": block.text}]
        case "call":
            found["arguments"] = block.text
        case "text" | "refusal":
            found["content"] = [content_part(reply, block)]
    return found


def begun_item(reply: Reply, position: int) -> dict[str, Any]:
    """Return an item of which nothing is said yet."""
    block = reply.answer.blocks[position]
    number = f"{reply.number:040x}{position:08x}"
    match block.kind:
        case "reasoning":
            begun = {"id": f"rs_{number}", "type": "reasoning", "content": [], "summary": []}
            if ENCRYPTED in (reply.prompt.body.get("include") or ()):
                begun["encrypted_content"] = f"gAAAAAB{number}=="
            return begun
        case "call":
            call_id = f"call_{reply.number:016d}{block.position:08d}"
            named = {"arguments": "", "call_id": call_id, "name": block.tool}
            return {"id": f"fc_{number}", "type": "function_call", "status": "in_progress", **named}
        case "unknown":
            return {"id": f"hg_{number}", "type": f"{TYPE}_call", "status": "in_progress"}
    return {"id": f"msg_{number}", "type": "message", "status": "in_progress", "content": [], "role": "assistant"}


def content_part(reply: Reply, block: Block, *, begun: bool = False) -> dict[str, Any]:
    """Return a message's part, at its beginning or at its end."""
    text = "" if begun else block.text
    if block.kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {
        "type": "output_text",
        "annotations": [] if begun else annotations(reply),
        "logprobs": [] if begun else [token_logprob(each) for each in of_text(reply, block.tokens)],
        "text": text,
    }


def annotations(reply: Reply) -> list[dict[str, Any]]:
    """Return the citation as an annotation."""
    if (cited := reply.answer.citation) is None:
        return []
    where = {"start_index": cited.start, "end_index": cited.end, "title": TITLE, "url": URL}
    return [{"type": "url_citation", **where}]


def of_text(reply: Reply, tokens: Sequence[str]) -> list[Logprob]:
    """Return the log probabilities of a text's tokens, if they are asked for."""
    top = reply.prompt.top_logprobs
    return [] if top is None else list(logprobs(tokens, top))


def token_logprob(each: Logprob) -> dict[str, Any]:
    """Return a log probability as OpenAI writes it."""
    top = [{"token": token, "bytes": list(token.encode()), "logprob": value} for token, value in each.top]
    return {"token": each.token, "bytes": list(each.token.encode()), "logprob": each.value, "top_logprobs": top}


def _usage(reply: Reply) -> dict[str, Any]:
    """Return the usage; the output's tokens include those of reasoning."""
    asked, said = reply.prompt.words, reply.answer.size
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": reply.answer.cached},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": reply.answer.reasoning_tokens},
        "total_tokens": asked + said,
    }
