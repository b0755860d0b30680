"""What became of answers that had to have a shape, under labels that the configuration bounds."""

import contextlib

import grpc
from google.protobuf.duration_pb2 import Duration

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc.v1 import completion_pb2
from output.asking import answering, complete, schema
from output.test_streams import RESTART


def counted(gateway: Gateway, name: str) -> dict[tuple[str, ...], float]:
    """Return what was counted: by the labels' values, format, parser and outcome."""
    return {
        tuple(sample.labels[label] for label in ("format", "parser", "outcome") if label in sample.labels): sample.value
        for family in gateway.app.metrics.registry.collect()
        for sample in family.samples
        if sample.name == name
    }


async def test_checks_are_counted(shaped: Gateway, faults: ThreadedFaultProvider) -> None:
    """Each answer that is checked counts once: passed, repaired, asked again, or failed."""
    mood = completion_pb2.OutputFormat(parser="mood", max_repairs=2)
    number = schema({"type": "integer"})
    await complete(shaped, answering(faults, "good"), mood)
    await complete(shaped, answering(faults, "fine", "well", "good"), mood)
    with contextlib.suppress(grpc.aio.AioRpcError):
        await complete(shaped, answering(faults, "one"), number)
    for _ in range(3):
        with contextlib.suppress(grpc.aio.AioRpcError):
            await complete(shaped, answering(faults, "x"), completion_pb2.OutputFormat(parser="made up"))

    assert {
        ("parser", "mood", "passed"): 1,
        ("parser", "mood", "repaired"): 1,
        ("parser", "mood", "asked_again"): 2,
        ("json_schema", "", "asked_again"): 1,
        ("json_schema", "", "failed"): 1,
    } == counted(shaped, "llmrpc_output_checks_total")


async def test_partial_values_are_counted(shaped: Gateway, faults: ThreadedFaultProvider) -> None:
    """Each value that a stream tells of an answer under way counts, those of a void one as well."""
    stream = completion_pb2.StreamOptions(partial_interval=Duration(nanos=1))
    stream.MergeFrom(RESTART)
    output = completion_pb2.OutputFormat(parser="person")
    model = answering(
        faults, '{"name": "ada", "born": "1"}', '{"name": "Ada", "born": "1815-12-10"}', slow_tokens=0.001
    )
    call = shaped.completion.StreamComplete(request(model, output=output, stream=stream), timeout=20)
    told = [event.WhichOneof("event") for event in [event async for event in call]].count("output_partial")

    assert told > 1
    assert {("parser", "person"): told} == counted(shaped, "llmrpc_output_partials_total")
