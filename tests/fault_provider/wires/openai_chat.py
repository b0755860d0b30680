"""OpenAI Chat Completions."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from fault_provider.errors import Failure, InvalidRequest
from fault_provider.prompt import Prompt, count_words, prefill_of, read_limit, read_stops

from .openai_errors import openai_error
from .wire import Event, Part, Reply, compact, messages_of

_FINISH = {"stop": "stop", "length": "length", "filter": "content_filter"}
_PADDING = "WuQNXIPio8PDecz"


class OpenAIChat:
    """`POST /v1/chat/completions`, unary and SSE."""

    name = "openai-chat"
    path = "/v1/chat/completions"
    overloaded = 503

    def api_key(self, headers: Mapping[str, str]) -> str | None:
        """Return the bearer token."""
        return headers.get("authorization", "").removeprefix("Bearer ").strip() or None

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request."""
        if not isinstance(model := body.get("model"), str):
            raise InvalidRequest("you must provide a model parameter")
        if (messages := messages_of(body)) is None:
            raise InvalidRequest("Missing required parameter: 'messages'.", param="messages")
        options = body.get("stream_options") or {}
        limit = body.get("max_completion_tokens")
        return Prompt(
            model=model,
            streamed=bool(body.get("stream")),
            words=count_words(message.get("content") for message in messages),
            prefill=prefill_of(messages),
            max_tokens=read_limit(body.get("max_tokens") if limit is None else limit),
            stops=read_stops(body.get("stop")),
            include_usage=bool(options.get("include_usage")),
            include_obfuscation=options.get("include_obfuscation", True),
        )

    def headers(self, number: int, status: int) -> dict[str, str]:
        """Return OpenAI's own headers."""
        return {
            "openai-processing-ms": "12",
            "openai-version": "2020-10-01",
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-limit-tokens": "200000",
            "x-ratelimit-remaining-requests": "499",
            "x-ratelimit-remaining-tokens": "199992",
            "x-ratelimit-reset-requests": "120ms",
            "x-ratelimit-reset-tokens": "2ms",
            "x-request-id": f"req_{number:032x}",
        }

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return a `chat.completion`."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": reply.answer.text,
            "refusal": None,
            "annotations": [],
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
        body = _frame(reply, "chat.completion") | {"choices": [choice]}
        return body | {"usage": _usage(reply)} if reply.with_usage else body

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield `chat.completion.chunk`s and `[DONE]`."""
        frame = _frame(reply, "chat.completion.chunk")
        has_usage = reply.prompt.include_usage and reply.with_usage

        def chunk(part: Part, position: int, choices: list[Any], usage: dict[str, Any] | None = None) -> Event:
            """Return one chunk; while usage is asked for, all but the last say null."""
            value = frame | {"choices": choices}
            if has_usage:
                value["usage"] = usage
            if reply.prompt.include_obfuscation:
                value["obfuscation"] = _PADDING[: 1 + position % len(_PADDING)]
            return Event(part, b"data: " + compact(value) + b"\n\n")

        tokens = reply.answer.tokens
        yield chunk(Part.OPENING, 0, [_delta({"role": "assistant", "content": "", "refusal": None})])
        for position, token in enumerate(tokens, 1):
            yield chunk(Part.TOKEN, position, [_delta({"content": token})])
        yield chunk(Part.CLOSING, len(tokens) + 1, [_delta({}, _finish(reply))])
        if has_usage:
            yield chunk(Part.CLOSING, len(tokens) + 2, [], _usage(reply))
        yield Event(Part.END, b"data: [DONE]\n\n")

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return OpenAI's error body."""
        return openai_error(failure)

    def error_events(self, failure: Failure, number: int) -> Iterator[bytes]:
        """Yield the error, and the `[DONE]` that follows it all the same."""
        yield b"data: " + compact(openai_error(failure)) + b"\n\n"
        yield b"data: [DONE]\n\n"


def _frame(reply: Reply, kind: str) -> dict[str, Any]:
    """Return what every chunk and the whole answer begin with."""
    return {
        "id": f"chatcmpl-{reply.number:029d}",
        "object": kind,
        "created": int(time.time()),
        "model": reply.prompt.model,
        "service_tier": "default",
        "system_fingerprint": "fp_07871e2ad8",
    }


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """Return a chunk's only choice."""
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _finish(reply: Reply) -> str:
    """Return OpenAI's word for why the answer ends."""
    return _FINISH[reply.answer.finish]


def _usage(reply: Reply) -> dict[str, Any]:
    """Return the usage with its details."""
    prompt, completion = reply.prompt.words, len(reply.answer.tokens)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
