"""How `llmrpc usage` shows figures, and what its options take."""

import time
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from llmrpc.cli.app import app
from llmrpc.cli.ledger_filter import make_filter
from llmrpc.cli.usage import bars


def test_the_longest_bar_is_the_greatest_cost() -> None:
    """Bars say the cost, to an eighth of a cell; where nothing has a price the calls."""
    assert ["█" * 24, "█" * 12, "█▌", ""] == bars([(Decimal(16), 1), (Decimal(8), 9), (Decimal(1), 1), (Decimal(0), 5)])
    assert ["█" * 24, "█" * 6] == bars([(Decimal(0), 4), (Decimal(0), 1)])
    assert [""] == bars([(Decimal(0), 0)])


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
