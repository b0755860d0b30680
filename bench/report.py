"""The figures, for people and for programs."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bench.measure import Amount, Begin, Sample, ratios
from bench.rows import Case, Row, Start


class Cost(msgspec.Struct, frozen=True):
    """A row: CPU a call in microseconds, least and median of the rounds, beside what it is compared with."""

    name: str
    cpu_us_min: float
    cpu_us_median: float
    messages: float
    against: str
    against_us_min: float
    against_us_median: float
    ratio_min: float
    ratio_median: float
    ratio_max: float
    goal: float | None


class Startup(msgspec.Struct, frozen=True):
    """A start: seconds until the first answer and resident megabytes then, least and median of several."""

    name: str
    seconds_min: float
    seconds_median: float
    seconds_goal: float
    megabytes: float
    megabytes_goal: float


class Report(msgspec.Struct, frozen=True):
    """All figures of one run."""

    rounds: int
    calls: int
    concurrency: int
    costs: list[Cost]
    startups: list[Startup]
    megabytes_after_load: float


def make(
    amount: Amount,
    costs: tuple[Sequence[Row], Mapping[Case, Sequence[Sample]], float],
    begins: Mapping[Start, Sequence[Begin]],
) -> Report:
    """Sum the samples up."""
    rows, samples, megabytes = costs
    return Report(
        rounds=amount.rounds,
        calls=amount.calls,
        concurrency=amount.concurrency,
        costs=[_cost(row, samples[row.case], samples[row.against]) for row in rows],
        startups=[_startup(start, begun) for start, begun in begins.items() if begun],
        megabytes_after_load=megabytes,
    )


def _cost(row: Row, samples: Sequence[Sample], against: Sequence[Sample]) -> Cost:
    own, floor = [sample.cpu_us for sample in samples], [sample.cpu_us for sample in against]
    ratio = ratios(samples, against)
    return Cost(
        name=row.name,
        cpu_us_min=min(own),
        cpu_us_median=statistics.median(own),
        messages=samples[-1].messages,
        against=row.against.contender.name,
        against_us_min=min(floor),
        against_us_median=statistics.median(floor),
        ratio_min=min(ratio),
        ratio_median=statistics.median(ratio),
        ratio_max=max(ratio),
        goal=row.goal,
    )


def _startup(start: Start, begun: Sequence[Begin]) -> Startup:
    seconds = [begin.seconds for begin in begun]
    return Startup(
        name=start.name,
        seconds_min=min(seconds),
        seconds_median=statistics.median(seconds),
        seconds_goal=start.seconds,
        megabytes=max(begin.megabytes for begin in begun),
        megabytes_goal=start.megabytes,
    )


def table(report: Report) -> str:
    """Write the report as two tables in Markdown, which read well in a terminal, too."""
    return "\n".join((*_lines(_COST_COLUMNS, _cost_cells(report)), "", *_lines(_START_COLUMNS, _start_cells(report))))


_COST_COLUMNS = ("CPU a call", "us min / median", "messages", "against", "us min / median", "ratio (range)", "goal")
_START_COLUMNS = ("from start to first answer", "s min / median", "goal", "MB resident", "goal")


def _cost_cells(report: Report) -> Iterator[tuple[str, ...]]:
    for cost in report.costs:
        yield (
            cost.name,
            f"{cost.cpu_us_min:,.0f} / {cost.cpu_us_median:,.0f}",
            f"{cost.messages:.1f}",
            cost.against,
            f"{cost.against_us_min:,.0f} / {cost.against_us_median:,.0f}",
            f"{cost.ratio_median:.2f} ({cost.ratio_min:.2f}-{cost.ratio_max:.2f})",
            "" if cost.goal is None else f"{cost.goal:.1f}",
        )


def _start_cells(report: Report) -> Iterator[tuple[str, ...]]:
    for start in report.startups:
        yield (
            start.name,
            f"{start.seconds_min:.2f} / {start.seconds_median:.2f}",
            f"{start.seconds_goal:.1f}",
            f"{start.megabytes:.0f}",
            f"{start.megabytes_goal:.0f}",
        )
    yield "both SDKs, after all that load", "", "", f"{report.megabytes_after_load:.0f}", ""


def _lines(columns: tuple[str, ...], cells: Iterator[tuple[str, ...]]) -> Iterator[str]:
    rows = [columns, *cells]
    widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
    rows.insert(1, tuple("-" * width for width in widths))
    for row in rows:
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
