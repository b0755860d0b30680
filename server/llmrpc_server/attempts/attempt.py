"""One attempt at a call's target: its record, and how long it may take."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from datetime import timedelta
from typing import Literal

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.attempts.patience import OutOfPatience, Patience
from llmrpc_server.call import Call, Event, Events, Pace
from llmrpc_server.errors import ProviderError, ProviderTimeout, Reason
from llmrpc_server.lateness import passed
from llmrpc_server.moments import duration, now

_Timeout = Literal["attempt_timeout", "first_token_timeout", "idle_timeout"]
_REFUSING = completion_pb2.INTERRUPTION_POLICY_UNSPECIFIED, completion_pb2.INTERRUPTION_POLICY_FAIL


async def attempt(call: Call) -> Events:
    """Ask the call's target once and yield the events of its answer; how it ends stands on the attempt's record.

    A part's beginning is held back until something follows it: an attempt that fails before has shown nothing.

    Raises:
        ProviderError: The attempt failed.
    """
    await call.commit()
    call.pace = call.billed = None
    call.reached = True
    started = time.monotonic()
    first: float | None = None
    held: list[Event] = []
    with _on_record(call, started) as record:
        async with aclosing(call.target.provider.stream(call)) as events, Patience(*limits(call)) as patience:
            patience.wait()
            async for event in events:
                kind = event.WhichOneof("event")
                if first is None:
                    if kind == "part_started":
                        held.append(event)
                        continue
                    if kind == "output_reset":  # Of what is held: nobody has seen it.
                        held.clear()
                        continue
                    patience.answering()
                    first = patience.waited
                    _note_first_output(call, record, started)
                    for one in held:
                        yield one
                patience.heard()
                if kind == "completed":
                    record.duration.CopyFrom(duration(time.monotonic() - started))
                    call.pace = Pace(first, patience.waited)
                yield event
                patience.wait()


def _note_first_output(call: Call, record: accounting_pb2.Attempt, started: float) -> None:
    moment = time.monotonic()
    if call.first_output is None:
        call.first_output = moment
    if call.streaming:
        call.output_sent = True
        record.time_to_first_token.CopyFrom(duration(moment - started))


@contextmanager
def _on_record(call: Call, started: float) -> Iterator[accounting_pb2.Attempt]:
    """Put an attempt on the call's books, and how it ends."""
    record = accounting_pb2.Attempt(
        number=len(call.attempts) + 1, cause=call.cause, target=call.target.message(), start_time=now()
    )
    call.attempts.append(record)
    try:
        yield record
    except OutOfPatience as error:
        record.reason = ProviderTimeout.reason
        began = record.HasField("time_to_first_token")
        what = "went silent in the middle of its answer" if began else "did not begin to answer in time"
        raise ProviderTimeout(f"{call.target.name} {what}") from error
    except ProviderError as error:
        record.reason = error.reason
        record.http_status = error.http_status
        record.provider_request_id = error.request_id or record.provider_request_id
        raise
    except (asyncio.CancelledError, GeneratorExit):
        if not record.HasField("duration"):
            late = passed(call.deadline)
            record.reason = Reason.ERROR_REASON_DEADLINE_EXCEEDED if late else Reason.ERROR_REASON_CANCELLED
        raise
    except Exception:
        record.reason = Reason.ERROR_REASON_INTERNAL
        raise
    finally:
        if not record.HasField("duration"):
            record.duration.CopyFrom(duration(time.monotonic() - started))


def limits(call: Call) -> tuple[float | None, float | None]:
    """Return how long the next attempt may wait for the first output and for each that follows, in seconds."""
    routing, timeouts = call.request.routing, call.plan.route.timeouts
    if call.streaming:
        first = _seconds(routing, "first_token_timeout", timeouts.first_token)
    else:
        first = _seconds(routing, "attempt_timeout", timeouts.attempt)
    idle = _seconds(routing, "idle_timeout", timeouts.idle)
    share = _share(call)
    if share is None:
        return first, idle
    if call.streaming and call.request.stream.on_interruption not in _REFUSING:
        idle = share if idle is None else min(idle, share)
    return share if first is None else min(first, share), idle


def _seconds(routing: completion_pb2.RoutingPolicy, name: _Timeout, configured: timedelta | None) -> float | None:
    if routing.HasField(name):
        return float(getattr(routing, name).ToNanoseconds() / 1e9)
    return None if configured is None else configured.total_seconds()


def _share(call: Call) -> float | None:
    """Return this attempt's share of the call's time, in seconds; None for the last target, whose is all the rest.

    Targets count, not attempts: one that was silent for its share is not asked again.
    """
    others = min(call.targets_left, call.attempts_left)
    if not others or call.deadline is None:
        return None
    return max(call.deadline - asyncio.get_running_loop().time(), 0.0) / (others + 1)
