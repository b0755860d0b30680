"""Hanging up and falling silent before the headers, and clients that leave meanwhile."""

import time

import pytest

from fault_provider import FaultProvider
from faults.wire import PATHS, ask, connected, request_for


@PATHS
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("model", "ending", "outcome"), [("reset", "RST", "reset"), ("close", "FIN", "cut")])
async def test_hanging_up_before_the_headers(
    provider: FaultProvider, *, path: str, model: str, ending: str, outcome: str, stream: bool
) -> None:
    """`reset` and `close` end the connection without a byte."""
    raw = await ask(provider, path, model, stream=stream)

    assert (b"", ending) == (raw.data, raw.ending)
    await provider.wait_until(lambda attempts: attempts[0].outcome == outcome)


@PATHS
@pytest.mark.parametrize("model", ["silent", "slow-headers=1m", "slow-first=1m", "stall@3", "slow-tokens=1m"])
async def test_a_client_that_leaves_is_noticed_at_once(provider: FaultProvider, path: str, model: str) -> None:
    """While the provider is silent, stalled or asleep it sees the other side leave at once."""
    tokens = {"stall@3": 3, "slow-tokens=1m": 1}.get(model, 0)
    async with connected(provider) as (_, writer):
        writer.write(request_for(path, model))
        await provider.wait_until(lambda a: len(a) == 1 and a[0].model == model and a[0].tokens_sent == tokens)
        left_ms = time.monotonic() * 1000
    await provider.wait_until(lambda attempts: attempts[0].outcome == "client_gone")

    gone_ms = provider.attempts[0].client_gone_ms
    assert gone_ms is not None
    assert 0 <= gone_ms - left_ms < 1000
    await provider.wait_until(lambda _: provider.open_connections == 0)
