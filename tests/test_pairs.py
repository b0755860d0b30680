"""Whatever two features a call has, both do what each does alone, and the books are right."""

import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.asking import Ask, streamed, whole
from contract.cases import PICTURE, Answer, tool
from fault_provider import Attempt, Behaviour, ThreadedFaultProvider
from gateway import Gateway, request, running
from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.money import picos_of
from money.books import priced, rows
from output.asking import causes, schema
from prompts.asking import named
from prompts.files import write
from survival.asking import duration, scripted

Request = completion_pb2.CompleteRequest

WRONG, RIGHT = '{"n": "one"}', '{"n": 1}'
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
PROMPT = "variables: {what: {}}\nmessages:\n  - {role: user, text: 'Count {what} in JSON.'}\n"
GENEROUS_PICOS = 10**12


@dataclass(frozen=True)
class Seen:
    """What came of a call, and of the same call again.

    Attributes:
        asked: The requests that providers got of the first.
    """

    first: Answer
    again: Answer
    asked: list[Attempt]


@dataclass(frozen=True)
class Feature:
    """One thing that a call can have.

    Attributes:
        ask: Puts it into a request.
        check: Raises AssertionError where it did not do what it is for.
        faults: What the call's targets answer in turn before they answer well; faults that a retry at the same target
            mends stand first in a call.
    """

    name: str
    ask: Callable[[Request], None]
    check: Callable[[Seen], None]
    faults: tuple[Any, ...] = ()
    mends: bool = False


def _nothing(request: Request) -> None:
    """Ask as ever."""


def _asks(**fields: Any) -> Callable[[Request], None]:
    return lambda request: request.MergeFrom(Request(**fields))


def _by_prompt(request: Request) -> None:
    request.ClearField("messages")
    request.prompt.CopyFrom(named("count", what="sheep"))


def _with_picture(request: Request) -> None:
    if request.messages:
        request.messages[0].parts.append(PICTURE)
    else:
        request.messages.add(role="ROLE_USER", parts=[PICTURE])


def _by_id(request: Request) -> None:
    request.request_id = uuid.uuid4().hex


def _in_shape(request: Request) -> None:
    request.output.CopyFrom(schema(SCHEMA))
    request.output.max_repairs = 1


def _caused(cause: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert cause in causes(seen.first.accounting.attempts)

    return check


def _served(seen: Seen) -> None:
    first, again = seen.first.accounting, seen.again.accounting
    if first.call_id == again.call_id:
        # A repeated request is told what it did the first time.
        assert accounting_pb2.CACHE_STATUS_MISS == again.cache.status
    elif first.target.provider == again.target.provider:
        assert (accounting_pb2.CACHE_STATUS_HIT, 0) == (again.cache.status, picos_of(again.cost))
        assert picos_of(first.cost) >= picos_of(again.saved) > 0
    else:
        # The first target may be asked again: a backup's answer does not take its place.
        assert (accounting_pb2.CACHE_STATUS_MISS, "openai") == (again.cache.status, again.target.provider)
    assert seen.first.message.parts == seen.again.message.parts


def _repeated(seen: Seen) -> None:
    assert seen.first.accounting.call_id == seen.again.accounting.call_id
    assert seen.first.message == seen.again.message


def _repaired(seen: Seen) -> None:
    assert ({"n": 1}, 1) == (json.loads(seen.first.parsed.json), seen.first.parsed.repairs)
    assert "REPAIR" in causes(seen.first.accounting.attempts)


def _within(seen: Seen) -> None:
    assert 0 < picos_of(seen.first.accounting.cost) <= GENEROUS_PICOS


def _told(words: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert all(words in json.dumps(attempt.body) for attempt in seen.asked)

    return check


FEATURES = (
    Feature("retry", _nothing, _caused("RETRY"), ("status=503",), mends=True),
    Feature("rate limit", _nothing, _caused("FALLBACK"), ("status=429+retry-after=3600",)),
    Feature("broken stream", _nothing, _caused("FALLBACK"), (Behaviour(text=RIGHT, hang_up="close", hang_up_after=1),)),
    Feature(
        "timeout",
        _asks(routing={"attempt_timeout": duration(0.5), "first_token_timeout": duration(0.5)}),
        _caused("FALLBACK"),
        ("silent",),
    ),
    Feature("repair", _in_shape, _repaired, (Behaviour(text=WRONG),)),
    Feature("cache", _asks(cache={"mode": completion_pb2.CACHE_MODE_USE}), _served),
    Feature("request_id", _by_id, _repeated),
    Feature("cost limit", _asks(max_cost_picos=GENEROUS_PICOS), _within),
    Feature("prompt", _by_prompt, _told("Count sheep")),
    Feature("tools", _asks(tools=[tool("weather")]), _told("weather")),
    Feature("picture", _with_picture, _told("image")),
)
PAIRS = list(itertools.combinations(FEATURES, 2))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the ledger is."""
    return tmp_path_factory.mktemp("pairs") / "books.db"


@pytest.fixture(scope="module")
async def everything(fault_server: ThreadedFaultProvider, file: Path) -> AsyncIterator[Gateway]:
    """Run a server on which every call also counts against a budget and a rate."""
    config = priced(
        fault_server,
        f"sqlite:///{file}",
        budgets=[{"name": "all", "limit": 1000, "period": "total"}],
        limits={"rates": [{"requests_per_minute": 10**6, "tokens_per_minute": 10**9, "in_flight": 10}]},
        prompts={"path": str(write(file.parent / "prompts", {"count/1.yaml": PROMPT}))},
    )
    third = {**config["providers"]["anthropic"], "kind": "cohere"}
    config["providers"]["cohere"] = third
    config["prices"]["cohere/*"] = {"input": 1, "output": 2}
    async with running(config) as gateway:
        yield gateway


@pytest.mark.parametrize("asked", [whole, streamed])
@pytest.mark.parametrize("pair", PAIRS, ids=[f"{one.name} and {other.name}" for one, other in PAIRS])
async def test_any_two(
    everything: Gateway, faults: ThreadedFaultProvider, file: Path, pair: tuple[Feature, Feature], asked: Ask
) -> None:
    """Each has its effect, whole and streamed; the cost is that of all attempts, and no more of the budget is used."""
    steps = [fault for one in sorted(pair, key=lambda one: not one.mends) for fault in one.faults]
    # All targets of the call answer in turn, whoever is asked.
    model = scripted(faults, *steps, Behaviour(text=RIGHT))
    request_ = request(
        f"openai/{model}",
        routing={"fallback_models": [f"anthropic/{model}", f"cohere/{model}"], "max_attempts": 6},
        stream={"on_interruption": completion_pb2.INTERRUPTION_POLICY_RESTART},
        config={"temperature": 0},
    )
    for one in pair:
        one.ask(request_)
    first = await asked(everything, request_)
    attempts = list(faults.attempts)
    again = await asked(everything, request_)

    for one in pair:
        one.check(Seen(first, again, attempts))
    books = first.accounting
    assert RIGHT == "".join(part.text for part in first.message.parts)
    assert len(steps) + 1 == len(attempts) == len(books.attempts) == books.attempts_total
    assert picos_of(books.cost) == sum(picos_of(attempt.cost) for attempt in books.attempts) > 0
    (period,) = rows(file, "SELECT * FROM budget_periods")
    (spent,) = rows(file, "SELECT sum(cost_picos) AS picos FROM calls")
    assert (spent["picos"], 0) == (period["spent_picos"], period["reserved_picos"])
