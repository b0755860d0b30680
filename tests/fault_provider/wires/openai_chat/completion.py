"""Unstreamed answers of Chat Completions, and what chunks share with them."""

import time
from typing import Any

from fault_provider.answer import Block
from fault_provider.logprobs import Logprob, logprobs
from fault_provider.source import TITLE, URL
from fault_provider.wires.wire import Reply

_FINISH = {
    "stop": "stop",
    "length": "length",
    "filter": "content_filter",
    "tool-calls": "tool_calls",
    "refusal": "stop",
}


def completion(reply: Reply) -> dict[str, Any]:
    """Return a `chat.completion`."""
    answer = reply.answer
    text, refusal, reasoning = (answer.of(kind) for kind in ("text", "refusal", "reasoning"))
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if text is None else text.text,
        "refusal": None if refusal is None else refusal.text,
        "annotations": annotations(reply),
    }
    if reasoning is not None:
        message["reasoning_content"] = reasoning.text
    if answer.calls:
        message["tool_calls"] = [
            {**tool_call(reply, call), "function": {"name": call.tool, "arguments": call.text}} for call in answer.calls
        ]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": token_logprobs(of_text(reply)),
        "finish_reason": finish_reason(reply),
    }
    body = frame(reply, "chat.completion") | {"choices": [choice]}
    return body | {"usage": usage(reply)} if reply.with_usage else body


def frame(reply: Reply, kind: str) -> dict[str, Any]:
    """Return what every chunk and the whole answer begin with."""
    return {
        "id": f"chatcmpl-{reply.number:029d}",
        "object": kind,
        "created": int(time.time()),
        "model": reply.prompt.model,
        "service_tier": "default",
        "system_fingerprint": "fp_07871e2ad8",
    }


def finish_reason(reply: Reply) -> str:
    """Return OpenAI's word for why the answer ends."""
    return reply.answer.word or _FINISH[reply.answer.finish]


def tool_call(reply: Reply, call: Block) -> dict[str, Any]:
    """Return a tool call's id and type."""
    return {"id": f"call_{reply.number:016d}{call.position:08d}", "type": "function"}


def annotations(reply: Reply) -> list[dict[str, Any]]:
    """Return the citation as an annotation."""
    if (cited := reply.answer.citation) is None:
        return []
    where = {"start_index": cited.start, "end_index": cited.end, "title": TITLE, "url": URL}
    return [{"type": "url_citation", "url_citation": where}]


def of_text(reply: Reply) -> list[Logprob]:
    """Return the log probabilities of the text's tokens, if they are asked for."""
    text = reply.answer.of("text")
    if text is None or reply.prompt.top_logprobs is None:
        return []
    return list(logprobs(text.tokens, reply.prompt.top_logprobs))


def token_logprobs(found: list[Logprob]) -> dict[str, Any] | None:
    """Return log probabilities as OpenAI writes them."""
    if not found:
        return None
    content = [
        {
            "token": each.token,
            "logprob": each.value,
            "bytes": list(each.token.encode()),
            "top_logprobs": [
                {"token": token, "logprob": value, "bytes": list(token.encode())} for token, value in each.top
            ],
        }
        for each in found
    ]
    return {"content": content, "refusal": None}


def usage(reply: Reply) -> dict[str, Any]:
    """Return the usage with its details; the completion's tokens include those of reasoning."""
    prompt, completed = reply.prompt.words, reply.answer.size
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completed,
        "total_tokens": prompt + completed,
        "prompt_tokens_details": {"cached_tokens": reply.answer.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reply.answer.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
