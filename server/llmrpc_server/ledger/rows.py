"""A call's books as rows of the ledger."""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from llmrpc.v1 import accounting_pb2
from llmrpc_server import money

TOKENS = tuple(field.name for field in accounting_pb2.Usage.DESCRIPTOR.fields if field.name != "source")


class Who(NamedTuple):
    """Whose call it is, and which prompt it names; empty for none."""

    tenant: str = ""
    user: str = ""
    key: str = ""
    prompt: str = ""
    prompt_version: str = ""


class _Counted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was used and what it cost; None: not known."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    usage_source: int = 0
    cost_picos: int | None = None
    cost_incomplete: bool = False
    price_version: str = ""

    def count(self, books: accounting_pb2.Accounting | accounting_pb2.Attempt) -> None:
        """Take over usage and cost."""
        if books.HasField("usage"):
            usage = books.usage
            known = usage.HasField
            self.usage_source = usage.source
            self.input_tokens = usage.input_tokens
            self.output_tokens = usage.output_tokens
            if known("cache_read_tokens"):
                self.cache_read_tokens = usage.cache_read_tokens
            if known("cache_write_tokens"):
                self.cache_write_tokens = usage.cache_write_tokens
            if known("reasoning_tokens"):
                self.reasoning_tokens = usage.reasoning_tokens
            if known("audio_input_tokens"):
                self.audio_input_tokens = usage.audio_input_tokens
            if known("audio_output_tokens"):
                self.audio_output_tokens = usage.audio_output_tokens
        if books.HasField("cost"):
            cost = books.cost
            self.cost_picos = money.picos_of(cost)
            self.cost_incomplete = cost.incomplete
            self.price_version = cost.price_version

    def without_nul(self) -> None:
        """Leave out the one character that PostgreSQL does not take."""
        for name in self.__struct_fields__:
            if isinstance(value := getattr(self, name), str):
                setattr(self, name, value.replace("\0", ""))


class AttemptRow(_Counted, kw_only=True, omit_defaults=True):
    """An attempt; the columns of `attempts_apart`."""

    call_id: str
    number: int
    cause: int
    provider: str
    model: str
    reported_model: str = ""
    provider_request_id: str = ""
    start_us: int
    duration_us: int
    first_token_us: int | None = None
    reason: int
    http_status: int
    cost_items: str = ""


class CallRow(_Counted, kw_only=True, omit_defaults=True):
    """A call; the columns of `calls`."""

    call_id: str
    start_us: int
    duration_us: int
    first_token_us: int | None = None
    tenant: str = ""
    user: str = ""
    key: str = ""
    route: str = ""
    prompt: str = ""
    prompt_version: str = ""
    labels: str = ""
    method: str = ""
    code: int
    reason: int
    provider: str = ""
    model: str = ""
    reported_model: str = ""
    cache_key: str = ""
    origin_call_id: str = ""
    trace_id: str = ""
    fingerprint: str = ""
    cache_status: int
    attempts: int
    saved_picos: int | None = None
    attempt_cause: int | None = None
    attempt_start_us: int | None = None
    attempt_duration_us: int | None = None
    attempt_first_token_us: int | None = None
    attempt_reason: int | None = None
    attempt_http_status: int | None = None
    provider_request_id: str = ""
    cost_items: str = ""
    summed: bool = False
    lost: bool = False

    def with_attempts(self, attempts: Sequence[accounting_pb2.Attempt]) -> list[AttemptRow]:
        """Take over the attempt, if the call made just one; return the rows of those that have some of their own."""
        if len(attempts) != 1:
            return [attempt_row(self.call_id, attempt) for attempt in attempts]
        (attempt,) = attempts
        self.attempt_cause = attempt.cause
        self.attempt_start_us = _micros(attempt.start_time)
        self.attempt_duration_us = _micros(attempt.duration)
        if attempt.HasField("time_to_first_token"):
            self.attempt_first_token_us = _micros(attempt.time_to_first_token)
        self.attempt_reason = attempt.reason
        self.attempt_http_status = attempt.http_status
        self.provider_request_id = attempt.provider_request_id.replace("\0", "")
        self.cost_items = _items(attempt.cost)
        return []


def call_row(
    accounting: accounting_pb2.Accounting,
    *,
    target: accounting_pb2.Target,
    start_us: int,
    who: Who,
    labels: Mapping[str, str],
    method: str,
    code: int,
    reason: int,
) -> CallRow:
    """Make the row of a call.

    Args:
        target: Who answered, or was asked last.
    """
    books, cache = accounting, accounting.cache
    row = CallRow(
        call_id=books.call_id,
        start_us=start_us,
        duration_us=_micros(books.duration),
        tenant=who.tenant,
        user=who.user,
        key=who.key,
        route=books.route,
        prompt=who.prompt,
        prompt_version=who.prompt_version,
        labels=json.dumps(dict(labels), sort_keys=True, ensure_ascii=False) if labels else "",
        method=method,
        code=code,
        reason=reason,
        provider=target.provider,
        model=target.model,
        reported_model=target.reported_model,
        cache_key=cache.key,
        origin_call_id=cache.origin_call_id,
        cache_status=cache.status,
        attempts=books.attempts_total,
    )
    if books.HasField("time_to_first_token"):
        row.first_token_us = _micros(books.time_to_first_token)
    row.count(books)
    if books.HasField("saved"):
        row.saved_picos = money.picos_of(books.saved)
    # All in it that a provider, a credential or a request can have sent; labels are JSON.
    if "\0" in f"{''.join(who)}{row.route}{row.model}{row.reported_model}":
        row.without_nul()
    return row


def attempt_row(call_id: str, attempt: accounting_pb2.Attempt) -> AttemptRow:
    """Make the row of an attempt that does not stand in its call's."""
    target = attempt.target
    row = AttemptRow(
        call_id=call_id,
        number=attempt.number,
        cause=attempt.cause,
        provider=target.provider,
        model=target.model,
        reported_model=target.reported_model,
        provider_request_id=attempt.provider_request_id,
        start_us=_micros(attempt.start_time),
        duration_us=_micros(attempt.duration),
        reason=attempt.reason,
        http_status=attempt.http_status,
        cost_items=_items(attempt.cost),
    )
    if attempt.HasField("time_to_first_token"):
        row.first_token_us = _micros(attempt.time_to_first_token)
    row.count(attempt)
    if "\0" in f"{row.model}{row.reported_model}{row.provider_request_id}":
        row.without_nul()
    return row


def _items(cost: money.Cost) -> str:
    """Write a bill's lines as JSON."""
    lines = [f"[{_quoted(item.sku)}, {item.quantity}, {item.picos}]" for item in cost.items]
    return f"[{', '.join(lines)}]" if lines else ""


@functools.cache
def _quoted(sku: str) -> str:
    return json.dumps(sku)


def _micros(moment: Duration | Timestamp) -> int:
    return moment.seconds * 1_000_000 + moment.nanos // 1000
