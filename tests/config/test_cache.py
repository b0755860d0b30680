"""What the configuration may say of the cache."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from llmrpc_server.config import CacheSettings, RouteCacheSettings


@pytest.mark.parametrize(
    ("written", "expected"), [("64MiB", 64 * 2**20), ("1GiB", 2**30), ("512 KiB", 512 * 2**10), (0, 0)]
)
def test_sizes(written: str | int, expected: int) -> None:
    """A size is written with its unit; 0 is none."""
    assert expected == CacheSettings.model_validate({"memory": written}).memory


def test_defaults() -> None:
    """Without a word each process keeps 64 MiB for an hour, and waits for memcached for 50 ms."""
    settings = CacheSettings()

    assert ([], 64 * 2**20) == (settings.memcached, settings.memory)
    assert (timedelta(hours=1), timedelta(days=30)) == (settings.ttl, settings.max_ttl)
    assert timedelta(milliseconds=50) == settings.timeout


@pytest.mark.parametrize("address", ["127.0.0.1:11211", "cache.example:11211", "[::1]:11211", "/run/memcached.sock"])
def test_addresses(address: str) -> None:
    """A memcached server is a host and port, or a Unix socket."""
    assert [address] == CacheSettings.model_validate({"memcached": [address]}).memcached


@pytest.mark.parametrize("address", ["::1:11211", "http://127.0.0.1:11211", "a b:11211", "[cache]:11211", ":11211"])
def test_what_is_no_address(address: str) -> None:
    """What no server can be asked at is refused at once; an IPv6 address stands in brackets."""
    with pytest.raises(ValidationError, match="must be HOST:PORT"):
        CacheSettings.model_validate({"memcached": [address]})


def test_a_route_keeps_for_the_usual_time() -> None:
    """A route that says no time leaves it to the section; no answer is shared among tenants by itself."""
    assert (None, False) == (RouteCacheSettings().ttl, RouteCacheSettings().shared)
