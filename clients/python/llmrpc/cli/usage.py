"""`llmrpc usage`: what was used, by whom, and what it cost."""

import csv
import shutil
import sys
from collections.abc import Sequence
from decimal import Decimal
from importlib import import_module
from typing import Annotated, Final

import typer
from google.protobuf.json_format import MessageToJson

from llmrpc._channel import DEFAULT_ADDRESS
from llmrpc.cli import chart, ledger_filter, options, terminal
from llmrpc.v1.accounting_pb2 import Cost
from llmrpc.v1.usage_pb2 import Budget, QueryUsageRequest, QueryUsageResponse, UsageDimension, UsageRow

usage = typer.Typer(
    invoke_without_command=True, help="Tell what was used, by whom, and what it cost.", no_args_is_help=False
)

_PREFIX: Final = "USAGE_DIMENSION_"
_DIMENSIONS: Final = [name.removeprefix(_PREFIX).lower() for name in UsageDimension.keys()[1:]]
_OFFERED: Final = ", ".join("label:NAME" if name == "label" else name for name in _DIMENSIONS)
_FIGURES: Final = ("calls", "failed", "input", "output", "cost", "saved", "p50", "p99")

By = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="DIMENSION", help=f"{_OFFERED}; repeatable."),
]


@usage.callback()
def show(
    ctx: typer.Context,
    *,
    by: By = None,
    since: ledger_filter.Since = "7d",
    until: ledger_filter.Until = "",
    tenant: ledger_filter.Tenants = None,
    user: ledger_filter.Users = None,
    model: ledger_filter.Models = None,
    route: ledger_filter.Routes = None,
    label: ledger_filter.Labels = None,
    json: options.Json = False,
    comma_separated: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """Sum usage by what --by says."""
    if ctx.invoked_subcommand is not None:
        return
    dimensions, name = _dimensions(by or [])
    asked = ledger_filter.make_filter(
        since, until, whole_hours=True, tenants=tenant, users=user, models=model, routes=route, labels=label
    )
    with options.connected(address, token, tls, ca_file, insecure) as client:
        rows = list(client.query_usage(QueryUsageRequest(filter=asked, group_by=dimensions, label=name)))
    heads = [*(one.removeprefix("label:") for one in by or []), *_FIGURES]
    if json:
        typer.echo(MessageToJson(QueryUsageResponse(rows=rows), preserving_proto_field_name=True, ensure_ascii=False))
    elif comma_separated:
        writer = csv.writer(sys.stdout)
        writer.writerow(heads)
        writer.writerows([*row.group, *_figures(row, plain=True)] for row in rows)
    else:
        _print_table(heads, sorted(rows, key=_amount, reverse=True) if not _in_time(dimensions) else rows)


@usage.command()
def budgets(
    *,
    json: options.Json = False,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """List the budgets: how much of each is spent, held and left."""
    with options.connected(address, token, tls, ca_file, insecure) as client:
        found = client.list_budgets()
    for budget in found:
        typer.echo(MessageToJson(budget, preserving_proto_field_name=True, indent=None) if json else _budget(budget))


@usage.command()
def savings(
    *,
    config: Annotated[
        str, typer.Option("--config", "-c", envvar="LLMRPC_CONFIG", help="The server's configuration.")
    ] = "",
    since: ledger_filter.Since = "30d",
    json: options.Json = False,
) -> None:
    """Name the largest savings in reach. Reads the ledger itself: run it where the server's configuration is."""
    started = ledger_filter.make_filter(since, "").start_time.ToMicroseconds()
    import_module("llmrpc_server.commands.savings").savings(config or None, started, json=json)


def _dimensions(by: Sequence[str]) -> tuple[list[UsageDimension.ValueType], str]:
    """Read --by; return the dimensions, and the label's name where there is one."""
    found: list[UsageDimension.ValueType] = []
    label = ""
    for word in by:
        name, _, rest = word.partition(":")
        if name not in _DIMENSIONS or (name == "label") != bool(rest):
            raise typer.BadParameter(f"must be one of {_OFFERED}, is {word!r}", param_hint="--by")
        label = rest or label
        found.append(UsageDimension.Value(_PREFIX + name.upper()))
    return found, label


def _in_time(dimensions: Sequence[UsageDimension.ValueType]) -> bool:
    """Tell whether the rows are in the order of time."""
    return bool(dimensions) and UsageDimension.Name(dimensions[0]).removeprefix(_PREFIX) in {"HOUR", "DAY", "MONTH"}


def _figures(row: UsageRow, *, plain: bool) -> list[str]:
    """Say a row's figures; plainly for programs."""

    def number(value: int) -> str:
        """Say a count."""
        return str(value) if plain else f"{value:,}"

    def money(has: bool, cost: Cost) -> str:
        """Say an amount; empty or "-" where it is not known."""
        if not has:
            return "" if plain else "-"
        return str(amount(cost)) if plain else terminal.format_cost(cost)

    return [
        number(row.calls),
        number(row.failed_calls),
        number(row.usage.input_tokens),
        number(row.usage.output_tokens),
        money(row.HasField("cost"), row.cost),
        money(row.HasField("saved"), row.saved),
        *(_seconds(duration.ToMicroseconds(), plain=plain) for duration in (row.p50_duration, row.p99_duration)),
    ]


def amount(cost: Cost) -> Decimal:
    """Return an amount of money in its currency."""
    return (cost.units + Decimal(cost.picos).scaleb(-12)).normalize() + 0


def _amount(row: UsageRow) -> tuple[Decimal, int]:
    return amount(row.cost), row.calls


def _seconds(microseconds: int, *, plain: bool) -> str:
    return f"{microseconds / 1e6:.3f}" if plain else f"{microseconds / 1e6:.2f} s"


def _print_table(heads: Sequence[str], rows: Sequence[UsageRow]) -> None:
    """Print a table; where somebody watches with a bar for each row's cost, or its calls where nothing has a price."""
    cells = [[*row.group, *_figures(row, plain=False)] for row in rows]
    if not sys.stdout.isatty():
        for line in (heads, *cells):
            typer.echo("\t".join(map(terminal.cell, line)))
        return
    from rich.console import Console

    # Asked here: of a dumb terminal rich does not.
    width, height = shutil.get_terminal_size()
    console = Console(width=width, height=height)
    chart.show(console, heads, cells, [_amount(row) for row in rows], names=len(heads) - len(_FIGURES))


def _budget(budget: Budget) -> str:
    """Say a budget in a line."""
    if budget.HasField("limit"):
        used = f"{terminal.format_cost(budget.spent)} of {terminal.format_cost(budget.limit)} spent"
        if amount(budget.reserved):
            used += f", {terminal.format_cost(budget.reserved)} held"
    else:
        used = f"{budget.tokens_spent:,} of {budget.token_limit:,} tokens spent"
    until = f", anew {budget.reset_time.ToJsonString()}" if budget.HasField("reset_time") else ""
    kind = "hard" if budget.hard else "soft"
    return f"{budget.name} ({kind}) of {budget.subject} by {budget.period}: {used}{until}"
