"""Two servers that share a ledger share its budgets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from sqlalchemy import func, select

import details
from fault_provider import ThreadedFaultProvider
from gateway import channel_to, request, serving
from llmrpc.v1 import completion_pb2_grpc
from llmrpc_server.database import Database
from llmrpc_server.ledger.tables import budget_periods, calls, holds

# The worst case also has room for the input's bytes, which cost nothing here.
_CONFIG = """
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}
routes: {{default: [openai/gpt-4o]}}
prices: {{openai/*: {{input: 0, output: 10}}}}
budgets: [{{name: twenty, tenant: default, limit: 0.01, period: total}}]
ledger: {{url: "${{LEDGER}}"}}
"""
_OUTPUT_TOKENS, _PICOS_A_TOKEN = 50, 10_000_000
_LIMIT = 10**10


async def outcome(stub: completion_pb2_grpc.CompletionServiceStub) -> str:
    """Return how a call ends."""
    asked = request(f"openai/x+tokens={_OUTPUT_TOKENS}", "a b", config={"max_output_tokens": _OUTPUT_TOKENS})
    try:
        await stub.Complete(asked)  # type: ignore[misc]
    except grpc.aio.AioRpcError as error:
        return str(details.detail(error, error_details_pb2.ErrorInfo).reason)
    return "OK"


@pytest.fixture
async def books(url: str) -> AsyncIterator[Database]:
    """Return a reader of the servers' ledger."""
    database = Database(url, [])
    yield database
    await database.close()


async def test_200_calls_over_two_processes(
    faults: ThreadedFaultProvider, tmp_path: Path, url: str, books: Database
) -> None:
    """Of 200 calls at once against a budget for 20, 18 to 20 are answered: never more, and nothing stays held."""
    (tmp_path / "llmrpc.yaml").write_text(_CONFIG.format(base=faults.base_url))
    env = {"TEST_KEY": "sk-1", "LEDGER": url}
    with serving(cwd=tmp_path, env=env) as first, serving(cwd=tmp_path, env=env) as second:
        assert first.pid != second.pid
        async with AsyncExitStack() as channels:
            stubs = [
                completion_pb2_grpc.CompletionServiceStub(
                    await channels.enter_async_context(channel_to(server.address))
                )
                for server in (first, second)
            ]
            outcomes = Counter(await asyncio.gather(*(outcome(stubs[number % 2]) for number in range(200))))

    answered = outcomes["OK"]
    assert 18 <= answered <= 20
    assert {"OK": answered, "BUDGET_EXCEEDED": 200 - answered} == outcomes
    async with books.reading() as connection:
        (period,) = (await connection.execute(select(budget_periods))).mappings()
        held = (await connection.execute(select(func.count()).select_from(holds))).scalar_one()
        booked = (await connection.execute(select(func.count()).where(calls.c.code == 0))).scalar_one()
    assert answered * _OUTPUT_TOKENS * _PICOS_A_TOKEN == period["spent_picos"] <= _LIMIT
    assert (0, 0, 0, answered) == (period["reserved_picos"], period["reserved_tokens"], held, booked)
