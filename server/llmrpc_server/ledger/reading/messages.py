"""Rows of the ledger as messages of UsageService: sums of calls, and calls with their attempts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from llmrpc.v1 import accounting_pb2, usage_pb2
from llmrpc_server import money
from llmrpc_server.ledger.rows import TOKENS
from llmrpc_server.ledger.sums.histogram import quantile
from llmrpc_server.ledger.sums.hours import Sums


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
        p50_duration=_duration(round(quantile(sums.durations, 0.5))),
        p99_duration=_duration(round(quantile(sums.durations, 0.99))),
    )
    if values["priced_calls"]:
        row.cost.CopyFrom(money.cost(values["cost_picos"], incomplete=values["incomplete_calls"] > 0))
    if values["saved_calls"]:
        row.saved.CopyFrom(money.cost(values["saved_picos"]))
    return row


def to_call(row: Mapping[Any, Any], attempts: Iterable[Mapping[Any, Any]] = ()) -> usage_pb2.Call:
    """Read a call back, with its attempts where they are given."""
    made = [to_attempt(attempt) for attempt in attempts]
    books = accounting_pb2.Accounting(
        call_id=row["call_id"],
        route=row["route"],
        usage=_usage(row),
        cost=_cost(row),
        cache=accounting_pb2.CacheInfo(
            status=row["cache_status"], key=row["cache_key"], origin_call_id=row["origin_call_id"]
        ),
        attempts=made,
        attempts_total=row["attempts"],
        time_to_first_token=_duration(row["first_token_us"]),
        duration=_duration(row["duration_us"]),
        saved=None if row["saved_picos"] is None else money.cost(row["saved_picos"]),
    )
    if row["code"] == 0 and row["provider"]:
        books.target.CopyFrom(_target(row))
    if made and books.HasField("cost"):
        for attempt in made:
            lines = accounting_pb2.Cost(items=attempt.cost.items)
            money.add_cost(books.cost, lines)
    return usage_pb2.Call(
        call_id=row["call_id"],
        start_time=_timestamp(row["start_us"]),
        **{name: row[name] for name in ("tenant", "user", "key", "prompt", "prompt_version", "method", "trace_id")},
        labels=json.loads(row["labels"] or "{}"),
        code=row["code"],
        reason=row["reason"],
        accounting=books,
    )


def to_attempt(row: Mapping[Any, Any]) -> accounting_pb2.Attempt:
    """Read an attempt back."""
    cost = _cost(row)
    if cost is not None:
        cost.items.extend(
            accounting_pb2.CostItem(sku=sku, quantity=quantity, picos=picos)
            for sku, quantity, picos in json.loads(row["cost_items"] or "[]")
        )
    return accounting_pb2.Attempt(
        number=row["number"],
        cause=row["cause"],
        target=_target(row),
        start_time=_timestamp(row["start_us"]),
        duration=_duration(row["duration_us"]),
        time_to_first_token=_duration(row["first_token_us"]),
        reason=row["reason"],
        http_status=row["http_status"],
        provider_request_id=row["provider_request_id"],
        usage=_usage(row),
        cost=cost,
    )


def _usage(row: Mapping[Any, Any]) -> accounting_pb2.Usage | None:
    if row["input_tokens"] is None:
        return None
    counts = {name: row[name] for name in TOKENS if row[name] is not None}
    return accounting_pb2.Usage(source=row["usage_source"], **counts)


def _cost(row: Mapping[Any, Any]) -> money.Cost | None:
    if row["cost_picos"] is None:
        return None
    return money.cost(row["cost_picos"], price_version=row["price_version"], incomplete=row["cost_incomplete"])


def _target(row: Mapping[Any, Any]) -> accounting_pb2.Target:
    return accounting_pb2.Target(provider=row["provider"], model=row["model"], reported_model=row["reported_model"])


def _duration(microseconds: int | None) -> Duration | None:
    if microseconds is None:
        return None
    duration = Duration()
    duration.FromMicroseconds(microseconds)
    return duration


def _timestamp(microseconds: int) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromMicroseconds(microseconds)
    return timestamp
