"""No tenant gets another's answer, through gRPC against real memcached, unless the operator lets a route share them."""

from collections.abc import AsyncIterator, Callable

import pytest

from cache.calls import HIT, MISS, asked, caching, complete, invalidate, stats, status
from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from llmrpc_server.access.principal import Principal
from llmrpc_server.cache import stats as counts
from llmrpc_server.interceptors import auth
from memcached import Memcached

As = Callable[[str], None]


@pytest.fixture(params=["memory", "memcached"])
async def gateway(request: pytest.FixtureRequest, faults: ThreadedFaultProvider) -> AsyncIterator[Gateway]:
    """Run a server with its own memory alone, or with memcached alone; one route is shared among tenants."""
    nodes: list[Memcached] | None = request.getfixturevalue("nodes") if request.param == "memcached" else None
    shared = {"targets": ["openai/gpt-4o"], "cache": {"shared": True}}
    async with caching(faults, nodes, routes={"shared": shared}) as gateway:
        yield gateway


@pytest.fixture
def call_as(monkeypatch: pytest.MonkeyPatch) -> As:
    """Return a function that says whose credentials the next calls have."""

    def call_as(tenant: str) -> None:
        """Say it."""
        monkeypatch.setattr(auth, "DEFAULT", Principal(tenant, scopes=frozenset({"complete", "cache"})))

    return call_as


async def test_tenants_are_apart(gateway: Gateway, call_as: As, faults: ThreadedFaultProvider) -> None:
    """The same request of two tenants asks twice, has two keys, and each gets its own answer."""
    answers = {}
    for tenant in ("acme", "umbrella"):
        call_as(tenant)
        answers[tenant] = [await complete(gateway, asked()) for _ in range(2)]

    assert 2 == len(faults.attempts)
    for first, second in answers.values():
        assert (MISS, HIT) == (first.accounting.cache.status, second.accounting.cache.status)
        assert first.accounting.call_id == second.accounting.cache.origin_call_id
    assert 2 == len({first.accounting.cache.key for first, _ in answers.values()})


async def test_tenants_do_not_join(gateway: Gateway, call_as: As, faults: ThreadedFaultProvider) -> None:
    """A call under way is joined by its own tenant alone."""
    call_as("acme")
    begun = gateway.completion.Complete(asked("openai/silent"), timeout=30)
    await faults.wait_until(bool)
    call_as("umbrella")
    other = gateway.completion.Complete(asked("openai/silent"), timeout=30)
    await faults.wait_until(lambda attempts: len(attempts) > 1)
    begun.cancel()
    other.cancel()


async def test_a_shared_route(gateway: Gateway, call_as: As) -> None:
    """Where the operator says so, what was made for one tenant is served to all."""
    call_as("acme")
    assert MISS == await status(gateway, asked("shared"))
    call_as("umbrella")

    assert HIT == await status(gateway, asked("shared"))


@pytest.mark.parametrize("scope", ["all", "tag", "model", "key"])
async def test_nobody_invalidates_anothers(gateway: Gateway, call_as: As, scope: str) -> None:
    """Without the scope "admin" an invalidation is about the caller's own tenant, whatever it names."""
    wanted = asked("openai/gpt-4o", tags=["nightly"])
    call_as("umbrella")
    await complete(gateway, wanted)
    call_as("acme")
    key = (await complete(gateway, wanted)).accounting.cache.key
    call_as("umbrella")
    named = {"all": True, "tag": "nightly", "model": "openai/gpt-4o", "key": key}[scope]
    await invalidate(gateway, **{scope: named})
    call_as("acme")

    assert HIT == await status(gateway, wanted)


async def test_a_tenant_sees_its_own_counts(gateway: Gateway, call_as: As, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much others call, and where the stores are, is for who has the scope "admin"."""
    for tenant, times in (("acme", 3), ("umbrella", 1)):
        call_as(tenant)
        for _ in range(times):
            await complete(gateway, asked())
    own = await stats(gateway)
    call_as("nobody yet")
    nobody = await stats(gateway)
    monkeypatch.setattr(auth, "DEFAULT", Principal("operators", scopes=frozenset({"admin"})))
    everybody = await stats(gateway)

    assert [("openai/gpt-4o", 0, 1)] == [(route.route, route.hits, route.misses) for route in own.routes]
    assert not own.nodes
    assert ([], {}) == (list(nobody.routes), dict(nobody.nodes))
    assert [("openai/gpt-4o", 2, 2)] == [(route.route, route.hits, route.misses) for route in everybody.routes]
    assert everybody.routes[0].stored_bytes > own.routes[0].stored_bytes > 0
    assert "ok" == everybody.nodes["local"]


async def test_counts_of_many_tenants(gateway: Gateway, call_as: As, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of tenants that have not called for long are forgotten; the sums are not."""
    monkeypatch.setattr(counts, "MAX_TENANTS", 2)
    for tenant in ("first", "second", "first", "third"):
        call_as(tenant)
        await complete(gateway, asked())
    seen = {}
    for tenant in ("first", "second", "third"):
        call_as(tenant)
        seen[tenant] = [route.misses for route in (await stats(gateway)).routes]
    monkeypatch.setattr(auth, "DEFAULT", Principal("operators", scopes=frozenset({"admin"})))

    assert {"first": [1], "second": [], "third": [1]} == seen
    assert [3] == [route.misses for route in (await stats(gateway)).routes]
