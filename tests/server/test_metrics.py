"""What is counted, under labels that the configuration bounds."""

from typing import Any

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call
from llmrpc_server.telemetry.metrics import Metrics


async def nothing() -> None:
    """Commit to nothing."""


def finished(model: str, *, streaming: bool = False, usage: accounting_pb2.Usage | None = None) -> Call:
    """Make a call that asked a model once."""
    request = completion_pb2.CompleteRequest()
    call = Call("1", request, streaming=streaming, principal=Principal(), commit=nothing, deadline=None)
    target = accounting_pb2.Target(provider="openai", model=model, reported_model=f"{model}-2024")
    call.attempts.append(accounting_pb2.Attempt(number=1, target=target, usage=usage))
    if streaming:
        call.first_output = call.started + 0.02
    return call


def samples(metrics: Metrics, prefix: str = "g") -> dict[tuple[str, ...], float]:
    """Read all that was counted: name and label values, by the labels' names, to value."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith(prefix) and not sample.name.endswith("_created")
    }


def usage(**counts: Any) -> accounting_pb2.Usage:
    """Make a usage."""
    return accounting_pb2.Usage(**counts)


def test_made_up_models_make_no_series() -> None:
    """However many models callers make up, they are one series: "other"."""
    metrics = Metrics([("openai", "gpt-4o")])
    metrics.call_finished(finished("made-up-0", streaming=True, usage=usage(input_tokens=1, output_tokens=2)))
    before = samples(metrics).keys()
    for number in range(1, 50):
        call = finished(f"made-up-{number}", streaming=True, usage=usage(input_tokens=1, output_tokens=2))
        metrics.call_finished(call)

    counted = samples(metrics)
    assert before == counted.keys()
    assert not any("made-up" in label for series in counted for label in series)
    assert 50 == counted["gen_ai_client_token_usage_count", "openai", "other", "input"]
    assert 50 == counted["gen_ai_server_time_to_first_token_seconds_count", "openai", "other"]


def test_tokens_and_first_output() -> None:
    """A configured model's tokens count by kind; only a stream has a time to its first output."""
    metrics = Metrics([("openai", "gpt-4o")])
    metrics.call_finished(finished("gpt-4o", usage=usage(input_tokens=5, output_tokens=20)))
    metrics.call_finished(finished("gpt-4o", streaming=True, usage=usage(input_tokens=6, output_tokens=0)))
    metrics.call_finished(finished("gpt-4o"))

    counted = samples(metrics)
    assert (2, 11) == (
        counted["gen_ai_client_token_usage_count", "openai", "gpt-4o", "input"],
        counted["gen_ai_client_token_usage_sum", "openai", "gpt-4o", "input"],
    )
    assert 20 == counted["gen_ai_client_token_usage_sum", "openai", "gpt-4o", "output"]
    assert 1 == counted["gen_ai_server_time_to_first_token_seconds_count", "openai", "gpt-4o"]


def test_a_call_that_reached_nobody() -> None:
    """A call that failed before its first attempt counts no tokens."""
    metrics = Metrics([("openai", "gpt-4o")])
    call = Call(
        "1", completion_pb2.CompleteRequest(), streaming=True, principal=Principal(), commit=nothing, deadline=None
    )
    metrics.call_finished(call)

    assert {} == samples(metrics, "gen_ai")


def test_rpcs() -> None:
    """RPCs count by service and method, those under way, and the ended ones by status."""
    metrics = Metrics([])
    method = "/llmrpc.v1.ModelService/ListModels"
    for _ in range(3):
        metrics.rpcs.started(method)
    metrics.rpcs.finished(method, "OK", 0.025)
    metrics.rpcs.finished(method, "INVALID_ARGUMENT", 400)

    counted = samples(metrics, "grpc")
    of = ("ListModels", "llmrpc.v1.ModelService")
    assert (3, 1) == (counted["grpc_server_started_total", *of], counted["grpc_server_in_flight", *of])
    assert (1, 1) == (
        counted["grpc_server_handled_total", "OK", *of],
        counted["grpc_server_handled_total", "INVALID_ARGUMENT", *of],
    )
    seconds = "grpc_server_handling_seconds"
    within = [counted[f"{seconds}_bucket", *of, bound] for bound in ("0.01", "0.025", "320.0", "+Inf")]
    assert [0, 1, 1, 2] == within
    assert (2, 400.025) == (counted[f"{seconds}_count", *of], counted[f"{seconds}_sum", *of])
