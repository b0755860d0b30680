"""A collector for each test."""

from collections.abc import Iterator

import pytest

from tracing.collector import Collector, collecting


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Return a collector that has nothing yet."""
    with collecting() as started:
        yield started
