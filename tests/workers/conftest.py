"""The real command with several workers, and the real memcached."""

from collections.abc import Iterator

import pytest

from memcached import Memcached, started


@pytest.fixture(scope="session")
def memcached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memcached]:
    """Run a memcached server."""
    with started(tmp_path_factory.mktemp("memcached")) as server:
        yield server
