"""Anthropic Messages."""

from collections.abc import Iterator, Mapping
from typing import Any

from fault_provider.errors import Failure, InvalidRequest
from fault_provider.prompt import Prompt, count_words, prefill_of, read_limit, read_stops

from .wire import Event, Part, Reply, compact, messages_of

_FINISH = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"}
_ERROR_TYPE = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_MESSAGE_OF_STATUS = {
    401: "invalid x-api-key",
    404: "model: not found",
    429: "This request would exceed your organization's rate limit of 80,000 input tokens per minute.",
    500: "Internal server error",
    529: "Overloaded",
}
_MESSAGE_OF_CODE = {
    "context_length_exceeded": "prompt is too long: 213462 tokens > 200000 maximum",
    "content_policy_violation": "Output blocked by content filtering policy",
    "content_filter": "Output blocked by content filtering policy",
    "insufficient_quota": "Your credit balance is too low to access the Anthropic API. "
    "Please go to Plans & Billing to upgrade or purchase credits.",
}
_WORTH_RETRYING = (408, 409, 429)


class AnthropicMessages:
    """`POST /v1/messages`, unary and SSE."""

    name = "anthropic-messages"
    path = "/v1/messages"
    overloaded = 529

    def api_key(self, headers: Mapping[str, str]) -> str | None:
        """Return `x-api-key`, or the bearer token."""
        bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
        return headers.get("x-api-key") or bearer or None

    def read(self, headers: Mapping[str, str], body: dict[str, Any]) -> Prompt:
        """Return the prompt of a request."""
        if "anthropic-version" not in headers:
            raise InvalidRequest("anthropic-version: header is required")
        for name in ("model", "max_tokens"):
            if name not in body:
                raise InvalidRequest(f"{name}: Field required")
        if (messages := messages_of(body)) is None:
            raise InvalidRequest("messages: Field required")
        contents = [body.get("system"), *(message.get("content") for message in messages)]
        return Prompt(
            model=body["model"],
            streamed=bool(body.get("stream")),
            words=count_words(contents),
            prefill=prefill_of(messages),
            max_tokens=read_limit(body["max_tokens"]),
            stops=read_stops(body.get("stop_sequences")),
        )

    def headers(self, number: int, status: int) -> dict[str, str]:
        """Return Anthropic's own headers."""
        headers = {
            "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
            "anthropic-ratelimit-requests-limit": "20000",
            "anthropic-ratelimit-requests-remaining": "19999",
            "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z",
            "request-id": _request_id(number),
        }
        if status >= 400:
            headers["x-should-retry"] = "true" if status >= 500 or status in _WORTH_RETRYING else "false"
        return headers

    def whole(self, reply: Reply) -> dict[str, Any]:
        """Return a `message`."""
        text = reply.answer.text
        body = _message(reply) | _stop(reply)
        body["content"] = [{"type": "text", "text": text}] if text else []
        return body | {"usage": _usage(reply, len(reply.answer.tokens))} if reply.with_usage else body

    def events(self, reply: Reply) -> Iterator[Event]:
        """Yield the named events from `message_start` to `message_stop`."""
        message: dict[str, Any] = _message(reply) | {"stop_reason": None, "stop_sequence": None}
        delta: dict[str, Any] = {"delta": _stop(reply)}
        if reply.with_usage:
            message["usage"] = _usage(reply, min(1, len(reply.answer.tokens)))
            delta["usage"] = {"output_tokens": len(reply.answer.tokens)}
        yield _event(Part.OPENING, "message_start", message=message)
        yield _event(Part.OPENING, "content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield _event(Part.OPENING, "ping")
        for token in reply.answer.tokens:
            text_delta = {"type": "text_delta", "text": token}
            yield _event(Part.TOKEN, "content_block_delta", index=0, delta=text_delta)
        yield _event(Part.CLOSING, "content_block_stop", index=0)
        yield _event(Part.CLOSING, "message_delta", **delta)
        yield _event(Part.END, "message_stop")

    def error(self, failure: Failure, number: int) -> dict[str, Any]:
        """Return Anthropic's error body."""
        return {"type": "error", "error": _error(failure), "request_id": _request_id(number)}

    def error_events(self, failure: Failure, number: int) -> Iterator[bytes]:
        """Yield the `error` event; nothing follows it."""
        yield _event(Part.FAULT, "error", error=_error(failure), request_id=_request_id(number)).data


def _event(part: Part, kind: str, **fields: Any) -> Event:
    """Return a named event."""
    return Event(part, f"event: {kind}\ndata: ".encode() + compact({"type": kind, **fields}) + b"\n\n")


def _request_id(number: int) -> str:
    """Return an id of the real length."""
    return f"req_011{number:021d}"


def _message(reply: Reply) -> dict[str, Any]:
    """Return what `message_start` and the whole answer begin with."""
    return {
        "model": reply.prompt.model,
        "id": f"msg_01{reply.number:022d}",
        "type": "message",
        "role": "assistant",
        "content": [],
    }


def _stop(reply: Reply) -> dict[str, str | None]:
    """Return Anthropic's words for why the answer ends."""
    if reply.answer.stop_sequence is not None and reply.answer.finish == "stop":
        return {"stop_reason": "stop_sequence", "stop_sequence": reply.answer.stop_sequence}
    return {"stop_reason": _FINISH[reply.answer.finish], "stop_sequence": None}


def _usage(reply: Reply, output_tokens: int) -> dict[str, Any]:
    """Return the usage with its details."""
    return {
        "input_tokens": reply.prompt.words,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _error(failure: Failure) -> dict[str, str]:
    """Return type and message of an error."""
    default_type = "invalid_request_error" if failure.status < 500 else "api_error"
    message = failure.message or _MESSAGE_OF_CODE.get(failure.code or "")
    return {
        "type": _ERROR_TYPE.get(failure.status, default_type),
        "message": message or _MESSAGE_OF_STATUS.get(failure.status, "The request is not valid."),
    }
