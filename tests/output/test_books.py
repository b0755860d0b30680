"""Shapes and prompts beside the ledger, budgets and the cache: every attempt is paid for, only what passed is kept."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request, running
from llmrpc.v1 import accounting_pb2, completion_pb2
from money.books import attempts_of, picked, priced, row_of
from output.asking import answering, failure, schema
from prompts.asking import named
from prompts.files import GREETING, write

SCHEMA = {"type": "object", "required": ["n"]}
USE = completion_pb2.CachePolicy(mode=completion_pb2.CACHE_MODE_USE)


def shape(repairs: int) -> completion_pb2.OutputFormat:
    """Ask for an object with n."""
    made = schema(SCHEMA)
    made.max_repairs = repairs
    return made


async def test_every_attempt_is_on_the_books(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Repairs are attempts of one call, each with its cause, its reason and its price."""
    file = tmp_path / "books.db"
    async with running(priced(faults, f"sqlite:///{file}")) as gateway:
        asked = request(answering(faults, "no", "[]", '{"n": 1}'), output=shape(2))
        answer = await gateway.completion.Complete(asked, timeout=20)
        book = await row_of(file, answer.accounting.call_id)
    attempts = attempts_of(file, answer.accounting.call_id)

    assert 3 == len(attempts)
    assert book["cost_picos"] == sum(attempt["cost_picos"] for attempt in attempts)
    assert all(attempt["cost_picos"] > 0 for attempt in attempts)


async def test_a_prompt_is_on_the_books(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """The book of a call has its prompt and the version that was used, also where it asked for none."""
    file, folder = tmp_path / "books.db", write(tmp_path / "prompts", {"greeting/7.yaml": GREETING})
    async with running(priced(faults, f"sqlite:///{file}", prompts={"path": str(folder)})) as gateway:
        asked = completion_pb2.CompleteRequest(prompt=named("greeting", name="Ada"))
        answer = await gateway.completion.Complete(asked, timeout=20)
        book = await row_of(file, answer.accounting.call_id)

    assert ("greeting", "7") == picked(book, "prompt", "prompt_version")


async def _refused(gateway: Gateway, asked: completion_pb2.CompleteRequest) -> tuple[str, int]:
    """Return why a call ended, and after how many attempts."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await gateway.completion.Complete(asked, timeout=20)
    reason = detail(failed.value, error_details_pb2.ErrorInfo).reason
    return reason, len(failure(failed.value).accounting.attempts)


async def test_a_budget_stops_repairs(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A repair that the budget does not pay for is not made."""
    limit: dict[str, Any] = {"name": "one", "tenant": "default", "limit": "0.0012", "period": "total"}
    config = priced(
        faults, f"sqlite:///{tmp_path}/books.db", prices={"openai/*": {"input": 0, "output": 10}}, budgets=[limit]
    )
    async with running(config) as gateway:
        model = answering(faults, "word " * 50)
        asked = request(model, output=shape(9), config={"max_output_tokens": 100})
        reason, attempts = await _refused(gateway, asked)

    assert "BUDGET_EXCEEDED" == reason
    assert attempts == len(faults.attempts) < 9


async def test_a_cost_limit_stops_repairs(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """The call's own limit is for its repairs as well: all attempts together cost no more."""
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db")) as gateway:
        asked = request(answering(faults, "word " * 50), output=shape(9), max_cost_picos=10**9)
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.completion.Complete(asked, timeout=20)
    accounting = failure(failed.value).accounting

    assert 0 < accounting.cost.picos <= 10**9
    assert accounting.attempts_total == len(faults.attempts) < 9


async def test_what_passed_is_kept(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A hit has the checked value; what never fitted is not kept."""
    async with running(priced(faults, f"sqlite:///{tmp_path}/books.db")) as gateway:
        good = request(answering(faults, "no", '{"n": 1}'), output=shape(1), cache=USE)
        bad = request(answering(faults, "no"), output=shape(0), cache=USE)
        first = await gateway.completion.Complete(good, timeout=20)
        again = await gateway.completion.Complete(good, timeout=20)
        for _ in range(2):
            await _refused(gateway, bad)

    assert accounting_pb2.CACHE_STATUS_HIT == again.accounting.cache.status
    assert '{"n": 1}' == first.parsed.json == again.parsed.json
    assert 2 + 2 == len(faults.attempts)


async def test_an_edited_prompt_is_not_answered_from_the_cache(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """The key has the prompt's version, its variables and what its file says."""
    folder = write(tmp_path / "prompts", {"greeting/1.yaml": GREETING})
    config = priced(faults, f"sqlite:///{tmp_path}/books.db", prompts={"path": str(folder)})

    async def status(gateway: Gateway, name: str) -> int:
        """Ask, and tell what the cache did."""
        asked = completion_pb2.CompleteRequest(prompt=named("greeting", name=name), cache=USE)
        return int((await gateway.completion.Complete(asked, timeout=20)).accounting.cache.status)

    async with running(config) as gateway:
        seen = [await status(gateway, name) for name in ("Ada", "Ada", "Eva")]
        write(folder, {"greeting/1.yaml": GREETING.replace("Greet", "Hail")})
        gateway.app._generation.prompts.load()
        seen.append(await status(gateway, "Ada"))

    hit, miss = accounting_pb2.CACHE_STATUS_HIT, accounting_pb2.CACHE_STATUS_MISS
    assert [miss, hit, miss, miss] == seen
