"""Several processes' series as one page of Prometheus' text format."""

from collections.abc import Iterable, Mapping


def merge(pages: Mapping[int, str]) -> str:
    """Put the pages of workers, by number, together: each series has its worker's number as the label `worker`.

    The format wants all series of a metric beside each other, below one description.
    """
    descriptions: dict[str, list[str]] = {}
    series: dict[str, list[str]] = {}
    for number, page in pages.items():
        metric = ""
        for line in page.split("\n"):  # alone: a label may hold what else ends a line elsewhere
            if line.startswith("# HELP "):
                metric = line.split(" ", 3)[2]
                if metric not in descriptions:
                    descriptions[metric], series[metric] = [], []
            if line and not line.startswith("#"):
                series[metric].append(_labelled(line, number))
            elif line and len(descriptions[metric]) < 2:  # noqa: PLR2004 - HELP and TYPE
                descriptions[metric].append(line)
    return "".join(f"{line}\n" for metric in descriptions for line in (*descriptions[metric], *series[metric]))


def family(name: str, kind: str, tells: str, values: Iterable[tuple[int, float]]) -> str:
    """Write a metric that has a value for each worker."""
    rows = "".join(f'{name}{{worker="{number}"}} {float(value)}\n' for number, value in values)
    return f"# HELP {name} {tells}\n# TYPE {name} {kind}\n{rows}"


def _labelled(line: str, number: int) -> str:
    name, brace, rest = line.partition("{")
    if brace and " " not in name:
        return f'{name}{{worker="{number}",{rest}'
    name, _, rest = line.partition(" ")
    return f'{name}{{worker="{number}"}} {rest}'
