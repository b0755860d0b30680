"""Options that say which calls: when, whose, where to."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from llmrpc.cli import options
from llmrpc.v1.usage_pb2 import UsageFilter

_AGO: Final = re.compile(r"(\d+)([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Since = Annotated[str, typer.Option("--since", help="How long ago (90m, 24h, 7d, 4w), or a date such as 2026-11-22.")]
Until = Annotated[str, typer.Option("--until", help="The same for the end; empty for now.", show_default=False)]
Tenants = Annotated[list[str] | None, typer.Option("--tenant", metavar="NAME", help="Of this tenant; repeatable.")]
Users = Annotated[list[str] | None, typer.Option("--user", metavar="NAME", help="Of this user; repeatable.")]
Models = Annotated[
    list[str] | None, typer.Option("--model", "-m", metavar="NAME", help="Answered by this model; repeatable.")
]
Routes = Annotated[list[str] | None, typer.Option("--route", metavar="NAME", help="To this route; repeatable.")]
Labels = Annotated[
    list[str] | None, typer.Option("--label", "-l", metavar="KEY=VALUE", help="With this label; repeatable.")
]


def make_filter(
    since: str,
    until: str,
    *,
    whole_hours: bool = False,
    tenants: Sequence[str] | None = None,
    users: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    routes: Sequence[str] | None = None,
    labels: list[str] | None = None,
) -> UsageFilter:
    """Make the filter that the options say.

    Args:
        whole_hours: What is told in hours, days or weeks begins with a whole hour: the server has its sums by these.
    """
    asked = UsageFilter(tenants=tenants, users=users, models=models, routes=routes, labels=options.parse_labels(labels))
    start = _moment(since, "--since")
    if whole_hours and (ago := _AGO.fullmatch(since)) and ago[2] != "m":
        start = start.replace(minute=0, second=0, microsecond=0)
    asked.start_time.FromDatetime(start)
    if until:
        asked.end_time.FromDatetime(_moment(until, "--until"))
    return asked


def _moment(text: str, option: str) -> datetime:
    """Read how long ago, or a date; dates are UTC."""
    try:
        if ago := _AGO.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"must be like 90m, 24h, 7d, 4w or 2026-11-22, is {text!r}", param_hint=option
        ) from None
