"""Faults in a streamed answer."""

import json

import pytest

from fault_provider import CANONICAL_TEXT, FaultProvider
from faults.wire import ANTHROPIC, COHERE, OPENAI, PATHS, RESPONSES, ask, openai_sdk


@PATHS
@pytest.mark.parametrize(
    ("model", "ending", "outcome"),
    [("cut@5", "FIN", "cut"), ("reset@5", "RST", "reset"), ("truncate@5", "FIN", "broken")],
)
@pytest.mark.parametrize("also", ["", "+half-line", "+burst", "+slow-tokens=1ms", "+chunked=7bytes"])
async def test_breaking_off_in_a_stream(
    provider: FaultProvider, *, path: str, model: str, ending: str, outcome: str, also: str
) -> None:
    """Exactly N tokens arrive and no end marker; only `truncate` ends the HTTP body properly."""
    raw = await ask(provider, path, model + also)

    assert ("The sky is blue because", ending) == (raw.text, raw.ending)
    assert (model == "truncate@5") == raw.data.endswith(b"0\r\n\r\n")
    assert (also == "+half-line") == (not b"".join(raw.chunks).endswith(b"\n\n"))
    await provider.wait_until(lambda a: (a[0].outcome, a[0].tokens_sent) == (outcome, 5))


@PATHS
async def test_zero_tokens_are_the_opening_alone(provider: FaultProvider, path: str) -> None:
    """`cut@0` breaks off after the opening events."""
    raw = await ask(provider, path, "cut@0")

    assert {OPENAI: 1, RESPONSES: 4, ANTHROPIC: 3, COHERE: 2}[path] == len(raw.events)


@PATHS
async def test_no_end_lacks_only_the_end_marker(provider: FaultProvider, path: str) -> None:
    """`no-end` sends all but what tells that the answer is whole, and HTTP finds nothing wrong."""
    whole, without = [await ask(provider, path, model) for model in ("ok", "no-end")]
    ends = {
        OPENAI: [b"[DONE]"],
        RESPONSES: [b"response.completed"],
        ANTHROPIC: [b"message_stop"],
        COHERE: [b"message-end", b"[DONE]"],
    }[path]

    assert len(whole.events) - len(ends) == len(without.events)
    assert [True] * len(ends) == [end in event for end, event in zip(ends, whole.events[-len(ends) :], strict=True)]
    assert (CANONICAL_TEXT, True) == (without.text, without.data.endswith(b"0\r\n\r\n"))
    await provider.wait_until(lambda a: [x.outcome for x in a] == ["answered", "broken"])


@PATHS
@pytest.mark.parametrize("position", [1, 4])
async def test_a_malformed_event(provider: FaultProvider, path: str, position: int) -> None:
    """`malformed@N` spoils the Nth event, and the stream goes on."""
    raw = await ask(provider, path, f"malformed@{position}")

    assert b'data: {"this": is not JSON' == raw.events[position - 1].splitlines()[-1]
    assert len((await ask(provider, path, "ok")).events) == len(raw.events)
    assert "broken" == provider.attempts[0].outcome


@pytest.mark.parametrize("position", [1, 4])
async def test_an_openai_error_event(provider: FaultProvider, position: int) -> None:
    """`error@N` ends the stream with an error as the Nth event; OpenAI says `[DONE]` all the same."""
    raw = await ask(provider, OPENAI, f"error@{position}+code=rate_limit_exceeded")
    error = json.loads(raw.events[position - 1].removeprefix(b"data: "))["error"]

    assert ("tokens", "rate_limit_exceeded") == (error["type"], error["code"])
    assert [b"data: [DONE]"] == raw.events[position:]
    assert (200, "broken") == (raw.status, provider.attempts[0].outcome)


@pytest.mark.parametrize("position", [1, 6])
async def test_a_responses_error_event(provider: FaultProvider, position: int) -> None:
    """Responses tells an error in the event `error` and in `response.failed`, numbered like the others."""
    raw = await ask(provider, RESPONSES, f"error@{position}+code=insufficient_quota")
    error, failed = raw.values[position - 1 :]

    assert ("error", "insufficient_quota") == (error["type"], error["error"]["code"])
    assert ("response.failed", "failed") == (failed["type"], failed["response"]["status"])
    assert error["error"]["message"] == failed["response"]["error"]["message"]
    assert list(range(position + 1)) == [value["sequence_number"] for value in raw.values]


async def test_a_cohere_error_event(provider: FaultProvider) -> None:
    """Cohere tells an error in `message-end`, which `[DONE]` follows."""
    raw = await ask(provider, COHERE, "error@3+code=context_length_exceeded")
    delta = raw.values[2]["delta"]

    assert ("message-end", "ERROR") == (raw.values[2]["type"], delta["finish_reason"])
    assert delta["error"].startswith("too many tokens: ")
    assert [b"data: [DONE]"] == raw.events[3:]


async def test_an_anthropic_error_event(provider: FaultProvider) -> None:
    """Anthropic's error event is named, says Overloaded by default, and is the last."""
    raw = await ask(provider, ANTHROPIC, "error@1")
    name, data = raw.events[0].split(b"\n")

    assert b"event: error" == name
    assert "overloaded_error" == json.loads(data.removeprefix(b"data: "))["error"]["type"]
    assert 1 == len(raw.events)


@PATHS
async def test_no_usage(provider: FaultProvider, path: str) -> None:
    """`no-usage` leaves it out everywhere, even where it was asked for."""
    asked = {"stream_options": {"include_usage": True}} if path == OPENAI else {}
    streamed = await ask(provider, path, "no-usage", **asked)
    whole = await ask(provider, path, "no-usage", stream=False)

    assert b'"usage":{' not in streamed.sent + whole.sent


@PATHS
async def test_burst_is_one_write(provider: FaultProvider, path: str) -> None:
    """`burst` puts all events into one HTTP chunk; otherwise each event has its own."""
    burst, single = [await ask(provider, path, model) for model in ("burst", "ok")]

    assert burst.events == burst.chunks[0].split(b"\n\n")[:-1]
    assert len(single.events) == len([c for c in single.chunks if c])


@PATHS
async def test_byte_by_byte(provider: FaultProvider, path: str) -> None:
    """`chunked=1byte` splits events, and characters, over HTTP chunks of one byte."""
    raw = await ask(provider, path, "chunked=1byte")

    assert {0, 1} == {len(chunk) for chunk in raw.chunks}
    assert CANONICAL_TEXT == raw.text


@PATHS
async def test_slow_tokens_come_late(provider: FaultProvider, path: str) -> None:
    """Headers come at once, the first token after its pause, each other after its own."""
    await ask(provider, path, "slow-first=60ms+slow-tokens=20ms+tokens=3")
    await provider.wait_until(lambda attempts: attempts[0].outcome == "answered")
    attempt = provider.attempts[0]

    assert attempt.headers_ms is not None
    assert attempt.first_token_ms is not None
    assert attempt.last_token_ms is not None
    assert 59 <= attempt.first_token_ms - attempt.headers_ms
    assert 39 <= attempt.last_token_ms - attempt.first_token_ms


async def test_truncation_passes_for_an_answer_in_the_sdks(provider: FaultProvider) -> None:
    """OpenAI's SDK says nothing about a truncated stream: a gateway has to look for the end marker."""
    async with openai_sdk(provider) as client:
        stream = await client.chat.completions.create(
            model="truncate@2", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert "The sky" == text
