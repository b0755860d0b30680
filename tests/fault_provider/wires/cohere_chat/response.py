"""Unstreamed answers of Cohere v2 Chat, and what events share with them."""

from typing import Any

from fault_provider.answer import Block
from fault_provider.logprobs import Logprob, logprobs
from fault_provider.source import QUOTE, TITLE, URL
from fault_provider.unknown import TYPE
from fault_provider.wires.wire import Reply

from .errors import trace_id

_FINISH = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "tool-calls": "TOOL_CALL",
}
_TYPES = {"text": "text", "reasoning": "thinking", "unknown": TYPE}


def response(reply: Reply) -> dict[str, Any]:
    """Return the whole answer; text before tool calls is their plan."""
    message: dict[str, Any] = {"role": "assistant"}
    content = [content_block(block) for block in contents(reply) if block.tokens or block.kind != "text"]
    if content:
        message["content"] = content
    if (said := plan(reply)) is not None:
        message["tool_plan"] = said.text
    if calls := reply.answer.calls:
        message["tool_calls"] = [tool_call(reply, call) for call in calls]
    if cited := citation(reply):
        message["citations"] = [cited]
    body: dict[str, Any] = {"id": trace_id(reply.number), "message": message, "finish_reason": finish_reason(reply)}
    if found := of_text(reply):
        body["logprobs"] = [token_logprob(each) for each in found]
    return body | {"usage": usage(reply)} if reply.with_usage else body


def plan(reply: Reply) -> Block | None:
    """Return what is said before tool calls."""
    return reply.answer.of("text") if reply.answer.calls else None


def contents(reply: Reply) -> list[Block]:
    """Return the blocks that are content."""
    kinds = {"reasoning", "unknown", "text"} - ({"text"} if reply.answer.calls else set())
    return [block for block in reply.answer.blocks if block.kind in kinds]


def content_block(block: Block, *, begun: bool = False) -> dict[str, Any]:
    """Return a block, at its beginning or at its end."""
    return {"type": _TYPES[block.kind], **content_delta(block, "" if begun else block.text)}


def content_delta(block: Block, token: str) -> dict[str, Any]:
    """Return what a block grows by."""
    return {_TYPES[block.kind]: token}


def tool_call(reply: Reply, call: Block, *, begun: bool = False) -> dict[str, Any]:
    """Return a tool call, at its beginning or at its end."""
    return {
        "id": f"{call.tool}_{reply.number:06x}{call.position:06x}",
        "type": "function",
        "function": {"name": call.tool, "arguments": "" if begun else call.text},
    }


def citation(reply: Reply) -> dict[str, Any] | None:
    """Return the citation, with a document as its source."""
    if (cited := reply.answer.citation) is None:
        return None
    document = {"id": "doc:0", "title": TITLE, "text": QUOTE, "url": URL}
    where = {"start": cited.start, "end": cited.end, "text": cited.words}
    index = next((i for i, block in enumerate(contents(reply)) if block.kind == "text"), 0)
    kind = "PLAN" if reply.answer.calls else "TEXT_CONTENT"
    sources = [{"type": "document", "id": "doc:0", "document": document}]
    return {**where, "sources": sources, "type": kind, "content_index": index}


def finish_reason(reply: Reply) -> str:
    """Return Cohere's word for why the answer ends."""
    answer = reply.answer
    if answer.word is None and answer.finish == "stop" and answer.stop_sequence is not None:
        return "STOP_SEQUENCE"
    return answer.word or _FINISH[answer.finish]


def of_text(reply: Reply) -> list[Logprob]:
    """Return the log probabilities of the text's tokens, if they are asked for."""
    text = reply.answer.of("text")
    return [] if text is None or reply.prompt.top_logprobs is None else list(logprobs(text.tokens, 0))


def token_logprob(each: Logprob) -> dict[str, Any]:
    """Return a log probability as Cohere writes it."""
    return {"text": each.token, "token_ids": list(each.token.encode()), "logprobs": [each.value]}


def usage(reply: Reply) -> dict[str, Any]:
    """Return the usage; the output's tokens include those of reasoning."""
    counts = {"input_tokens": reply.prompt.words, "output_tokens": reply.answer.size}
    reasoning = {"reasoning_tokens": count} if (count := reply.answer.reasoning_tokens) else {}
    return {"billed_units": counts, "tokens": counts | reasoning, "cached_tokens": reply.answer.cached}
