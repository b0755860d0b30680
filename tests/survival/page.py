"""Writes docs/faults.md from what the suite saw."""

from collections.abc import Mapping

from survival.asking import Seen
from survival.table import FAULTS, Fault

_HEAD = """\
# What a caller sees of each fault

Made by `tests/survival/test_table.py` from what it saw: a primary target that fails, and a backup behind it. A call may
make three attempts; the policies and timeouts are those of [configuration.md](configuration.md) and of the request.

- **alone**: the primary has no backup, and its second answer would be good. A fault of the network lasts.
- **with a backup**: the primary fails again and again, the backup answers.
- **nothing left**: both fail. The error has all attempts in its `CompletionFailure`.

`OK (2+1)` is a whole answer after two attempts at the primary and one at the backup. A stream of which the caller has
seen some fails by default, since nothing can be taken back from who does not know how:
[survival.md](survival.md) tells of RESTART and CONTINUE, which rescue it.

"""
_SITUATIONS = ("retry", "fallback", "nothing left")
_COLUMNS = "| fault | alone | with a backup | nothing left |\n|---|---|---|---|\n"
_TITLES = {"unary": "Complete", "stream": "StreamComplete"}


def page(seen: Mapping[tuple[str, str, str], Seen]) -> str:
    """Make the page."""
    tables = [
        f"## {title}\n\n{_COLUMNS}" + "".join(_row(fault, mode, seen) for fault in FAULTS)
        for mode, title in _TITLES.items()
    ]
    return _HEAD + "\n".join(tables)


def _row(fault: Fault, mode: str, seen: Mapping[tuple[str, str, str], Seen]) -> str:
    cells = [_cell(seen[fault.name, mode, situation]) for situation in _SITUATIONS]
    return f"| {fault.name} | {' | '.join(cells)} |\n"


def _cell(seen: Seen) -> str:
    attempts = "+".join(map(str, seen.by_provider.values()))
    outcome = "OK" if seen.code == "OK" else f"{seen.code} {seen.reason}"
    after = ", after some output" if seen.output_sent else ""
    return f"{outcome} ({attempts}){after}"
