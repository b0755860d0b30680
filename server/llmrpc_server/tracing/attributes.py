"""What stands on spans, by the names of OpenTelemetry's conventions for RPCs and for generative AI.

What those do not name begins with `llmrpc.`. No text that a caller or a model wrote stands there.
"""

from collections.abc import Mapping
from typing import TypeAlias

from llmrpc.v1 import accounting_pb2, error_reason_pb2
from llmrpc_server.call import Call
from llmrpc_server.edge.rpc import Rpc
from llmrpc_server.money import picos_of

Attributes: TypeAlias = Mapping[str, str | bool | int | float]

OPERATION = "chat"

# A Usage's counts by their names there.
_TOKENS = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}


def of_rpc(record: Rpc) -> Attributes:
    """Say what is known of an RPC when it begins."""
    return {
        "rpc.system.name": "grpc",
        "rpc.method": record.method.removeprefix("/"),
        "llmrpc.call_id": record.call_id,
    }


def of_outcome(record: Rpc, outcome: str, reason: str) -> Attributes:
    """Say how an RPC ended, and whose it was."""
    told: dict[str, str | bool | int | float] = {
        "rpc.response.status_code": outcome,
        "llmrpc.tenant": record.principal.tenant,
    }
    if record.principal.key:
        told["llmrpc.key"] = record.principal.key
    if reason:
        told["error.type"] = reason
    return told


def of_call(call: Call) -> Attributes:
    """Say what a call to a model asked for, and all that it used."""
    books = call.accounting()
    return {
        "gen_ai.operation.name": OPERATION,
        "gen_ai.request.model": books.route,
        "gen_ai.request.stream": call.streaming,
        "llmrpc.cache.status": accounting_pb2.CacheStatus.Name(books.cache.status).removeprefix("CACHE_STATUS_"),
        "llmrpc.attempts": books.attempts_total,
        **_used(books),
    }


def of_attempt(attempt: accounting_pb2.Attempt) -> Attributes:
    """Say whom a request went to, why, how it ended and what it used."""
    told: dict[str, str | bool | int | float] = {
        "gen_ai.operation.name": OPERATION,
        "gen_ai.provider.name": attempt.target.provider,
        "gen_ai.request.model": attempt.target.model,
        "llmrpc.attempt.number": attempt.number,
        "llmrpc.attempt.cause": accounting_pb2.AttemptCause.Name(attempt.cause).removeprefix("ATTEMPT_CAUSE_"),
        **_used(attempt),
    }
    if attempt.target.reported_model:
        told["gen_ai.response.model"] = attempt.target.reported_model
    if attempt.HasField("time_to_first_token"):
        told["gen_ai.response.time_to_first_chunk"] = attempt.time_to_first_token.ToNanoseconds() / 1e9
    if attempt.provider_request_id:
        told["llmrpc.provider_request_id"] = attempt.provider_request_id
    if attempt.http_status:
        told["http.response.status_code"] = attempt.http_status
    if attempt.reason:
        told["error.type"] = reason_of(attempt)
    return told


def reason_of(attempt: accounting_pb2.Attempt) -> str:
    """Return the name of what an attempt failed with."""
    return error_reason_pb2.ErrorReason.Name(attempt.reason).removeprefix("ERROR_REASON_")


def _used(books: accounting_pb2.Accounting | accounting_pb2.Attempt) -> Attributes:
    told: dict[str, str | bool | int | float] = {}
    if books.HasField("usage"):
        counts = {field.name: count for field, count in books.usage.ListFields()}
        told |= {name: counts[ours] for ours, name in _TOKENS.items() if ours in counts}
        told["llmrpc.usage.estimated"] = books.usage.source == accounting_pb2.USAGE_SOURCE_ESTIMATED
    if books.HasField("cost"):
        told["llmrpc.cost_picos"] = picos_of(books.cost)
    return told
