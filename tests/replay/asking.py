"""Asking a gateway for a recording, and what a caller hears of it."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
from google.rpc import error_details_pb2

from details import detail, drained
from gateway import Gateway, request, running
from llmrpc import Assembler
from llmrpc.v1 import accounting_pb2, completion_pb2
from replay.heard import check_events, heard
from replay.reading import Answer, Failure
from replay.recordings import KINDS, Recording
from replay.server import serving

# One request to the provider; a stream that begins again may say so.
ONCE = completion_pb2.RoutingPolicy(max_attempts=1, disable_fallback=True)
RESTART = completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_RESTART)


@contextlib.asynccontextmanager
async def gateway_to(recordings: Iterable[Recording], *, piece: int | None) -> AsyncIterator[Gateway]:
    """Run the real server; it has a provider of each kind, named for it, and their models are the recordings."""
    async with serving(recordings, piece=piece) as address:
        providers = {kind: {"kind": kind, "base_url": address} for kind in KINDS.values()}
        async with running({"providers": providers, "routes": {"default": ["openai/any"]}}) as gateway:
            yield gateway


async def streamed(call: Any) -> completion_pb2.CompleteResponse:
    """Drain a stream, hold its events to their rules and put them together; return its last."""
    events: list[completion_pb2.StreamCompleteResponse] = []
    await drained(call, events)
    check_events(events)
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    assert assembler.message == assembler.finish().message
    return assembler.finish()


async def heard_from(gateway: Gateway, recording: Recording, *, stream: bool) -> Answer | Failure:
    """Ask for a recording and tell what comes of it."""
    asked = request(f"{recording.kind}/{recording.name}", routing=ONCE, stream=RESTART)
    try:
        if stream:
            response = await streamed(gateway.completion.StreamComplete(asked, timeout=20))
        else:
            response = await gateway.completion.Complete(asked, timeout=20)
    except grpc.aio.AioRpcError as error:
        failure = detail(error, completion_pb2.CompletionFailure)
        check_attempt(recording, failure.accounting.attempts[-1])
        return Failure(error.code().name, detail(error, error_details_pb2.ErrorInfo).reason)
    check_attempt(recording, response.accounting.attempts[-1])
    return heard(response, decoded=recording.api == "messages" and not recording.streamed)


def check_attempt(recording: Recording, attempt: accounting_pb2.Attempt) -> None:
    """Hold the record of an attempt to what the recording's head says."""
    headers = dict(recording.headers)
    ids = [headers[name] for name in ("x-request-id", "request-id", "x-debug-trace-id") if name in headers]
    assert [*ids, ""][0] == attempt.provider_request_id
    assert (recording.status if recording.status >= 400 else 0) == attempt.http_status
