"""The ledger's tables. Times are microseconds since 1970, durations microseconds, money picos."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, false

metadata = MetaData()

# SQLite keeps the rows in the key's own index, instead of a table beside it: an INSERT touches one thing less.
_BY_KEY: Mapping[str, Any] = {"sqlite_with_rowid": False}


def _tokens() -> list[Column[int]]:
    """Make the columns of a Usage; NULL: not known."""
    names = ("input", "output", "cache_read", "cache_write", "reasoning", "audio_input", "audio_output")
    return [*(Column(f"{name}_tokens", BigInteger) for name in names), Column("usage_source", Integer, nullable=False)]


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("start_us", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("first_token_us", BigInteger),
    *(_text(name) for name in ("tenant", "user", "key", "route", "prompt", "prompt_version")),
    # A JSON object with sorted keys.
    _text("labels"),
    _text("method"),
    Column("code", Integer, nullable=False),
    Column("reason", Integer, nullable=False),
    *(_text(name) for name in ("provider", "model", "reported_model", "cache_key", "origin_call_id", "trace_id")),
    # The same for requests that ask the same; no text can be read from it.
    _text("fingerprint"),
    Column("cache_status", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    *_tokens(),
    Column("cost_picos", BigInteger),
    Column("cost_incomplete", Boolean, nullable=False, server_default=false()),
    _text("price_version"),
    Column("saved_picos", BigInteger),
    # Of its attempt, where it made just one; NULL and empty if not. Usage and cost are the same as its own.
    Column("attempt_cause", Integer),
    Column("attempt_start_us", BigInteger),
    Column("attempt_duration_us", BigInteger),
    Column("attempt_first_token_us", BigInteger),
    Column("attempt_reason", Integer),
    Column("attempt_http_status", Integer),
    *(_text(name) for name in ("provider_request_id", "cost_items")),
    # Whether the hourly sums have it.
    Column("summed", Boolean, nullable=False, server_default=false()),
    # Whether it is the estimate for a process that was taken for dead.
    Column("lost", Boolean, nullable=False, server_default=false()),
    Index("calls_by_time", "start_us", "call_id"),
    Index("calls_by_tenant", "tenant", "start_us", "call_id"),
    **_BY_KEY,
)

_NOT_SUMMED = calls.c.summed.is_(False)
# Of the few that wait: a call that is entered with its sums touches it never.
Index("calls_not_summed", calls.c.start_us, sqlite_where=_NOT_SUMMED, postgresql_where=_NOT_SUMMED)


def _of_attempts() -> list[Column[Any]]:
    return [
        Column("call_id", Text, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("cause", Integer, nullable=False),
        *(_text(name) for name in ("provider", "model", "reported_model", "provider_request_id")),
        Column("start_us", BigInteger, nullable=False),
        Column("duration_us", BigInteger, nullable=False),
        Column("first_token_us", BigInteger),
        Column("reason", Integer, nullable=False),
        Column("http_status", Integer, nullable=False),
        *_tokens(),
        Column("cost_picos", BigInteger),
        Column("cost_incomplete", Boolean, nullable=False, server_default=false()),
        _text("price_version"),
        # A JSON list of [sku, quantity, picos].
        _text("cost_items"),
    ]


# Those that do not stand in their call's row: nearly all calls make one attempt, and a second row costs as much again.
attempts_apart = Table("attempts_apart", metadata, *_of_attempts(), **_BY_KEY)

# All of them: a view, for reading.
attempts = Table("attempts", MetaData(), *_of_attempts())

# What calls asked and were answered: empty unless the configuration says to keep it.
texts = Table(
    "texts",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("stored_us", BigInteger, nullable=False, index=True),
    # JSON, each of as many bytes at most as the configuration says.
    _text("request"),
    _text("answer"),
    Column("truncated", Boolean, nullable=False),
)

# Calls under way: what becomes of them when their process dies.
holds = Table(
    "holds",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("process", Text, nullable=False, index=True),
    # What the budgets have counted of it.
    Column("reserved_picos", BigInteger, nullable=False),
    Column("reserved_tokens", BigInteger, nullable=False),
    Column("charged_picos", BigInteger, nullable=False),
    Column("charged_tokens", BigInteger, nullable=False),
    # JSON: the book as it would be if the process died now.
    _text("book"),
    **_BY_KEY,
)

processes = Table(
    "processes",
    metadata,
    Column("process", Text, primary_key=True),
    Column("seen_us", BigInteger, nullable=False),
)

budget_periods = Table(
    "budget_periods",
    metadata,
    Column("budget", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    # 0 for a budget without periods.
    Column("start_us", BigInteger, primary_key=True),
    *(
        Column(name, BigInteger, nullable=False, server_default="0")
        for name in ("spent_picos", "reserved_picos", "spent_tokens", "reserved_tokens")
    ),
)

DIMENSIONS = ("tenant", "user", "key", "route", "prompt", "provider", "model", "labels", "reason")
SUMS = (
    "calls",
    "failed_calls",
    "cache_hits",
    "attempts",
    *(f"{name}_tokens" for name in ("input", "output", "cache_read", "cache_write", "reasoning")),
    "audio_input_tokens",
    "audio_output_tokens",
    "estimated_calls",
    "priced_calls",
    "incomplete_calls",
    "cost_picos",
    "saved_calls",
    "saved_picos",
)

hours = Table(
    "hours",
    metadata,
    Column("hour_us", BigInteger, primary_key=True),
    # Of the dimensions' values: an index over all of them would be longer than the table.
    Column("group_id", Text, primary_key=True),
    *(_text(name) for name in DIMENSIONS),
    *(Column(name, BigInteger, nullable=False) for name in SUMS),
    # How many calls took how long: counts by bucket; histogram.py has the buckets.
    _text("durations"),
)
