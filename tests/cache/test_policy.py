"""What a call may do with the cache: its own word, then its route's, then the section's."""

from datetime import timedelta
from typing import Any

import pytest

from cache.calls import ONLY_IF_CACHED, REFRESH, USE, WITHOUT
from cache.test_key import call
from llmrpc.v1 import completion_pb2
from llmrpc_server.cache.policy import Use, use_of
from llmrpc_server.config import CacheSettings, RouteCacheSettings

SETTINGS = CacheSettings(ttl=timedelta(hours=1), max_ttl=timedelta(days=2))


def use(
    *, mode: int = USE, route: RouteCacheSettings | None = None, seconds: int | None = None, **fields: Any
) -> Use | None:
    """Return what a call may do."""
    request = completion_pb2.CompleteRequest(**fields)
    request.cache.mode = mode  # type: ignore[assignment]
    if seconds is not None:
        request.cache.ttl.seconds = seconds
    return use_of(call(request, route_cache=route), SETTINGS)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (completion_pb2.CACHE_MODE_UNSPECIFIED, None),
        (WITHOUT, None),
        (REFRESH, (False, True)),
        (ONLY_IF_CACHED, (True, False)),
        (USE, (True, True)),
    ],
)
def test_modes(mode: int, expected: tuple[bool, bool] | None) -> None:
    """Each mode reads, writes, both or neither; without a route that caches, none does neither."""
    found = use(mode=mode)

    assert expected == (None if found is None else (found.read, found.write))


def test_modes_are_all_decided() -> None:
    """A mode that is new has to be thought about: `test_modes` has a line for each."""
    assert [0, 1, 2, 3, 4] == completion_pb2.CacheMode.values()


@pytest.mark.parametrize(
    ("seconds", "route", "expected"),
    [
        (None, None, 3600),
        (None, RouteCacheSettings(), 3600),
        (None, RouteCacheSettings(ttl=timedelta(seconds=60)), 60),
        (5, RouteCacheSettings(ttl=timedelta(seconds=60)), 5),
        (10**8, None, 2 * 24 * 3600),
    ],
)
def test_time_to_live(seconds: int | None, route: RouteCacheSettings | None, expected: float) -> None:
    """The call's own time goes before the route's, that before the section's; none is longer than the longest."""
    found = use(seconds=seconds, route=route)

    assert found is not None
    assert expected == found.ttl


def test_shared_where_the_operator_says_so() -> None:
    """A key for all tenants is the operator's choice, for a route; no call can ask for it."""
    found = [use(route=RouteCacheSettings(shared=shared)) for shared in (False, True)]

    assert [False, True] == [one is not None and one.shared for one in found]
