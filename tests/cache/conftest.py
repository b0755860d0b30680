"""Two real memcached servers."""

from collections.abc import Iterator

import pytest

from memcached import Memcached, started


@pytest.fixture(scope="session")
def _nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Memcached]]:
    with started(tmp_path_factory.mktemp("one")) as one, started(tmp_path_factory.mktemp("two")) as two:
        yield [one, two]


@pytest.fixture
def nodes(_nodes: list[Memcached]) -> list[Memcached]:
    """Return two memcached servers that run and are empty."""
    for node in _nodes:
        with node.client() as client:
            client.flush_all()
    return _nodes
