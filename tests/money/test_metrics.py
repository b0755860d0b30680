"""What Prometheus is told of the ledger while its database is away, and after that."""

import asyncio
from pathlib import Path

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, request, running

UP, WAITING = "llmrpc_ledger_up", "llmrpc_ledger_waiting_books"


def told(gateway: Gateway) -> tuple[float | None, float | None]:
    """Return whether the database is up, and how many books wait for it."""
    value = gateway.app.metrics.registry.get_sample_value
    return value(UP), value(WAITING)


async def test_an_outage(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Books wait while the file is away, and are in it when it is back."""
    file, aside = tmp_path / "llmrpc.db", tmp_path / "aside.db"
    ledger = {"url": f"sqlite:///{file}", "on_outage": "continue"}
    async with running({**faulty(faults), "ledger": ledger}) as gateway:
        assert (1, 0) == told(gateway)
        file.rename(aside)
        for _ in range(3):
            await gateway.completion.Complete(request(), timeout=5)
        await _until(gateway, (0, 3))
        aside.rename(file)
        await _until(gateway, (1, 0))


async def _until(gateway: Gateway, expected: tuple[float, float]) -> None:
    async with asyncio.timeout(20):
        while told(gateway) != expected:
            await asyncio.sleep(0.02)
