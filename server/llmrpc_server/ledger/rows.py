"""A call's books as rows of the ledger, and back."""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from llmrpc.v1 import accounting_pb2, usage_pb2
from llmrpc_server import money

Row = dict[str, Any]

NO_ATTEMPT: Row = {
    **dict.fromkeys(f"attempt_{name}" for name in ("cause", "start_us", "duration_us", "first_token_us")),
    **dict.fromkeys(("attempt_reason", "attempt_http_status")),
    **dict.fromkeys(("provider_request_id", "cost_items"), ""),
}
TOKENS = tuple(field.name for field in accounting_pb2.Usage.DESCRIPTOR.fields if field.name != "source")


def call_row(
    accounting: accounting_pb2.Accounting,
    *,
    target: accounting_pb2.Target,
    start_us: int,
    who: Mapping[str, str],
    labels: Mapping[str, str],
    method: str,
    code: int,
    reason: int,
) -> Row:
    """Make the row of a call.

    Args:
        target: Who answered, or was asked last.
        who: Its tenant, user, key, prompt and prompt_version.
    """
    books, cache = accounting, accounting.cache
    return _without_nul(
        {
            "call_id": books.call_id,
            "start_us": start_us,
            "duration_us": _micros(books.duration),
            "first_token_us": _micros(books.time_to_first_token) if books.HasField("time_to_first_token") else None,
            **who,
            "route": books.route,
            "labels": json.dumps(dict(labels), sort_keys=True, ensure_ascii=False) if labels else "",
            "method": method,
            "code": code,
            "reason": reason,
            "provider": target.provider,
            "model": target.model,
            "reported_model": target.reported_model,
            "cache_key": cache.key,
            "origin_call_id": cache.origin_call_id,
            "trace_id": "",
            "fingerprint": "",
            "cache_status": cache.status,
            "attempts": books.attempts_total,
            **_counted(books),
            "saved_picos": money.picos_of(books.saved) if books.HasField("saved") else None,
            "lost": False,
        },
        f"{''.join(who.values())}{books.route}{target.model}{target.reported_model}",
    )


def attempts_rows(call_id: str, attempts: Sequence[accounting_pb2.Attempt]) -> tuple[Row, list[Row]]:
    """Make what a call's own row has of its attempt, if it made just one, and else the rows of all of them."""
    if len(attempts) == 1:
        return _only_attempt(attempts[0]), []
    return NO_ATTEMPT, [attempt_row(call_id, attempt) for attempt in attempts]


def _only_attempt(attempt: accounting_pb2.Attempt) -> Row:
    first = attempt.HasField("time_to_first_token")
    return {
        "attempt_cause": attempt.cause,
        "attempt_start_us": _micros(attempt.start_time),
        "attempt_duration_us": _micros(attempt.duration),
        "attempt_first_token_us": _micros(attempt.time_to_first_token) if first else None,
        "attempt_reason": attempt.reason,
        "attempt_http_status": attempt.http_status,
        "provider_request_id": attempt.provider_request_id.replace("\0", ""),
        "cost_items": _items(attempt.cost),
    }


def attempt_row(call_id: str, attempt: accounting_pb2.Attempt) -> Row:
    """Make the row of an attempt."""
    target, first = attempt.target, attempt.HasField("time_to_first_token")
    return _without_nul(
        {
            "call_id": call_id,
            "number": attempt.number,
            "cause": attempt.cause,
            "provider": target.provider,
            "model": target.model,
            "reported_model": target.reported_model,
            "provider_request_id": attempt.provider_request_id,
            "start_us": _micros(attempt.start_time),
            "duration_us": _micros(attempt.duration),
            "first_token_us": _micros(attempt.time_to_first_token) if first else None,
            "reason": attempt.reason,
            "http_status": attempt.http_status,
            **_counted(attempt),
            "cost_items": _items(attempt.cost),
        },
        f"{target.model}{target.reported_model}{attempt.provider_request_id}",
    )


def _without_nul(row: Row, told: str) -> Row:
    """Leave out the one character that PostgreSQL does not take.

    Args:
        told: All in it that a provider, a credential or a request can have sent.
    """
    if "\0" in told:
        for name, value in row.items():
            if isinstance(value, str):
                row[name] = value.replace("\0", "")
    return row


def to_call(row: Mapping[Any, Any], attempts: Iterable[Mapping[Any, Any]] = ()) -> usage_pb2.Call:
    """Read a call back, with its attempts where they are given."""
    told = [to_attempt(attempt) for attempt in attempts]
    books = accounting_pb2.Accounting(
        call_id=row["call_id"],
        route=row["route"],
        usage=_usage(row),
        cost=_cost(row),
        cache=accounting_pb2.CacheInfo(
            status=row["cache_status"], key=row["cache_key"], origin_call_id=row["origin_call_id"]
        ),
        attempts=told,
        attempts_total=row["attempts"],
        time_to_first_token=_duration(row["first_token_us"]),
        duration=_duration(row["duration_us"]),
        saved=None if row["saved_picos"] is None else money.cost(row["saved_picos"]),
    )
    if row["code"] == 0 and row["provider"]:
        books.target.CopyFrom(_target(row))
    if told and books.HasField("cost"):
        for attempt in told:
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


def _counted(books: accounting_pb2.Accounting | accounting_pb2.Attempt) -> Row:
    """Make the columns of usage and cost: every call pays for them twice, so they are written out."""
    usage, cost, priced = books.usage, books.cost, books.HasField("cost")
    counted, known = books.HasField("usage"), usage.HasField
    return {
        "input_tokens": usage.input_tokens if counted else None,
        "output_tokens": usage.output_tokens if counted else None,
        "cache_read_tokens": usage.cache_read_tokens if known("cache_read_tokens") else None,
        "cache_write_tokens": usage.cache_write_tokens if known("cache_write_tokens") else None,
        "reasoning_tokens": usage.reasoning_tokens if known("reasoning_tokens") else None,
        "audio_input_tokens": usage.audio_input_tokens if known("audio_input_tokens") else None,
        "audio_output_tokens": usage.audio_output_tokens if known("audio_output_tokens") else None,
        "usage_source": usage.source,
        "cost_picos": money.picos_of(cost) if priced else None,
        "cost_incomplete": cost.incomplete,
        "price_version": cost.price_version,
    }


def _items(cost: money.Cost) -> str:
    """Write a bill's lines as JSON."""
    lines = [f"[{_quoted(item.sku)}, {item.quantity}, {item.picos}]" for item in cost.items]
    return f"[{', '.join(lines)}]" if lines else ""


@functools.cache
def _quoted(sku: str) -> str:
    return json.dumps(sku)


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


def _micros(moment: Duration | Timestamp) -> int:
    return moment.seconds * 1_000_000 + moment.nanos // 1000


def _duration(microseconds: int | None) -> Duration | None:
    if microseconds is None:
        return None
    told = Duration()
    told.FromMicroseconds(microseconds)
    return told


def _timestamp(microseconds: int) -> Timestamp:
    told = Timestamp()
    told.FromMicroseconds(microseconds)
    return told
