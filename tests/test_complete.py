"""Complete and StreamComplete, from a client's stub to a provider's socket."""

import asyncio
from collections.abc import Sequence

import pytest

from details import metadata_of
from fault_provider import CANONICAL_TEXT, Behaviour, ThreadedFaultProvider
from gateway import Gateway, faulty, request, running, said
from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.config.document import FromOutside

BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])
USER, SYSTEM, ASSISTANT = message_pb2.ROLE_USER, message_pb2.ROLE_SYSTEM, message_pb2.ROLE_ASSISTANT


def joined(events: Sequence[completion_pb2.StreamCompleteResponse]) -> str:
    """Put the text deltas of a stream together."""
    return "".join(event.part_delta.text for event in events)


@BOTH
async def test_complete_answers_whole(gateway: Gateway, faults: ThreadedFaultProvider, provider: str) -> None:
    """A whole answer has the text, why it ended, who answered, the provider's own usage and the attempt."""
    answer = await gateway.completion.Complete(request(f"{provider}/gpt-4o"), timeout=5)

    books = answer.accounting
    assert [message_pb2.ContentPart(text=CANONICAL_TEXT)] == list(answer.message.parts)
    assert (ASSISTANT, completion_pb2.FINISH_REASON_STOP) == (answer.message.role, answer.finish_reason)
    assert {"openai": "stop", "anthropic": "end_turn"}[provider] == answer.provider_finish_reason
    assert (f"{provider}/gpt-4o", provider, "gpt-4o") == (books.route, books.target.provider, books.target.model)
    assert "gpt-4o" == books.target.reported_model
    assert (5, 20, accounting_pb2.USAGE_SOURCE_PROVIDER) == (
        books.usage.input_tokens,
        books.usage.output_tokens,
        books.usage.source,
    )
    assert (1, 1) == (books.attempts_total, len(books.attempts))
    assert books.attempts[0].provider_request_id
    assert books.duration.ToNanoseconds() >= books.attempts[0].duration.ToNanoseconds() > 0
    assert [False] == [attempt.streamed for attempt in faults.attempts]


@BOTH
async def test_stream_answers_in_events(gateway: Gateway, faults: ThreadedFaultProvider, provider: str) -> None:
    """A stream is started, one part that grows, and exactly one completed, with sequence numbers from 1."""
    stream = gateway.completion.StreamComplete(request(f"{provider}/slow-tokens=20ms"), timeout=5)
    events = [event async for event in stream]

    kinds = [event.WhichOneof("event") for event in events]
    assert ["started", "part_started"] == kinds[:2]
    assert ["part_finished", "completed"] == kinds[-2:]
    assert {"part_delta"} == set(kinds[2:-2])
    assert len(kinds[2:-2]) > 1
    assert list(range(1, len(events) + 1)) == [event.sequence for event in events]
    completed = events[-1].completed
    assert CANONICAL_TEXT == joined(events) == completed.message.parts[0].text
    assert events[0].started.call_id == completed.accounting.call_id
    assert 20 == completed.accounting.usage.output_tokens
    assert completed.accounting.HasField("time_to_first_token")
    assert [True] == [attempt.streamed for attempt in faults.attempts]


async def test_call_id_in_metadata(gateway: Gateway) -> None:
    """The call id stands in the initial and the trailing metadata, and is the one in the answer."""
    call = gateway.completion.Complete(request(), timeout=5)
    answer = await call

    initial, trailing = metadata_of(await call.initial_metadata()), metadata_of(await call.trailing_metadata())
    assert answer.accounting.call_id == initial["llmrpc-call-id"] == trailing["llmrpc-call-id"]


@BOTH
@pytest.mark.parametrize("chunking", ["burst", "chunked=1byte", "slow-tokens=1ms"])
async def test_stream_is_whole_however_it_is_cut(gateway: Gateway, provider: str, chunking: str) -> None:
    """Events cut at any byte, or all in one read, give the same answer; what came in one read leaves as one delta."""
    stream = gateway.completion.StreamComplete(request(f"{provider}/{chunking}"), timeout=10)
    events = [event async for event in stream]

    assert CANONICAL_TEXT == joined(events) == events[-1].completed.message.parts[0].text
    if chunking == "burst":
        assert 1 == sum(event.HasField("part_delta") for event in events)


async def test_openai_request_carries_everything(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Roles, turns, names, sampling and limits reach OpenAI in its own words; unset ones are not sent."""
    config = completion_pb2.GenerationConfig(
        temperature=0.0, top_p=0.5, max_output_tokens=7, stop_sequences=["\n\n"], seed=1, presence_penalty=0.25
    )
    turns = [said(SYSTEM, "Be brief."), said(USER, "Hi"), said(ASSISTANT, "Hello"), said(USER, "one", "two")]
    turns[1].name = "ada"
    asked = completion_pb2.CompleteRequest(model="openai/gpt-4o", messages=turns, config=config, user="u1")
    answer = await gateway.completion.Complete(asked, timeout=5)

    assert {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi", "name": "ada"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        ],
        "temperature": 0.0,
        "top_p": 0.5,
        "max_completion_tokens": 7,
        "stop": ["\n\n"],
        "seed": 1,
        "presence_penalty": 0.25,
        "user": "u1",
    } == faults.attempts[0].body
    assert completion_pb2.FINISH_REASON_MAX_TOKENS == answer.finish_reason
    assert 7 == answer.accounting.usage.output_tokens


async def test_anthropic_request_carries_everything(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Anthropic gets its system text apart and a limit always; what it does not have is dropped with a warning."""
    config = completion_pb2.GenerationConfig(temperature=0.5, top_k=40, stop_sequences=["END"], seed=1)
    turns = [said(SYSTEM, "Be brief."), said(USER, "Hi")]
    asked = completion_pb2.CompleteRequest(model="anthropic/claude", messages=turns, config=config, user="u1")
    answer = await gateway.completion.Complete(asked, timeout=5)

    assert {
        "model": "claude",
        "max_tokens": 4096,
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "temperature": 0.5,
        "top_k": 40,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u1"},
    } == faults.attempts[0].body
    expected = ("PARAMETER_DROPPED", "anthropic/claude has no config.seed: it was left out")
    assert [expected] == [(warning.reason, warning.text) for warning in answer.warnings]


async def test_keys_take_turns(faults: ThreadedFaultProvider) -> None:
    """A provider with several keys uses them in turn."""
    config = faulty(faults)
    keys = [FromOutside("sk-1"), FromOutside("sk-2")]
    config["providers"]["openai"] = {"kind": "openai", "api_keys": keys, "base_url": f"{faults.base_url}/v1"}
    async with running(config) as gateway:
        for _ in range(4):
            await gateway.completion.Complete(request(), timeout=5)

    assert ["sk-1", "sk-2", "sk-1", "sk-2"] == [attempt.key for attempt in faults.attempts]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_first_token_is_the_first_text(gateway: Gateway, provider: str) -> None:
    """The time to first token is that of the first piece of the answer, whatever the provider sends before it."""
    asked = request(f"{provider}/slow-first=300ms")
    events = [event async for event in gateway.completion.StreamComplete(asked, timeout=5)]

    waited = events[-1].completed.accounting.attempts[0].time_to_first_token
    assert waited.ToMilliseconds() >= 300


@pytest.mark.parametrize(
    ("kind", "name"), [("openai", "OPENAI_CUSTOM_HEADERS"), ("anthropic", "ANTHROPIC_CUSTOM_HEADERS")]
)
async def test_a_vendors_environment_stays_its_own(
    faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    """What the environment adds for a vendor's own cloud is not sent to another address."""
    monkeypatch.setenv(name, "X-Secret: MARKER")
    monkeypatch.setenv("OPENAI_ORG_ID", "MARKER")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "MARKER")
    async with running(faulty(faults)) as gateway:
        await gateway.completion.Complete(request(f"{kind}/x"), timeout=5)

    assert "MARKER" not in str(faults.attempts[0].headers)
    assert "sk-test-1" == faults.attempts[0].key


CHUNK = 'data: {{"id":"1","model":"m","choices":[{choices}]{more}}}\n\n'
ODD = [
    CHUNK.format(choices='{"index":0,"delta":{"role":"assistant","content":""}}', more=""),
    CHUNK.format(choices='{"index":0,"delta":{"content":"A"}},{"index":1,"delta":{"content":"x"}}', more=""),
    ": a comment\r\n\r\n",
    CHUNK.format(choices='{"index":0,"delta":{"content":null},"finish_reason":"stop"}', more=""),
    CHUNK.format(choices='{"index":0,"delta":{"content":"B"},"finish_reason":"stop"}', more=""),
    'data: {"choices":null,"usage":{"prompt_tokens":"3","completion_tokens":2.0}}\n\n',
    "data: [DONE]\n\n",
]


async def test_odd_but_legal_stream(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Role-only deltas, other choices, a second finish, null choices and loose counts do not disturb the answer."""
    faults.script("odd", [Behaviour(headers={"content-type": "text/event-stream"}, body="".join(ODD).encode())])
    stream = gateway.completion.StreamComplete(request("openai/odd"), timeout=5)
    events = [event async for event in stream]

    usage = events[-1].completed.accounting.usage
    assert "AB" == joined(events) == events[-1].completed.message.parts[0].text
    assert 1 == sum(event.HasField("part_finished") for event in events)
    assert (3, 2) == (usage.input_tokens, usage.output_tokens)


async def test_connection_is_used_again(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Answers, streamed ones too, give their upstream connection back: calls one after another share them."""
    before = faults.connections_made
    for _ in range(10):
        await gateway.completion.Complete(request(), timeout=5)
        [_ async for _ in gateway.completion.StreamComplete(request("openai/burst"), timeout=5)]

    # The end of a body can come too late once on a loaded machine.
    assert faults.connections_made - before <= 3


async def test_many_streams_at_once(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """No pool bounds the calls under way: 150 streams are open upstream at the same time."""
    calls = [gateway.completion.StreamComplete(request("openai/stall@1"), timeout=30) for _ in range(150)]
    reading = [asyncio.create_task(call.read()) for call in calls]
    await faults.wait_until(lambda attempts: len(attempts) == 150, timeout=20)

    assert 150 == sum(attempt.outcome == "running" for attempt in faults.attempts)
    for call in calls:
        call.cancel()
    await asyncio.gather(*reading, return_exceptions=True)


async def test_plan_tells_what_would_happen(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """PlanCompletion lists the targets in order with an estimate of the input, and asks nobody."""
    plan = await gateway.completion.PlanCompletion(completion_pb2.PlanCompletionRequest(request=request()))

    assert [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-5-5")] == [
        (planned.target.provider, planned.target.model) for planned in plan.targets
    ]
    assert all(planned.input_tokens > 0 and not planned.skip_reason for planned in plan.targets)
    assert [] == faults.attempts
