"""Durations as counts in buckets that grow by a tenth: histograms add up, and a quantile is at most 5 % off."""

import math
from collections import Counter
from collections.abc import Mapping

_GROWTH = 1.1
_LOG = math.log(_GROWTH)

Histogram = Counter[int]


def bucket(microseconds: int) -> int:
    """Return the bucket of a duration."""
    return 0 if microseconds < 1 else math.ceil(math.log(microseconds) / _LOG)


def quantile(counts: Mapping[int, int], share: float) -> float:
    """Return the duration, in microseconds, that so great a share of the calls does not exceed; 0 without calls."""
    wanted = share * sum(counts.values())
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= wanted and seen:
            # The middle of the bucket, by ratio to both of its ends.
            return 2 * _GROWTH**number / (1 + _GROWTH)
    return 0.0


def dump(counts: Mapping[int, int]) -> str:
    """Write a histogram."""
    return " ".join(f"{number}:{count}" for number, count in sorted(counts.items()))


def load(text: str) -> Histogram:
    """Read a histogram."""
    pairs = (pair.split(":") for pair in text.split())
    return Counter({int(number): int(count) for number, count in pairs})
