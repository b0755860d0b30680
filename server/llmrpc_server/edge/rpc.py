"""What the outer steps know of one RPC: its id, who calls, how far it got."""

import asyncio
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc

from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call

if TYPE_CHECKING:
    from opentelemetry.trace import Span

CALL_ID_METADATA = "llmrpc-call-id"

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

# Ids are no secrets; the system's own source of random bytes costs a system call each time.
_random = random.Random(random.SystemRandom().getrandbits(256))  # noqa: S311

_NOBODY_YET = Principal()

_current: ContextVar["Rpc"] = ContextVar("llmrpc_rpc")


def new_call_id() -> str:
    """Make an id of 32 hex digits that sorts by time and is unique over all servers."""
    return f"{time.time_ns() // 1_000_000:012x}{_random.getrandbits(80):020x}"


@dataclass(slots=True)
class Rpc:
    """One RPC, from its arrival to its status.

    Attributes:
        method: The full name, for example "/llmrpc.v1.CompletionService/Complete".
        started: When it arrived, on the monotonic clock, in seconds.
        committed: Initial metadata has gone out: neither a gRPC client nor a mesh will retry the RPC any more.
        gone: The caller cancelled or went away; nothing can be sent to it.
        call: The call to a model that it makes; None for all other RPCs and until the edge.
        span: Its span, where a trace is recorded; `trace_id` names that one, in 32 hex digits.
        traceparent: What tells providers of the trace, as W3C has it; empty where they are not told.
    """

    method: str
    call_id: str = field(default_factory=new_call_id)
    started: float = field(default_factory=time.monotonic)
    principal: Principal = _NOBODY_YET
    committed: bool = False
    gone: bool = False
    call: Call | None = None
    span: "Span | None" = None
    trace_id: str = ""
    traceparent: str = ""


def begin(method: str) -> None:
    """Make the record of the RPC that this task serves; the outermost step does so."""
    _current.set(Rpc(method))


current: Callable[[], Rpc] = _current.get
"""Returns the record of the RPC that this task serves."""


def principal() -> Principal:
    """Return who makes the RPC that this task serves, for services that answer some more than others."""
    return current().principal


def cancelled(record: Rpc) -> bool:
    """Tell whether a CancelledError in this task is the RPC's own: its caller has gone."""
    task = asyncio.current_task()
    return record.gone or (task is not None and task.cancelling() > 0)
