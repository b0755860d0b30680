"""How an answer of Cohere's ends: why, and what it used."""

from collections.abc import Mapping
from typing import Any

import msgspec

from llmrpc.v1 import completion_pb2
from llmrpc_server import errors
from llmrpc_server.errors import ProviderError
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat.wire import BilledUnits, Tokens, Usage
from llmrpc_server.providers.failures import Failure, to_error

_FINISH = {
    "COMPLETE": completion_pb2.FINISH_REASON_STOP,
    "STOP_SEQUENCE": completion_pb2.FINISH_REASON_STOP,
    "MAX_TOKENS": completion_pb2.FINISH_REASON_MAX_TOKENS,
    "TOOL_CALL": completion_pb2.FINISH_REASON_TOOL_CALLS,
}


def end(provider: str, answer: Answer, finish: str | None, error: str | None = None) -> None:
    """End the answer with Cohere's word for why.

    Raises:
        ProviderError: The word, or an error beside it, says that the answer failed.
    """
    match finish:
        case "TIMEOUT":
            raise errors.ProviderTimeout(f"{provider} gave the answer up: it took too long")
        case "ERROR_TOXIC":
            raise errors.ContentPolicy(f"{provider} withheld the answer: content policy")
    if error or (finish or "").startswith("ERROR"):
        raise to_error(Failure(provider, 0, {}, {"message": error}))
    word = finish or ""
    answer.end(_FINISH.get(word, completion_pb2.FINISH_REASON_OTHER), provider_finish=word)


def failure_in(provider: str, fields: Mapping[str, Any]) -> ProviderError:
    """Make the error that stands in place of an answer, or tell that nothing does."""
    if any(fields.get(name) for name in ("message", "error", "error_type")):
        return to_error(Failure(provider, 0, {}, fields))
    return errors.ProviderBadResponse(f"{provider} sent neither an answer nor an error")


def note_usage(usage: Usage, answer: Answer) -> None:
    """Note the counts, and keep those of what is paid for."""
    tokens, billed = usage.tokens, usage.billed_units
    counted = billed if billed is not None and (tokens is None or tokens.input_tokens is None) else tokens or Tokens()
    answer.used(
        input_tokens=counted.input_tokens,
        output_tokens=counted.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        reasoning_tokens=None if tokens is None else tokens.reasoning_tokens,
    )
    if billed is not None:
        # Its preamble, what was cached and the form of tools are in the tokens alone.
        answer.billed(input_tokens=billed.input_tokens, output_tokens=billed.output_tokens)
    details = _details(tokens, billed)
    answer.note({"usage": details} if details else {})


def _details(tokens: Tokens | None, billed: BilledUnits | None) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if billed is not None:
        details["billed_units"] = msgspec.to_builtins(billed)
    if tokens is not None and tokens.image_tokens is not None:
        details["tokens"] = {"image_tokens": tokens.image_tokens}
    return details
