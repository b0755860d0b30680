"""What traces tell: a span for each RPC, below it one for each request to a provider, as the books have them."""

from typing import Any

import grpc
import pytest
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, request, running
from llmrpc.cli.calls import describe
from llmrpc.v1 import completion_pb2, usage_pb2, usage_pb2_grpc
from tracing.collector import Collector, values

METHOD = "llmrpc.v1.CompletionService/Complete"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
COUNTS = {
    "gen_ai.usage.input_tokens": 5,
    "gen_ai.usage.output_tokens": 20,
    "gen_ai.usage.cache_read.input_tokens": 0,
    "gen_ai.usage.reasoning.output_tokens": 0,
}
PRICES = {"openai/gpt-4o": {"input": "2.50", "output": "10"}}


def tracing(faults: ThreadedFaultProvider, collector: Collector, **fields: Any) -> dict[str, Any]:
    """Write a configuration that sends traces to the collector; it has all once the server has ended."""
    routes = {"broken": ["openai/status=503", "openai/gpt-4o"], "kept": {"targets": ["openai/gpt-4o"]}}
    section = {"endpoint": collector.address, **fields}
    return {**faulty(faults, **routes), "prices": PRICES, "tracing": section}


def errors(span: Span) -> bool:
    """Tell whether a span is marked as failed."""
    return bool(span.status.code == Status.STATUS_CODE_ERROR)


async def on_the_ledger(gateway: Gateway, call_id: str) -> usage_pb2.Call:
    """Ask UsageService for a call."""
    asked = usage_pb2.GetCallRequest(call_id=call_id)
    answer = await usage_pb2_grpc.UsageServiceStub(gateway.channel).GetCall(asked, timeout=30)
    return answer.call


async def test_an_answered_call(faults: ThreadedFaultProvider, collector: Collector) -> None:
    """Two spans, one below the other, that tell what the answer's accounting tells."""
    async with running(tracing(faults, collector)) as gateway:
        answer = await gateway.completion.Complete(request("openai/gpt-4o"), timeout=30)

    books, span = answer.accounting, collector.rpc
    [attempt], [below] = books.attempts, collector.requests
    picos = books.cost.picos
    assert (METHOD, b"", False) == (span.name, span.parent_span_id, errors(span))
    assert {
        "rpc.system.name": "grpc",
        "rpc.method": METHOD,
        "rpc.response.status_code": "OK",
        "llmrpc.call_id": books.call_id,
        "llmrpc.tenant": "default",
        "llmrpc.cache.status": "BYPASS",
        "llmrpc.attempts": 1,
        "llmrpc.cost_picos": picos,
        "llmrpc.usage.estimated": False,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "openai/gpt-4o",
        "gen_ai.request.stream": False,
        **COUNTS,
    } == values(span.attributes)
    assert ("chat gpt-4o", span.span_id, span.trace_id) == (below.name, below.parent_span_id, below.trace_id)
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": attempt.target.reported_model,
        **COUNTS,
        "llmrpc.attempt.number": 1,
        "llmrpc.attempt.cause": "FIRST",
        "llmrpc.cost_picos": picos,
        "llmrpc.provider_request_id": attempt.provider_request_id,
        "llmrpc.usage.estimated": False,
        **({"http.response.status_code": attempt.http_status} if attempt.http_status else {}),
    } == values(below.attributes)
    assert attempt.start_time.ToNanoseconds() == below.start_time_unix_nano
    assert attempt.duration.ToNanoseconds() == below.end_time_unix_nano - below.start_time_unix_nano
    assert span.start_time_unix_nano <= below.start_time_unix_nano
    assert below.end_time_unix_nano <= span.end_time_unix_nano + 1_000_000
    [resource] = collector.resources
    assert "llmrpc" == resource["service.name"]


async def test_every_request_has_a_span(faults: ThreadedFaultProvider, collector: Collector) -> None:
    """A call that is answered by its second target shows both requests, and is itself no failure."""
    routing = completion_pb2.RoutingPolicy(max_attempts=2)
    async with running(tracing(faults, collector)) as gateway:
        await gateway.completion.Complete(request("broken", routing=routing), timeout=30)

    told = [(values(span.attributes), errors(span)) for span in collector.requests]
    assert [("FIRST", "PROVIDER_UNAVAILABLE", 503, True), ("FALLBACK", None, None, False)] == [
        (
            row["llmrpc.attempt.cause"],
            row.get("error.type"),
            row.get("http.response.status_code"),
            failed,
        )
        for row, failed in told
    ]
    assert not errors(collector.rpc)


@pytest.mark.parametrize(
    ("model", "code", "reason", "ours"),
    [
        ("openai/status=503", "UNAVAILABLE", "PROVIDER_UNAVAILABLE", True),
        ("nobody/gpt-4o", "INVALID_ARGUMENT", "MODEL_NOT_FOUND", False),
    ],
)
async def test_a_failed_call(
    faults: ThreadedFaultProvider, collector: Collector, model: str, code: str, reason: str, *, ours: bool
) -> None:
    """Code and reason stand on the span; it counts as failed only where the caller is not at fault."""
    async with running(tracing(faults, collector)) as gateway:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await gateway.completion.Complete(request(model), timeout=30)

    told = values(collector.rpc.attributes)
    assert (code, code, reason) == (caught.value.code().name, told["rpc.response.status_code"], told["error.type"])
    assert ours == errors(collector.rpc)


async def test_a_stream_that_its_caller_leaves(faults: ThreadedFaultProvider, collector: Collector) -> None:
    """The span of the RPC ends as CANCELLED and is no failure of ours; that of the request has its first output."""
    async with running(tracing(faults, collector)) as gateway:
        stream = gateway.completion.StreamComplete(request("openai/stall@5"), timeout=30)
        async for event in stream:
            if event.HasField("part_delta"):
                break
        stream.cancel()
        await faults.wait_until(lambda attempts: attempts[0].outcome == "client_gone")

    [below] = collector.requests
    told = values(below.attributes)
    assert ("CANCELLED", False) == (
        values(collector.rpc.attributes)["rpc.response.status_code"],
        errors(collector.rpc),
    )
    assert ("CANCELLED", True) == (told["error.type"], told["llmrpc.usage.estimated"])
    assert 0 < told["gen_ai.response.time_to_first_chunk"] < 5


async def test_an_answer_from_the_cache(faults: ThreadedFaultProvider, collector: Collector) -> None:
    """A hit asked nobody: its span has none below, and says HIT."""
    using = completion_pb2.CachePolicy(mode=completion_pb2.CACHE_MODE_USE)
    async with running(tracing(faults, collector)) as gateway:
        for _ in range(2):
            await gateway.completion.Complete(request("kept", cache=using), timeout=30)

    told = [values(span.attributes) for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER]
    assert [("MISS", 1), ("HIT", 0)] == [(row["llmrpc.cache.status"], row["llmrpc.attempts"]) for row in told]
    assert 1 == len(collector.requests)


async def test_a_trace_that_the_caller_began(faults: ThreadedFaultProvider, collector: Collector) -> None:
    """The span stands below the caller's own; the log, the ledger and `llmrpc calls` name the trace."""
    metadata = (("traceparent", f"00-{TRACE}-{PARENT}-01"),)
    async with running(tracing(faults, collector, sample=0)) as gateway:
        with structlog.testing.capture_logs() as logs:
            answer = await gateway.completion.Complete(request(), timeout=30, metadata=metadata)
        call = await on_the_ledger(gateway, answer.accounting.call_id)

    assert (TRACE, PARENT) == (collector.rpc.trace_id.hex(), collector.rpc.parent_span_id.hex())
    [line] = [line for line in logs if line["event"] == "rpc"]
    assert (TRACE, TRACE) == (line["trace_id"], call.trace_id)
    assert f"trace         {TRACE}" in describe(call).splitlines()


@pytest.mark.parametrize(("share", "metadata"), [(1, (("traceparent", f"00-{TRACE}-{PARENT}-00"),)), (0, ())])
async def test_a_call_that_is_not_recorded(
    faults: ThreadedFaultProvider, collector: Collector, share: int, metadata: tuple[tuple[str, str], ...]
) -> None:
    """Whoever began the trace has decided, else the configured share; then neither log nor ledger names a trace."""
    async with running(tracing(faults, collector, sample=share)) as gateway:
        with structlog.testing.capture_logs() as logs:
            answer = await gateway.completion.Complete(request(), timeout=30, metadata=metadata)
        call = await on_the_ledger(gateway, answer.accounting.call_id)

    assert "" == call.trace_id
    assert [] == [line for line in logs if "trace_id" in line]
    assert [] == [span for span in collector.spans if span.name == METHOD]


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-5-5"])
async def test_providers_are_told_on_request_alone(
    faults: ThreadedFaultProvider, collector: Collector, model: str
) -> None:
    """The header `traceparent` names the RPC's span; without `propagate` the caller's own goes no further."""
    metadata = (("traceparent", f"00-{TRACE}-{PARENT}-01"), ("baggage", "user=ann"))
    for propagate in (True, False):
        async with running(tracing(faults, collector, propagate=propagate)) as gateway:
            await gateway.completion.Complete(request(model), timeout=30, metadata=metadata)

    told = [{"traceparent", "baggage", "tracestate"} & attempt.headers.keys() for attempt in faults.attempts]
    span = next(span for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER)
    assert [{"traceparent"}, set()] == told
    assert f"00-{TRACE}-{span.span_id.hex()}-01" == faults.attempts[0].headers["traceparent"]


async def test_health_checks_leave_no_span(faults: ThreadedFaultProvider, collector: Collector) -> None:
    """They come every second and say nothing."""
    async with running(tracing(faults, collector)) as gateway:
        await health_pb2_grpc.HealthStub(gateway.channel).Check(health_pb2.HealthCheckRequest(), timeout=30)
        await gateway.completion.Complete(request(), timeout=30)

    assert METHOD == collector.rpc.name
