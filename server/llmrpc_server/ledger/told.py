"""Sums of calls as the message that tells them."""

from collections.abc import Sequence

from google.protobuf.duration_pb2 import Duration

from llmrpc.v1 import accounting_pb2, usage_pb2
from llmrpc_server import money
from llmrpc_server.ledger.histogram import quantile
from llmrpc_server.ledger.hours import Sums
from llmrpc_server.ledger.rows import TOKENS


def usage_row(group: Sequence[str], sums: Sums) -> usage_pb2.UsageRow:
    """Make the row of a group."""
    values = sums.values
    counts = {name: values[name] for name in TOKENS if values[name] or name in {"input_tokens", "output_tokens"}}
    estimated = values["estimated_calls"] > 0
    source = accounting_pb2.USAGE_SOURCE_ESTIMATED if estimated else accounting_pb2.USAGE_SOURCE_PROVIDER
    row = usage_pb2.UsageRow(
        group=group,
        calls=values["calls"],
        failed_calls=values["failed_calls"],
        cache_hits=values["cache_hits"],
        attempts=values["attempts"],
        usage=accounting_pb2.Usage(source=source, **counts),
        p50_duration=_duration(quantile(sums.durations, 0.5)),
        p99_duration=_duration(quantile(sums.durations, 0.99)),
    )
    if values["priced_calls"]:
        row.cost.CopyFrom(money.cost(values["cost_picos"], incomplete=values["incomplete_calls"] > 0))
    if values["saved_calls"]:
        row.saved.CopyFrom(money.cost(values["saved_picos"]))
    return row


def _duration(microseconds: float) -> Duration:
    told = Duration()
    told.FromMicroseconds(round(microseconds))
    return told
