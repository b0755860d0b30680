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
from llmrpc.v1 import accounting_pb2
from llmrpc_server.errors import Reason
from money.books import OPENAI_INPUT, all_entered, priced, rows

SOON = {"first_token_timeout": timedelta(seconds=0.3), "attempt_timeout": timedelta(seconds=0.3), "max_attempts": 1}


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


async def _given_up(rpc: Any) -> None:
    """Let the RPC end, or end it."""
    try:
        async with asyncio.timeout(1):
            [_ async for _ in rpc] if hasattr(rpc, "__aiter__") else await rpc
    except (grpc.aio.AioRpcError, TimeoutError):
        rpc.cancel()


@pytest.mark.parametrize("method", ["Complete", "StreamComplete"])
@pytest.mark.parametrize(
    ("routing", "deadline", "reason"),
    [
        (SOON, None, Reason.ERROR_REASON_PROVIDER_TIMEOUT),
        ({}, 0.8, Reason.ERROR_REASON_DEADLINE_EXCEEDED),
        ({}, None, Reason.ERROR_REASON_CANCELLED),
    ],
)
async def test_who_was_not_reached_is_not_paid(
    *,
    method: str,
    routing: dict[str, Any],
    deadline: float | None,
    reason: Reason,
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
            await _given_up(ask(request(model, "a b c d", routing=routing), timeout=deadline))

    await all_entered(file)
    [silent, unreached] = rows(file, "SELECT * FROM attempts ORDER BY start_us")
    assert reason == silent["reason"] == unreached["reason"]
    assert silent["cost_picos"] == silent["input_tokens"] * OPENAI_INPUT > 0
    assert accounting_pb2.USAGE_SOURCE_ESTIMATED == silent["usage_source"]
    assert 0 == unreached["cost_picos"]
    assert not unreached["input_tokens"]
