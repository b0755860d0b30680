"""Providers that installed packages bring run anybody's code; a reload does not depend on how they end."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import Gateway, faulty
from llmrpc_server.providers import Provider, closing
from reload.test_reload import ask, reload


async def _fails() -> None:
    raise OSError("it was closed before")


async def _hangs() -> None:
    await asyncio.Event().wait()


def _make_odd(provider: Provider, end: Callable[[], Awaitable[None]]) -> None:
    close = provider.close

    async def odd() -> None:
        """Close, and end in its own way."""
        await close()
        await end()

    provider.close = odd  # type: ignore[method-assign]


@pytest.mark.parametrize("end", [_fails, _hangs])
async def test_one_that_does_not_close(
    gateway: Gateway,
    faults: ThreadedFaultProvider,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[], Awaitable[None]],
) -> None:
    """Its configuration is gone over to all the same, the other providers close, and so does the server at its end."""
    monkeypatch.setattr(closing, "_SECONDS", 0.1)
    for model in ("openai/gpt-4o", "anthropic/claude"):
        await ask(gateway, model)
    odd, other = gateway.app._generation.providers.values()
    _make_odd(odd, end)
    config = faulty(faults)
    for section in config["providers"].values():
        section["base_url"] += "/"
    async with asyncio.timeout(20):
        await reload(gateway, config)
        while other._upstream._session is not None:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)

    assert CANONICAL_TEXT == await ask(gateway)
    _make_odd(gateway.app._generation.providers["openai"], end)
