"""How `llmrpc usage` shows figures, and what its options take."""

import io
import re
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner
from typing_extensions import override

from client_command import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc.cli.app import app
from llmrpc.cli.chart import bars, show
from llmrpc.cli.ledger_filter import make_filter
from llmrpc.client import Client
from llmrpc.v1.usage_pb2 import UsageRow
from money.books import priced


def test_the_longest_bar_is_the_greatest_cost() -> None:
    """Bars say the cost, to an eighth of a cell; where nothing has a price the calls."""
    assert ["█" * 24, "█" * 12, "█▌", ""] == bars([(Decimal(16), 1), (Decimal(8), 9), (Decimal(1), 1), (Decimal(0), 5)])
    assert ["█" * 24, "█" * 6] == bars([(Decimal(0), 4), (Decimal(0), 1)])
    assert [""] == bars([(Decimal(0), 0)])


_HEADS = ["model", "team", "calls", "failed", "cost", "saved"]
_ROWS = [
    ["claude-sonnet-5-5-20270929", "search-and-ranking", "12,000", "0", "USD 123.456789012345", "-"],
    ["gpt-4o", "日本語のチーム", "7", "0", "USD 0.000012", "-"],
]


@pytest.fixture(autouse=True, params=["xterm", "dumb"])
def _terminal(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setenv("TERM", request.param)


def shown(width: int) -> list[str]:
    """Return the lines of a table in a terminal of so many columns."""
    console = Console(file=io.StringIO(), width=width, height=25, force_terminal=True, color_system=None)
    show(console, _HEADS, _ROWS, [(Decimal("123.4"), 12_000), (Decimal("0.000012"), 7)], names=2)
    return str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]


def test_a_wide_terminal_has_everything() -> None:
    """Where there is room each cell is whole, and the greatest has a bar of 24 cells."""
    head, first, second = shown(140)

    assert [*_HEADS] == head.split()
    assert [*_ROWS[0], "█" * 24] == re.split(" {2,}", first.strip())
    assert _ROWS[1] == re.split(" {2,}", second.strip())


@pytest.mark.parametrize(
    ("width", "names", "figures"),
    [
        (100, ["claude-sonnet-5-5-20270929", "search-and-ranking"], [*_ROWS[0][2:], "█" * 7]),
        (93, ["claude-sonnet-5-5-20270929", "search-and-ranking"], _ROWS[0][2:]),
        (80, ["claude-sonnet-5-5-20270929", "search-and-ranking"], ["12,000", "USD 123.456789012345"]),
        (60, ["claude-sonnet…", "search-and-ra…"], ["12,000", "USD 123.456789012345"]),
        (30, ["claude-…", "search-…"], ["12,000", "USD 123.456789012345"]),
    ],
)
def test_no_figure_is_cut(width: int, names: list[str], figures: list[str]) -> None:
    """In a narrow terminal the bars go, then figures that say nothing, then the ends of names; else lines run on."""
    lines = shown(width)

    assert [*names, *figures] == re.split(" {2,}", lines[1].strip())
    assert lines[2].rstrip().endswith("USD 0.000012" if width <= 80 else "-")
    assert 3 == len(lines)


def test_a_name_that_commands_the_terminal() -> None:
    """What callers have named does nothing to the terminal of who looks at it."""
    console = Console(file=io.StringIO(), width=80, height=25, force_terminal=True, color_system=None)
    show(console, ["team", "calls"], [["\x1b]0;x\x07[bold]:x:", "1"]], [(Decimal(0), 1)], names=1)

    assert "]0;x[bold]:x:" in console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in console.file.getvalue()  # type: ignore[attr-defined]


class _Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        """Say that somebody watches."""
        return True


def printed(monkeypatch: pytest.MonkeyPatch, out: io.StringIO, group: list[str], *by: str) -> list[str]:
    """Return the lines that the command prints of one row where it writes to `out`, 140 columns wide."""
    row = UsageRow(group=group, calls=1)
    monkeypatch.setattr(Client, "query_usage", lambda *_: [row])
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("LINES", raising=False)
    with pytest.raises(SystemExit):
        app(["usage", *(word for one in by for word in ("--by", one))])
    return out.getvalue().split("\n")[:-1]


def test_a_terminal_is_as_wide_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a dumb one: names are whole where there is room for them."""
    (_, line) = printed(monkeypatch, _Terminal(), ["n" * 60], "model")

    assert "n" * 60 == line.split()[0]
    assert "█" * 7 in line


@pytest.mark.parametrize("out", [_Terminal, io.StringIO])
def test_a_name_is_one_cell(monkeypatch: pytest.MonkeyPatch, out: type[io.StringIO]) -> None:
    """No name makes a row or a column of its own, nor means more than its letters: neither a caller's nor --by's."""
    group = ["a\n999\tb\r\vc\x85d\u2028e", "team[red]"]
    head, line = printed(monkeypatch, out(), group, "label:[/x]", "model")

    assert "[/x]" in head
    assert line.startswith("a 999 b  c d e")
    assert "team[red]" in line
    assert (0 if out is _Terminal else 9) == line.count("\t")


def test_a_head_is_no_markup() -> None:
    """What --by names stands there as it was written."""
    console = Console(file=io.StringIO(), width=80, height=25, force_terminal=True, color_system=None)
    show(console, ["team[red]", "[/x]", "calls"], [["a", "b", "1"]], [(Decimal(0), 1)], names=2)

    assert "team[red]  [/x]  calls" in console.file.getvalue()  # type: ignore[attr-defined]


async def test_a_pipe_has_heads(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """What is piped begins with a line that names its columns, each row has as many, and nothing is shortened."""
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db")) as gateway:
        await gateway.completion.Complete(request("openai/x", labels={"team": "t" * 100}))
        printed = await llmrpc("usage", "--by", "model", "--by", "label:team", "--address", gateway.address)
    heads, row = (line.split("\t") for line in printed.splitlines())

    assert ["model", "team", "calls", "failed", "input", "output", "cost", "saved", "p50", "p99"] == heads
    assert (10, ["x", "t" * 100, "1", "0"]) == (len(row), row[:4])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["usage", "--by", "colour"], "must be one of provider, model"),
        (["usage", "--by", "label"], "label:NAME, hour"),
        *(
            (["usage", "--since", since], "must be like 90m, 24h, 7d, 4w or 2026-11-22")
            for since in ("yesterday", "9999999999d", "0001-01-01T00:00+14:00")
        ),
        (["calls", "--label", "team"], "is not KEY=VALUE"),
    ],
)
def test_options_that_mean_nothing(arguments: list[str], told: str) -> None:
    """An option that cannot be meant is told with what would be right, before anybody is asked."""
    done = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, arguments)

    assert (2, True) == (done.exit_code, told in done.stderr)


@pytest.mark.parametrize("since", ["24h", "7d", "2w"])
def test_a_long_time_begins_at_a_whole_hour(since: str) -> None:
    """The server's hourly sums answer for hours, days and weeks; what is told in minutes or as a moment is exact."""
    told = make_filter(since, "", whole_hours=True).start_time
    exact = make_filter(since, "").start_time

    assert 0 == told.seconds % 3600 + told.nanos
    assert 0 <= exact.seconds - told.seconds <= 3600
    assert 1_795_343_400 == make_filter("2026-11-22T10:30", "", whole_hours=True).start_time.seconds
    assert time.time() - 2400 == pytest.approx(make_filter("40m", "", whole_hours=True).start_time.seconds, abs=60)
