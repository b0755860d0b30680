"""The fault-injecting provider, through real sockets and the vendors' own SDKs."""

import asyncio
import contextlib
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import anthropic
import openai
import pytest

from fault_provider import (
    CANONICAL_TEXT,
    Behaviour,
    BehaviourError,
    FaultProvider,
    Outcome,
    ThreadedFaultProvider,
    canonical_text,
)
from fault_provider.rules import RULES

OPENAI, ANTHROPIC = "/v1/chat/completions", "/v1/messages"
PATHS = pytest.mark.parametrize("path", [OPENAI, ANTHROPIC])
HELLO = [{"role": "user", "content": "Why is the sky blue?"}]


@pytest.fixture
async def provider() -> AsyncIterator[FaultProvider]:
    """Yield a running provider; afterwards no task of it is left."""
    async with FaultProvider() as running:
        yield running
    assert {asyncio.current_task()} == asyncio.all_tasks()


@dataclass
class Raw:
    """What came over the socket, and how it ended."""

    data: bytes
    ending: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.data.split(b" ", 2)[1])

    @property
    def head(self) -> str:
        """Status line and headers."""
        return self.data.partition(b"\r\n\r\n")[0].decode()

    @property
    def sent(self) -> bytes:
        """The body as it was on the wire."""
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def chunks(self) -> list[bytes]:
        """The chunks of a chunked body."""
        return list(_chunks(self.sent))

    @property
    def events(self) -> list[bytes]:
        """The complete SSE events."""
        return b"".join(self.chunks).split(b"\n\n")[:-1]

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.sent)

    @property
    def text(self) -> str:
        """The text of a streamed answer."""
        return "".join(_token(event) for event in self.events)


def _chunks(body: bytes) -> Iterator[bytes]:
    """Yield complete chunks, and what there is of the last."""
    while body:
        size, _, body = body.partition(b"\r\n")
        yield body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]


def _token(event: bytes) -> str:
    """Return the token in an event, if it holds one."""
    with contextlib.suppress(ValueError):
        value = json.loads(event.rpartition(b"data: ")[2])
        for choice in value.get("choices", ()):
            return str(choice["delta"].get("content", ""))
        return str((value.get("delta") or {}).get("text", ""))
    return ""


def _request(path: str, model: str, *, stream: bool = True, close: bool = True, **fields: Any) -> bytes:
    """Return a request with a key for both wire formats."""
    body = {"model": model, "stream": stream, "max_tokens": 100, "messages": HELLO, **fields}
    return _http("POST", path, json.dumps(body).encode(), close=close)


def _http(method: str, path: str, body: bytes = b"", *, close: bool = True) -> bytes:
    """Return the bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nauthorization: Bearer k\r\n"
    head += "anthropic-version: 2023-06-01\r\n" + ("connection: close\r\n" if close else "")
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


@contextlib.asynccontextmanager
async def _connected(
    provider: FaultProvider,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield a connection; closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(provider.base_url.rsplit(":", 1)[1]))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _exchange(provider: FaultProvider, request: bytes) -> Raw:
    """Send a request and read until the provider hangs up."""
    data = b""
    async with _connected(provider) as (reader, writer):
        writer.write(request)
        try:
            while received := await reader.read(65536):
                data += received
        except ConnectionResetError:
            return Raw(data, "RST")
    return Raw(data, "FIN")


async def _ask(provider: FaultProvider, path: str, model: str, **fields: Any) -> Raw:
    """Ask and read until the provider hangs up."""
    return await _exchange(provider, _request(path, model, **fields))


def _openai(provider: FaultProvider | ThreadedFaultProvider) -> openai.AsyncOpenAI:
    """Return OpenAI's SDK without retries."""
    return openai.AsyncOpenAI(base_url=f"{provider.base_url}/v1", api_key="sk-test", max_retries=0)


def _anthropic(provider: FaultProvider | ThreadedFaultProvider) -> anthropic.AsyncAnthropic:
    """Return Anthropic's SDK without retries."""
    return anthropic.AsyncAnthropic(base_url=provider.base_url, api_key="sk-ant-test", max_retries=0)


# Right answers.


async def test_openai_sdk_reads_a_unary_answer(provider: FaultProvider) -> None:
    """OpenAI's SDK gets the canonical text, a finish reason and usage in words; the key is recorded."""
    async with _openai(provider) as client:
        answer = await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi there"}]
        )

    assert CANONICAL_TEXT == answer.choices[0].message.content
    assert "stop" == answer.choices[0].finish_reason
    assert answer.usage is not None
    assert (2, 20) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert "sk-test" == provider.attempts[0].key
    assert f"req_{1:032x}" == answer._request_id


@pytest.mark.parametrize("asked", [True, False])
async def test_openai_sdk_reads_a_stream(provider: FaultProvider, asked: bool) -> None:
    """A stream has a chunk for each token; a usage chunk without choices comes if and only if asked for."""
    async with _openai(provider) as client:
        stream = await client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": "Hi"}],
            stream=True,
            stream_options={"include_usage": asked},
        )
        chunks = [chunk async for chunk in stream]

    assert CANONICAL_TEXT == "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert ["stop"] == [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason]
    assert ([20] if asked else []) == [c.usage.completion_tokens for c in chunks if c.usage]
    assert (22 + asked) == len(chunks)


async def test_anthropic_sdk_reads_a_unary_answer(provider: FaultProvider) -> None:
    """Anthropic's SDK gets the canonical text, a stop reason and usage in words, system included."""
    async with _anthropic(provider) as client:
        answer = await client.messages.create(
            model="claude",
            max_tokens=50,
            system="Be brief",
            messages=[{"role": "user", "content": "Hi"}],
        )

    assert ["text"] == [block.type for block in answer.content]
    assert CANONICAL_TEXT == answer.content[0].text  # type: ignore[union-attr]
    assert ("end_turn", 3, 20) == (answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens)
    assert f"req_011{1:021d}" == answer._request_id


async def test_anthropic_sdk_accumulates_a_stream(provider: FaultProvider) -> None:
    """Anthropic's stream helper puts the same message together as the unary answer."""
    async with (
        _anthropic(provider) as client,
        client.messages.stream(model="claude", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]) as stream,
    ):
        answer = await stream.get_final_message()

    assert CANONICAL_TEXT == answer.content[0].text  # type: ignore[union-attr]
    assert ("end_turn", 1, 20) == (answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens)


async def test_openai_stream_looks_like_a_recorded_one(provider: FaultProvider) -> None:
    """Role chunk, tokens, finish, usage, `[DONE]`; unfinished chunks say `usage: null`."""
    raw = await _ask(provider, OPENAI, "tokens=1", stream_options={"include_usage": True})
    *chunks, end = [event.removeprefix(b"data: ") for event in raw.events]
    role, token, finish, usage = map(json.loads, chunks)

    assert b"[DONE]" == end
    assert {"role": "assistant", "content": "", "refusal": None} == role["choices"][0]["delta"]
    assert ("The", None) == (token["choices"][0]["delta"]["content"], token["usage"])
    assert "stop" == finish["choices"][0]["finish_reason"]
    assert ([], 1) == (usage["choices"], usage["usage"]["completion_tokens"])
    assert "content-type: text/event-stream; charset=utf-8" in raw.head


async def test_anthropic_stream_looks_like_a_recorded_one(provider: FaultProvider) -> None:
    """The named events come in the real order, with a ping."""
    raw = await _ask(provider, ANTHROPIC, "tokens=1")

    assert [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ] == [event.split(b"\n")[0].decode().removeprefix("event: ") for event in raw.events]


@PATHS
async def test_connections_are_kept_alive(provider: FaultProvider, path: str) -> None:
    """Successive requests, streamed or not and refused or not, share a connection."""
    async with _connected(provider) as (reader, writer):
        for model, stream in (("ok", True), ("status=429", True), ("ok", False)):
            writer.write(_request(path, model, stream=stream, close=False))
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if length := re.search(r"content-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            else:
                await reader.readuntil(b"0\r\n\r\n")
        assert 1 == provider.open_connections

    assert ["answered", "refused", "answered"] == [attempt.outcome for attempt in provider.attempts]


async def test_chunked_request_bodies_are_read(provider: FaultProvider) -> None:
    """A body may be chunked, as Go sends it, and announced by `Expect: 100-continue`, as curl does."""
    body = json.dumps({"model": "ok", "messages": HELLO}).encode()
    head = f"POST {OPENAI}?beta=true HTTP/1.1\r\nauthorization: Bearer k\r\nconnection: close\r\n".encode()
    head += b"expect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = b"%x\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])

    raw = await _exchange(provider, head + chunks)

    assert raw.data.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


# What the request asks for.


@PATHS
async def test_max_tokens_cuts_to_length(provider: FaultProvider, path: str) -> None:
    """`max_tokens` limits the answer and gives the wire's reason for it."""
    raw = await _ask(provider, path, "ok", max_tokens=3)

    assert "The sky is" == raw.text
    assert b'"finish_reason":"length"' in raw.sent or b'"stop_reason":"max_tokens"' in raw.sent


@PATHS
async def test_stop_sequences_end_the_answer(provider: FaultProvider, path: str) -> None:
    """The answer ends before the first stop sequence, in the middle of a token if need be."""
    raw = await _ask(provider, path, "ok", stop=["zzz", "ue bec"], stop_sequences=["zzz", "ue bec"])

    assert "The sky is bl" == raw.text
    assert b'"finish_reason":"stop"' in raw.sent or b'"stop_sequence":"ue bec"' in raw.sent


@PATHS
@pytest.mark.parametrize("said", ["The sky is", "Ships float since"])
async def test_a_prefill_is_continued(provider: FaultProvider, path: str, said: str) -> None:
    """After a prefill comes the rest; after another voice's words, what follows as many words."""
    raw = await _ask(provider, path, "ok", messages=[*HELLO, {"role": "assistant", "content": said}])

    assert CANONICAL_TEXT == "The sky is" + raw.text


@PATHS
async def test_a_prefill_can_be_rejected(provider: FaultProvider, path: str) -> None:
    """`reject-prefill` answers 400 to a prefill, and well to anything else."""
    prefilled = [*HELLO, {"role": "assistant", "content": "The"}]

    assert 400 == (await _ask(provider, path, "reject-prefill", messages=prefilled)).status
    assert 200 == (await _ask(provider, path, "reject-prefill")).status


async def test_texts_can_be_chosen() -> None:
    """`tokens`, `text` and `voice` say what is answered; two voices differ."""
    assert "1 2 1 2 1" == canonical_text("text=1 2+tokens=5")
    assert 20 == len(canonical_text("voice=b").split())
    assert canonical_text("voice=b") != canonical_text("gpt-4o")


@PATHS
async def test_a_missing_key_is_401(provider: FaultProvider, path: str) -> None:
    """Without a key nothing else is looked at."""
    request = _request(path, "reset").replace(b"x-api-key: k\r\nauthorization: Bearer k\r\n", b"")

    assert 401 == (await _exchange(provider, request)).status
    assert [None] == [attempt.key for attempt in provider.attempts]


@PATHS
@pytest.mark.parametrize(
    "fields", [{"messages": []}, {"messages": "hello"}, {"max_tokens": 0}, {"stop": 1, "stop_sequences": 1}]
)
async def test_an_invalid_request_is_400(provider: FaultProvider, path: str, fields: dict[str, Any]) -> None:
    """What the real providers refuse is refused."""
    raw = await _ask(provider, path, "ok", **fields)

    assert (400, "invalid_request_error") == (raw.status, raw.json["error"]["type"])


# Statuses.


@pytest.mark.parametrize(
    ("model", "status", "kind", "code"),
    [
        ("status=401", 401, "invalid_request_error", "invalid_api_key"),
        ("status=429", 429, "tokens", "rate_limit_exceeded"),
        ("code=insufficient_quota", 429, "insufficient_quota", "insufficient_quota"),
        (
            "status=400+code=context_length_exceeded",
            400,
            "invalid_request_error",
            "context_length_exceeded",
        ),
        ("status=500", 500, "server_error", None),
    ],
)
async def test_openai_errors_have_their_shape(
    provider: FaultProvider, model: str, status: int, kind: str, code: str | None
) -> None:
    """An OpenAI error has message, type, param and code that fit the status."""
    raw = await _ask(provider, OPENAI, model)

    assert (status, kind, code) == (raw.status, raw.json["error"]["type"], raw.json["error"]["code"])
    assert {"message", "type", "param", "code"} == raw.json["error"].keys()


@pytest.mark.parametrize(
    ("model", "status", "kind", "message"),
    [
        ("status=401", 401, "authentication_error", "invalid x-api-key"),
        ("status=429", 429, "rate_limit_error", "rate limit"),
        ("code=context_length_exceeded", 400, "invalid_request_error", "prompt is too long"),
        ("status=500", 500, "api_error", "Internal server error"),
        ("status=529", 529, "overloaded_error", "Overloaded"),
    ],
)
async def test_anthropic_errors_have_their_shape(
    provider: FaultProvider, model: str, status: int, kind: str, message: str
) -> None:
    """An Anthropic error has a type that fits the status, and the request's id in body and header."""
    raw = await _ask(provider, ANTHROPIC, model)

    assert (status, kind) == (raw.status, raw.json["error"]["type"])
    assert message in raw.json["error"]["message"]
    assert f"request-id: {raw.json['request_id']}" in raw.head


async def test_the_sdks_raise_their_own_errors(provider: FaultProvider) -> None:
    """Both SDKs recognise the statuses, and Retry-After arrives."""
    async with _openai(provider) as client:
        with pytest.raises(openai.RateLimitError) as limited:
            await client.chat.completions.create(
                model="status=429+retry-after=7", messages=[{"role": "user", "content": "Hi"}]
            )
    async with _anthropic(provider) as other:
        with pytest.raises(anthropic.APIStatusError) as overloaded:
            await other.messages.create(model="status=529", max_tokens=5, messages=[{"role": "user", "content": "Hi"}])

    assert "7" == limited.value.response.headers["retry-after"]
    assert 529 == overloaded.value.status_code


@PATHS
async def test_html_as_from_a_proxy(provider: FaultProvider, path: str) -> None:
    """`html` answers a page that is not JSON."""
    raw = await _ask(provider, path, "status=503+html")

    assert (503, True) == (raw.status, raw.sent.startswith(b"<html>"))
    assert "content-type: text/html" in raw.head


@PATHS
async def test_flap_goes_up_after_its_time(provider: FaultProvider, path: str) -> None:
    """`flap` is down from the model's first request on, then up."""
    model = "flap=80ms/1m"
    statuses = [(await _ask(provider, path, model)).status]
    while statuses[-1] != 200:
        statuses.append((await _ask(provider, path, model)).status)

    first, *_, last = provider.attempts
    assert 503 == statuses[0]
    assert last.headers_ms is not None
    assert 80 <= last.headers_ms - first.received_ms


# Faults before the headers.


@PATHS
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("model", "ending", "outcome"), [("reset", "RST", "reset"), ("close", "FIN", "cut")])
async def test_hanging_up_before_the_headers(
    provider: FaultProvider, *, path: str, model: str, ending: str, outcome: str, stream: bool
) -> None:
    """`reset` and `close` end the connection without a byte."""
    raw = await _ask(provider, path, model, stream=stream)

    assert (b"", ending) == (raw.data, raw.ending)
    await provider.wait_until(lambda attempts: attempts[0].outcome == outcome)


@PATHS
@pytest.mark.parametrize("model", ["silent", "slow-headers=1m", "slow-first=1m", "stall@3", "slow-tokens=1m"])
async def test_a_client_that_leaves_is_noticed_at_once(provider: FaultProvider, path: str, model: str) -> None:
    """While the provider is silent, stalled or asleep it sees the other side leave within milliseconds."""
    tokens = {"stall@3": 3, "slow-tokens=1m": 1}.get(model, 0)
    async with _connected(provider) as (_, writer):
        writer.write(_request(path, model))
        await provider.wait_until(lambda a: len(a) == 1 and a[0].model == model and a[0].tokens_sent == tokens)
        left_ms = time.monotonic() * 1000
    await provider.wait_until(lambda attempts: attempts[0].outcome == "client_gone")

    gone_ms = provider.attempts[0].client_gone_ms
    assert gone_ms is not None
    assert 0 <= gone_ms - left_ms < 250
    await provider.wait_until(lambda _: provider.open_connections == 0)


# Faults in the stream.


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
    raw = await _ask(provider, path, model + also)

    assert ("The sky is blue because", ending) == (raw.text, raw.ending)
    assert (model == "truncate@5") == raw.data.endswith(b"0\r\n\r\n")
    assert (also == "+half-line") == (not b"".join(raw.chunks).endswith(b"\n\n"))
    await provider.wait_until(lambda a: (a[0].outcome, a[0].tokens_sent) == (outcome, 5))


@PATHS
async def test_zero_tokens_are_the_opening_alone(provider: FaultProvider, path: str) -> None:
    """`cut@0` breaks off after the opening events."""
    raw = await _ask(provider, path, "cut@0")

    assert {OPENAI: 1, ANTHROPIC: 3}[path] == len(raw.events)


@PATHS
async def test_no_end_lacks_only_the_end_marker(provider: FaultProvider, path: str) -> None:
    """`no-end` sends everything else, and HTTP finds nothing wrong."""
    whole, without = [await _ask(provider, path, model) for model in ("ok", "no-end")]

    assert len(whole.events) - 1 == len(without.events)
    assert (CANONICAL_TEXT, True) == (without.text, without.data.endswith(b"0\r\n\r\n"))
    await provider.wait_until(lambda a: [x.outcome for x in a] == ["answered", "broken"])


@PATHS
@pytest.mark.parametrize("position", [1, 4])
async def test_a_malformed_event(provider: FaultProvider, path: str, position: int) -> None:
    """`malformed@N` spoils the Nth event, and the stream goes on."""
    raw = await _ask(provider, path, f"malformed@{position}")

    assert b'data: {"this": is not JSON' == raw.events[position - 1].splitlines()[-1]
    assert len((await _ask(provider, path, "ok")).events) == len(raw.events)
    assert "broken" == provider.attempts[0].outcome


@pytest.mark.parametrize("position", [1, 4])
async def test_an_openai_error_event(provider: FaultProvider, position: int) -> None:
    """`error@N` ends the stream with an error as the Nth event; OpenAI says `[DONE]` all the same."""
    raw = await _ask(provider, OPENAI, f"error@{position}+code=rate_limit_exceeded")
    error = json.loads(raw.events[position - 1].removeprefix(b"data: "))["error"]

    assert ("tokens", "rate_limit_exceeded") == (error["type"], error["code"])
    assert [b"data: [DONE]"] == raw.events[position:]
    assert (200, "broken") == (raw.status, provider.attempts[0].outcome)


async def test_an_anthropic_error_event(provider: FaultProvider) -> None:
    """Anthropic's error event is named, says Overloaded by default, and is the last."""
    raw = await _ask(provider, ANTHROPIC, "error@1")
    name, data = raw.events[0].split(b"\n")

    assert b"event: error" == name
    assert "overloaded_error" == json.loads(data.removeprefix(b"data: "))["error"]["type"]
    assert 1 == len(raw.events)


@PATHS
async def test_no_usage(provider: FaultProvider, path: str) -> None:
    """`no-usage` leaves it out everywhere, even where it was asked for."""
    streamed = await _ask(provider, path, "no-usage", stream_options={"include_usage": True})
    whole = await _ask(provider, path, "no-usage", stream=False)

    assert b'"usage"' not in streamed.sent + whole.sent


@PATHS
async def test_burst_is_one_write(provider: FaultProvider, path: str) -> None:
    """`burst` puts all events into one HTTP chunk; otherwise each event has its own."""
    burst, single = [await _ask(provider, path, model) for model in ("burst", "ok")]

    assert burst.events == burst.chunks[0].split(b"\n\n")[:-1]
    assert len(single.events) == len([c for c in single.chunks if c])


@PATHS
async def test_byte_by_byte(provider: FaultProvider, path: str) -> None:
    """`chunked=1byte` splits events, and characters, over HTTP chunks of one byte."""
    raw = await _ask(provider, path, "chunked=1byte")

    assert {0, 1} == {len(chunk) for chunk in raw.chunks}
    assert CANONICAL_TEXT == raw.text


@PATHS
async def test_slow_tokens_come_late(provider: FaultProvider, path: str) -> None:
    """Headers come at once, the first token after its pause, each other after its own."""
    await _ask(provider, path, "slow-first=60ms+slow-tokens=20ms+tokens=3")
    await provider.wait_until(lambda attempts: attempts[0].outcome == "answered")
    attempt = provider.attempts[0]

    assert attempt.headers_ms is not None
    assert attempt.first_token_ms is not None
    assert attempt.last_token_ms is not None
    assert 59 <= attempt.first_token_ms - attempt.headers_ms
    assert 39 <= attempt.last_token_ms - attempt.first_token_ms


async def test_truncation_passes_for_an_answer_in_the_sdks(provider: FaultProvider) -> None:
    """OpenAI's SDK says nothing about a truncated stream: a gateway has to look for the end marker."""
    async with _openai(provider) as client:
        stream = await client.chat.completions.create(
            model="truncate@2", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert "The sky" == text


# Faults in an unstreamed answer.


@PATHS
@pytest.mark.parametrize(("model", "ending"), [("cut@5", "FIN"), ("reset@5", "RST"), ("truncate@5", "FIN")])
async def test_breaking_off_a_whole_answer(provider: FaultProvider, path: str, model: str, ending: str) -> None:
    """Less arrives than content-length says; only with `truncate` the length is right and the JSON is not."""
    raw = await _ask(provider, path, model, stream=False)
    length = re.search(r"content-length: (\d+)", raw.head)

    assert length is not None
    assert ending == raw.ending
    assert (model == "truncate@5") == (int(length[1]) == len(raw.sent))
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Extra"):
        _ = raw.json


@PATHS
async def test_stalling_in_a_whole_answer(provider: FaultProvider, path: str) -> None:
    """`stall@N` sends headers and part of the body, then nothing."""
    async with _connected(provider) as (reader, writer):
        writer.write(_request(path, "stall@1", stream=False))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert b"{" == await reader.readexactly(1)
        assert "running" == provider.attempts[0].outcome
    await provider.wait_until(lambda attempts: attempts[0].outcome == "client_gone")


@PATHS
async def test_errors_in_a_whole_answer(provider: FaultProvider, path: str) -> None:
    """`error@N` is the error's own status, `malformed@N` a 200 that is not JSON."""
    failed, malformed = [await _ask(provider, path, m, stream=False) for m in ("error@3", "malformed@1")]

    assert {OPENAI: 503, ANTHROPIC: 529}[path] == failed.status
    assert 200 == malformed.status
    with pytest.raises(ValueError, match="Expecting"):
        _ = malformed.json


# Grammar and scripts.


def test_every_rule_has_a_valid_example() -> None:
    """The example of each rule is accepted and is one of that rule."""
    for rule in RULES:
        assert Behaviour() != Behaviour.parse(rule.example)
        assert any(part.startswith(rule.key) for part in rule.example.split("+"))


@pytest.mark.parametrize("model", ["gpt-4o", "ok", "", "claude-sonnet@20250929", "meta/llama=3", "a.b"])
def test_other_names_are_names(model: str) -> None:
    """A model's name that is no behaviour asks for none."""
    assert Behaviour() == Behaviour.parse(model)


@pytest.mark.parametrize(
    "model",
    [
        "cut",
        "cut@",
        "cut@x",
        "cut@-1",
        "cut=3",
        "error@0",
        "silent=1",
        "slow-first=5",
        "slow-first=fast",
        "status=99",
        "flap=1s",
        "flap=0s/0s",
        "voice=z",
        "finish=well",
        "chunked=byte",
        "cut@1+stall@2",
        "ok+typo",
        "sillent=1",
        "status=1e3",
    ],
)
async def test_malformed_behaviours_are_400(provider: FaultProvider, model: str) -> None:
    """A malformed behaviour fails loudly, and the message says which part of it."""
    raw = await _ask(provider, OPENAI, model)

    assert (400, "model") == (raw.status, raw.json["error"]["param"])
    assert model.rpartition("+")[2] in raw.json["error"]["message"]


async def test_a_name_may_come_before_a_behaviour(provider: FaultProvider) -> None:
    """`gpt-4o+cut@2` is gpt-4o, cut."""
    assert "The sky" == (await _ask(provider, OPENAI, "gpt-4o+cut@2")).text


async def test_a_script_gives_successive_requests_their_behaviours(provider: FaultProvider) -> None:
    """Steps may be grammar, behaviours with any header and body, or raw bytes; the last repeats."""
    teapot = Behaviour(status=418, headers={"x-tea": "green"}, body=b"short and stout")
    provider.script("m", ["status=503", teapot, b"HTTP/1.1 200 OK\r\n\r\nnonsense", "ok"])
    answers = [await _ask(provider, OPENAI, "m") for _ in range(5)]

    assert [503, 418, 200, 200, 200] == [raw.status for raw in answers]
    assert ("x-tea: green" in answers[1].head, b"short and stout") == (True, answers[1].sent)
    assert b"HTTP/1.1 200 OK\r\n\r\nnonsense" == answers[2].data
    assert [CANONICAL_TEXT] * 2 == [raw.text for raw in answers[3:]]
    with pytest.raises(BehaviourError):
        provider.script("m", [])


async def test_raw_bytes_can_end_as_one_likes(provider: FaultProvider) -> None:
    """Half a header, then RST."""
    provider.script("m", [Behaviour(raw=b"HTTP/1.1 200 OK\r\nconte", hang_up="reset")])
    raw = await _ask(provider, OPENAI, "m")

    assert (b"HTTP/1.1 200 OK\r\nconte", "RST") == (raw.data, raw.ending)


async def test_scripts_and_log_over_http(provider: FaultProvider) -> None:
    """Other languages put scripts and read the log over HTTP; model names are URL-encoded."""
    steps = [
        {"status": 418, "headers": {"X-Tea": 1}, "body": {"a": 1}},
        {"raw": "HTTP/1.0 200 OK\r\n\r\nx"},
        "cut@1",
    ]
    put = await _exchange(provider, _http("PUT", "/script/a%2Fb", json.dumps(steps).encode()))
    answers = [await _ask(provider, ANTHROPIC, "a/b") for _ in range(3)]
    log = await _exchange(provider, _http("GET", "/log"))
    cleared = await _exchange(provider, _http("DELETE", "/log"))

    assert (204, 204) == (put.status, cleared.status)
    assert (418, {"a": 1}, True) == (answers[0].status, answers[0].json, "x-tea: 1" in answers[0].head)
    assert (b"HTTP/1.0 200 OK\r\n\r\nx", "The") == (answers[1].data, answers[2].text)
    assert ["refused", "scripted", "cut"] == [attempt["outcome"] for attempt in log.json]
    assert ["a/b"] * 3 == [attempt["body"]["model"] for attempt in log.json]
    assert [] == provider.attempts


@pytest.mark.parametrize("script", ["{", "{}", "[]", "[1]", '["cut@x"]', '[{"status": "x"}]', '[{"stat": 1}]'])
async def test_malformed_scripts_are_400(provider: FaultProvider, script: str) -> None:
    """A malformed script is refused whole."""
    assert 400 == (await _exchange(provider, _http("PUT", "/script/m", script.encode()))).status
    assert 200 == (await _ask(provider, OPENAI, "m")).status


async def test_unknown_paths_are_404_and_name_the_known(provider: FaultProvider) -> None:
    """A wrong base URL explains itself."""
    raw = await _exchange(provider, _http("POST", "/chat/completions", b"{}"))

    assert (404, True) == (raw.status, OPENAI in raw.json["error"]["message"])


async def test_what_is_not_http_is_400(provider: FaultProvider) -> None:
    """Garbage is answered, not crashed on."""
    assert 400 == (await _exchange(provider, b"hello\r\n\r\n")).status


# The provider itself.


async def test_closing_ends_silent_connections_promptly() -> None:
    """Closing hangs up on everyone, and says so in the log."""
    async with FaultProvider() as provider:
        asking = [asyncio.create_task(_ask(provider, OPENAI, model)) for model in ("silent", "stall@1")]
        await provider.wait_until(lambda attempts: len(attempts) == 2)
        began = time.monotonic()
    closed_after = time.monotonic() - began
    await asyncio.gather(*asking)

    assert closed_after < 1
    assert {"provider_closed"} == {attempt.outcome for attempt in provider.attempts}
    assert 0 == provider.open_connections


async def test_closing_does_not_wait_for_a_client_that_reads_nothing() -> None:
    """Unsent megabytes do not hold up closing."""
    async with FaultProvider() as provider:
        provider.script("m", [Behaviour(body=b"x" * 50_000_000)])
        async with _connected(provider) as (reader, writer):
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(_request(OPENAI, "m"))
            await provider.wait_until(lambda attempts: len(attempts) == 1 and attempts[0].model == "m")
            async with asyncio.timeout(2):
                await provider.__aexit__(None, None, None)

    assert ["provider_closed"] == [attempt.outcome for attempt in provider.attempts]


async def test_waiting_in_vain_says_what_was_seen(provider: FaultProvider) -> None:
    """A wait that times out lists the attempts."""
    await _ask(provider, OPENAI, "status=503")
    with pytest.raises(TimeoutError, match="status=503 refused"):
        await provider.wait_until(lambda _: False, timeout=0.01)


async def test_only_the_last_attempts_are_kept() -> None:
    """A long run does not grow without bound; numbers go on."""
    async with FaultProvider(keep=2) as provider:
        for _ in range(3):
            await _ask(provider, OPENAI, "ok")

    assert [2, 3] == [attempt.number for attempt in provider.attempts]


async def test_many_streams_at_once(provider: FaultProvider) -> None:
    """Three hundred concurrent streams all get their answer."""
    answers = await asyncio.gather(*(_ask(provider, OPENAI, "slow-tokens=10ms+tokens=5") for _ in range(300)))

    assert {canonical_text("tokens=5")} == {raw.text for raw in answers}
    await provider.wait_until(lambda _: provider.open_connections == 0)


async def test_in_a_thread_of_its_own() -> None:
    """The threaded provider answers and can be waited for from another event loop."""
    async with ThreadedFaultProvider() as provider, _openai(provider) as client:
        provider.script("m", ["ok"])
        await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        await provider.wait_until(lambda attempts: attempts[0].outcome == "answered")
        assert 1 == provider.open_connections
        provider.clear()
        assert [] == provider.attempts


def test_in_a_thread_without_an_event_loop() -> None:
    """Synchronous tests use `with` and `block_until`."""
    with (
        ThreadedFaultProvider() as provider,
        openai.OpenAI(base_url=f"{provider.base_url}/v1", api_key="k", max_retries=0) as client,
    ):
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model="status=500", messages=[{"role": "user", "content": "Hi"}])
        provider.block_until(lambda attempts: attempts[0].outcome == "refused")


def test_a_taken_port_is_reported() -> None:
    """Starting on a port in use raises instead of hanging."""
    with ThreadedFaultProvider() as provider:
        port = int(provider.base_url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address already in use"), ThreadedFaultProvider(port=port):
            pass


async def test_runs_as_a_program() -> None:
    """`python -m fault_provider` prints its address first and stops on SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fault_provider",
        cwd=Path(__file__).parent,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode()
    process.terminate()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", address)
    assert 0 == await process.wait()


def test_the_page_shows_every_behaviour() -> None:
    """`docs/fault-provider.md` has a row for each rule, with its meaning and example, and each outcome."""
    page = (Path(__file__).parent.parent / "docs" / "fault-provider.md").read_text()
    rows = [f"| `{rule.form}` | {rule.meaning} | `{rule.example}` |" for rule in RULES]

    assert rows == [line for line in page.splitlines() if line in rows]
    assert [] == [outcome for outcome in get_args(Outcome) if f"`{outcome}`" not in page]
