"""What every provider in the registry must do, whole and streamed, over the fault provider."""

import pytest

from contract.asking import Ask, streamed, whole
from contract.cases import CASES, Case, ask, text_of
from contract.targets import ELSEWHERE, KINDS, TARGETS, features_of, over_faults
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import Gateway, running
from llmrpc_server import providers

EVERY = pytest.mark.parametrize("kind", KINDS)
BOTH = pytest.mark.parametrize("asked", [whole, streamed])


def test_every_kind_is_here() -> None:
    """A provider joins the contract by being in the registry."""
    assert set(providers.KINDS) == set(TARGETS) | set(ELSEWHERE)


@EVERY
@BOTH
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_answers(gateway: Gateway, kind: str, case: Case, asked: Ask) -> None:
    """Every kind keeps every promise of the table that its features allow."""
    if not case.needs <= features_of(kind):
        pytest.skip(f"{kind} has no {', '.join(case.needs - features_of(kind))}")
    request = ask()
    request.CopyFrom(case.request)
    request.model = f"{kind}/{case.behaviour}"

    case.check(await asked(gateway, request))


@EVERY
async def test_whole_and_streamed_are_one_answer(gateway: Gateway, kind: str) -> None:
    """The same answer comes in both ways: its parts, why it ended, its counts, who answered."""
    request = ask("Why is the sky blue?", model=f"{kind}/gpt-4o+reasoning=3")
    first, second = await whole(gateway, request), await streamed(gateway, request)

    assert [part.WhichOneof("kind") for part in first.message.parts] == ["reasoning", "text"]
    assert [part.WhichOneof("kind") for part in second.message.parts] == ["reasoning", "text"]
    assert first.message.parts[0].reasoning.text == second.message.parts[0].reasoning.text
    assert CANONICAL_TEXT == text_of(first) == text_of(second)
    assert (first.finish_reason, first.provider_finish_reason) == (second.finish_reason, second.provider_finish_reason)
    assert first.accounting.usage == second.accounting.usage
    assert first.accounting.target == second.accounting.target


@EVERY
@BOTH
async def test_who_answered(gateway: Gateway, kind: str, asked: Ask) -> None:
    """The model as the provider reports it, and its own id for the request, are on the books."""
    answer = await asked(gateway, ask("Hi", model=f"{kind}/gpt-4o"))

    assert "gpt-4o" == answer.accounting.target.reported_model or kind == "cohere"
    assert answer.accounting.attempts[0].provider_request_id


@EVERY
@BOTH
async def test_counts_mean_the_same(gateway: Gateway, kind: str, asked: Ask) -> None:
    """Input includes what came from the provider's cache, output includes reasoning, whatever the wire counts."""
    answer = await asked(gateway, ask("one two three four", model=f"{kind}/gpt-4o+cached=3+reasoning=2"))

    usage = answer.accounting.usage
    assert (4, 22) == (usage.input_tokens, usage.output_tokens)
    assert 3 == usage.cache_read_tokens


@EVERY
async def test_a_target_that_cannot_stream(faults: ThreadedFaultProvider, kind: str) -> None:
    """It is asked for its whole answer, which is served as a stream of one."""
    async with running(over_faults(faults, stream=False)) as gateway:
        answer = await streamed(gateway, ask("Hi", model=f"{kind}/gpt-4o"))

    assert CANONICAL_TEXT == text_of(answer)
    assert [False] == [attempt.streamed for attempt in faults.attempts]
