"""An attempt whose request never left costs nothing, however it ends; one that went into silence is estimated."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc.v1 import accounting_pb2, error_reason_pb2
from llmrpc_server.errors import Reason
from money.books import OPENAI_INPUT, all_entered, held_in, priced, rows

# Long enough for a request to leave, also where the machine stands still for a while.
ENOUGH = timedelta(seconds=2)
SOON = {"first_token_timeout": ENOUGH, "attempt_timeout": ENOUGH, "max_attempts": 1}


@pytest.fixture
def deaf() -> Iterator[str]:
    """Return the address of a host that does not answer: whoever wants a connection waits for it."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # The kernel makes one connection more than it was told to; the next waits.
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def _under_way(file: Path, provider: str) -> None:
    async with asyncio.timeout(20):
        while provider not in [row["provider"] for row in held_in(file)]:
            await asyncio.sleep(0.01)


async def _failed(rpc: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        [_ async for _ in rpc] if hasattr(rpc, "__aiter__") else await rpc


@pytest.mark.parametrize("method", ["Complete", "StreamComplete"])
@pytest.mark.parametrize(
    ("routing", "deadline", "reason"),
    [
        (SOON, None, Reason.ERROR_REASON_PROVIDER_TIMEOUT),
        ({}, 2.4, Reason.ERROR_REASON_DEADLINE_EXCEEDED),
        ({}, None, Reason.ERROR_REASON_CANCELLED),
    ],
)
async def test_who_was_not_reached_is_not_paid(
    *,
    method: str,
    routing: dict[str, Any],
    deadline: float | None,
    reason: error_reason_pb2.ErrorReason.ValueType,
    faults: ThreadedFaultProvider,
    deaf: str,
    tmp_path: Path,
) -> None:
    """A timeout, a deadline and a caller who leaves, each while there is no connection yet, and while there is one."""
    file = tmp_path / "books.db"
    config = priced(faults, f"sqlite:///{file}")
    config["providers"]["anthropic"]["base_url"] = deaf
    async with running(config) as gateway:
        ask = getattr(gateway.completion, method)
        for model in ("openai/silent", "anthropic/x"):
            rpc = ask(request(model, "a b c d", routing=routing), timeout=deadline)
            if reason != Reason.ERROR_REASON_CANCELLED:
                await _failed(rpc)
                continue
            ending = asyncio.create_task(_failed(rpc))
            await _under_way(file, model.split("/")[0])
            await faults.wait_until(lambda attempts: len(attempts) == 1)
            rpc.cancel()
            with pytest.raises(asyncio.CancelledError):
                await ending

    await all_entered(file)
    [silent, unreached] = rows(file, "SELECT * FROM attempts ORDER BY start_us")
    assert reason == silent["reason"] == unreached["reason"]
    assert silent["cost_picos"] == silent["input_tokens"] * OPENAI_INPUT > 0
    assert accounting_pb2.USAGE_SOURCE_ESTIMATED == silent["usage_source"]
    assert 0 == unreached["cost_picos"]
    assert not unreached["input_tokens"]
