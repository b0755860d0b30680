"""How `llmrpc usage` shows figures, and what its options take."""

import io
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from client_command import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc.cli.app import app
from llmrpc.cli.chart import bars, show
from llmrpc.cli.ledger_filter import make_filter
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


def shown(width: int) -> list[str]:
    """Return the lines of a table in a terminal of so many columns."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
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
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    show(console, ["team", "calls"], [["\x1b]0;x\x07[bold]:x:", "1"]], [(Decimal(0), 1)], names=1)

    assert "]0;x[bold]:x:" in console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in console.file.getvalue()  # type: ignore[attr-defined]


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
        (["usage", "--since", "yesterday"], "must be like 90m, 24h, 7d, 4w or 2026-11-22"),
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
