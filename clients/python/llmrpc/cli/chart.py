"""Figures in columns with a bar beside each row, as wide as the terminal is; no figure is ever cut."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from llmrpc.cli import terminal

if TYPE_CHECKING:
    from rich.console import Console

_GAP: Final = 2
_BAR: Final = 24
_LEAST_BAR: Final = 6
_LEAST_NAME: Final = 8
_CELLS: Final = " ▏▎▍▌▋▊▉█"


def show(
    console: "Console",
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    sizes: Sequence[tuple[Decimal, int]],
    *,
    names: int,
) -> None:
    """Print rows of names and figures.

    Where the terminal is narrow the bars go first, then columns of figures that say nothing in any row, then the ends
    of names; lines run on where even that is too wide.

    Args:
        sizes: What each row's bar says; see `bars`.
        names: How many columns hold names: the first ones.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    columns = [[terminal.cell(text) for text in column] for column in zip(heads, *rows, strict=True)]
    widths = [max(map(cell_len, column)) for column in columns]
    kept = list(range(len(columns)))

    def room() -> int:
        """Tell how many cells are left of a line."""
        return console.width - sum(widths[index] for index in kept) - _GAP * (len(kept) - 1)

    if room() < 0:
        kept = [index for index in kept if index < names or not {"0", "-"}.issuperset(columns[index][1:])]
    while room() < 0 and names and max(widths[:names]) > _LEAST_NAME:
        widths[widths.index(max(widths[:names]))] -= 1
    bar = min(room() - _GAP, _BAR)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    for index in kept:
        justify: Any = "left" if index < names else "right"
        table.add_column(
            Text(columns[index][0]), justify=justify, width=widths[index], no_wrap=True, overflow="ellipsis"
        )
    cells = [[Text(columns[index][row]) for index in kept] for row in range(1, len(rows) + 1)]
    if bar >= _LEAST_BAR:
        table.add_column("", width=bar)
        for row, drawn in zip(cells, bars(sizes, bar), strict=True):
            row.append(Text(drawn))
    for row in cells:
        table.add_row(*row)
    # Both: rich takes a dumb terminal for one of 80 by 25 where it does not know either.
    console.size = console.width - min(room(), 0), console.height
    console.print(table)


def bars(sizes: Sequence[tuple[Decimal, int]], cells: int = _BAR) -> list[str]:
    """Draw a bar for each size, the longest for the greatest: its money, or the calls where none has a price."""
    priced = any(money for money, _ in sizes)
    values: list[Any] = [money if priced else calls for money, calls in sizes]
    most = max(values, default=0)
    drawn = []
    for value in values:
        whole, eighths = divmod(round(value / most * cells * 8) if most else 0, 8)
        drawn.append((_CELLS[-1] * whole + _CELLS[eighths]).rstrip())
    return drawn
