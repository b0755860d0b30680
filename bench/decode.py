"""`python -m bench.decode`: the CPU of decoding an answer, ours beside the official SDK's own iterator.

In one process, in turns, from the same reads: the bytes are in memory, nothing is sent. Ours is all from the bytes to
the gRPC events, `completed` included; the SDK's is its iterator over a stream, and the parsing of a whole answer. The
request is on nobody's bill. It also tells what rendering a conversation costs by its length.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import anthropic
import cohere
import httpx
import httpx2
import openai

from bench.more_wires import COHERE, RESPONSES
from bench.wire import ANTHROPIC, OPENAI, TEXT, Wire
from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server import providers
from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call
from llmrpc_server.plan import Plan, Route, Target
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.http import HttpProvider
from llmrpc_server.requests.features import demands

ROUNDS = 7
ANSWERS = 40
LENGTHS = (10, 100, 1000)

Body = bytes | Iterable[bytes]

_QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format: its canned answer, and the official SDK's way to it.

    Attributes:
        stream: Opens a stream that comes in these reads of the socket, unread.
        whole: Receives an answer from a body, unparsed, and returns what parses it.
    """

    kind: str
    wire: Wire
    stream: Callable[[Iterable[bytes]], Iterable[Any]]
    whole: Callable[[bytes], Callable[[], Any]]


def _client(sdk: Any, name: str, body: Body, content_type: str) -> Any:
    """Make an SDK's client that is answered with a body."""
    http, headers = (httpx if sdk is cohere else httpx2), {"content-type": content_type}
    transport = http.MockTransport(lambda _: http.Response(200, headers=headers, content=body))
    client = http.Client(transport=transport)
    if sdk is cohere:
        return cohere.ClientV2(api_key="key", httpx_client=client)
    return getattr(sdk, name)(api_key="key", base_url="http://127.0.0.1", http_client=client)


def _openai(body: Body, content_type: str) -> Any:
    return _client(openai, "OpenAI", body, content_type)


def _anthropic(body: Body, content_type: str) -> Any:
    return _client(anthropic, "Anthropic", body, content_type)


_EVENTS, _JSON = "text/event-stream", "application/json"

FORMATS = (
    Format(
        "openai",
        OPENAI,
        lambda body: _openai(body, _EVENTS).chat.completions.create(model="m", messages=_QUESTION, stream=True),
        lambda body: (
            _openai(body, _JSON).chat.completions.with_raw_response.create(model="m", messages=_QUESTION).parse
        ),
    ),
    Format(
        "openai_responses",
        RESPONSES,
        lambda body: _openai(body, _EVENTS).responses.create(model="m", input="Why?", stream=True),
        lambda body: _openai(body, _JSON).responses.with_raw_response.create(model="m", input="Why?").parse,
    ),
    Format(
        "anthropic",
        ANTHROPIC,
        lambda body: _anthropic(body, _EVENTS).messages.create(
            model="m", max_tokens=80, messages=_QUESTION, stream=True
        ),
        lambda body: (
            _anthropic(body, _JSON)
            .messages.with_raw_response.create(model="m", max_tokens=80, messages=_QUESTION)
            .parse
        ),
    ),
    Format(
        "cohere",
        COHERE,
        lambda body: _client(cohere, "ClientV2", body, _EVENTS).chat_stream(model="m", messages=_QUESTION),
        # Its whole answer comes parsed alone: parse what it parses.
        lambda body: lambda: _client(cohere, "ClientV2", body, _JSON).chat(model="m", messages=_QUESTION),
    ),
)


def events_of(wire: Wire) -> list[bytes]:
    """Return the events of a streamed answer, out of their HTTP chunks."""
    return [chunk.partition(b"\r\n")[2][:-2] for chunk in wire.chunks[:-1]]


def body_of(wire: Wire) -> bytes:
    """Return the body of the whole answer."""
    return wire.whole.partition(b"\r\n\r\n")[2]


def provider_of(kind: str) -> HttpProvider:
    """Make the provider; it is never asked."""
    made = providers.load(kind)
    provider: HttpProvider = made(kind, made.settings(base_url="http://127.0.0.1"))
    return provider


async def _nothing() -> None:
    """Commit to nothing."""


def attempt(provider: HttpProvider, request: completion_pb2.CompleteRequest, *, streaming: bool) -> Call:
    """Make a call with an attempt under way."""
    call = Call("1", request, streaming=streaming, principal=Principal(), commit=_nothing, deadline=None)
    call.target = Target(provider, "m")
    call.plan = Plan(Route("default", (call.target,)), (call.target,), {}, request, request, demands(request))
    call.attempts.append(accounting_pb2.Attempt(number=1, target=call.target.message()))
    return call


def decode(provider: HttpProvider, call: Call, pieces: Iterable[bytes]) -> completion_pb2.CompleteResponse:
    """Decode an answer that comes in these reads of the socket, as the provider does."""
    answer = Answer(call)
    incoming = provider.incoming(answer)
    for piece in pieces:
        incoming.feed(piece)
        answer.news()
    incoming.end()
    answer.close()
    answer.news()
    return answer.completed().completed


def cpu_us(work: Callable[[], Any]) -> float:
    """Return the CPU that some work takes, in microseconds."""
    begin = time.process_time_ns()
    work()
    return (time.process_time_ns() - begin) / 1000


def in_turns(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> tuple[float, float, float]:
    """Measure two sides in turns; return the medians and the median of the ratios."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    ratios = [their / our for our, their in pairs]
    return (
        statistics.median(our for our, _ in pairs),
        statistics.median(their for _, their in pairs),
        statistics.median(ratios),
    )


def measure(format_: Format, rounds: int, answers: int) -> list[tuple[str, float, float, float]]:
    """Measure a format: a stream in one read, a stream an event a read, and a whole answer."""
    provider = provider_of(format_.kind)
    events, body = events_of(format_.wire), body_of(format_.wire)
    burst = b"".join(events)

    def ours(pieces: list[bytes], *, streaming: bool) -> Callable[[], float]:
        call = attempt(provider, completion_pb2.CompleteRequest(), streaming=streaming)
        assert TEXT == "".join(part.text for part in decode(provider, call, pieces).message.parts)
        return lambda: cpu_us(lambda: [decode(provider, call, pieces) for _ in range(answers)]) / answers

    def sdk_stream(pieces: list[bytes]) -> Callable[[], float]:
        def measured() -> float:
            streams = [format_.stream(pieces) for _ in range(answers)]
            return cpu_us(lambda: [event for stream in streams for event in stream]) / answers

        return measured

    def sdk_whole() -> float:
        parse = [format_.whole(body) for _ in range(answers)]
        return cpu_us(lambda: [one() for one in parse]) / answers

    rows = (
        ("stream, one read", ours([burst], streaming=True), sdk_stream([burst])),
        ("stream, a read an event", ours(events, streaming=True), sdk_stream(events)),
        ("whole answer", ours([body], streaming=False), sdk_whole),
    )
    return [(f"{name}, {format_.kind}", *in_turns(own, their, rounds)) for name, own, their in rows]


def rendering(kind: str, rounds: int) -> list[tuple[int, float]]:
    """Measure what a message of a conversation costs to render, by the conversation's length."""
    provider = provider_of(kind)
    found = []
    for length in LENGTHS:
        roles = (message_pb2.ROLE_USER, message_pb2.ROLE_ASSISTANT)
        messages = [
            message_pb2.Message(role=roles[number % 2], parts=[message_pb2.ContentPart(text="Why is that so?")])
            for number in range(length)
        ]
        call = attempt(provider, completion_pb2.CompleteRequest(messages=messages), streaming=True)
        costs = [cpu_us(lambda call=call: provider.body(call)) / length for _ in range(rounds)]  # type: ignore[misc]
        found.append((length, statistics.median(costs)))
    return found


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="bench.decode", description="CPU of decoding, beside the official SDKs.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured (default %(default)s)")
    parser.add_argument("--answers", type=int, default=ANSWERS, help="in a measurement (default %(default)s)")
    options = parser.parse_args()
    rounds = options.rounds
    print("| decoding                                  | ours, us | SDK, us | SDK / ours |")
    print("| ----------------------------------------- | -------- | ------- | ---------- |")
    for format_ in FORMATS:
        for name, own, their, ratio in measure(format_, rounds, options.answers):
            print(f"| {name:41} | {own:8.0f} | {their:7.0f} | {ratio:10.1f} |")
    print()
    print("| rendering, us a message | " + " | ".join(f"{length:4} messages" for length in LENGTHS) + " |")
    print("| ----------------------- | " + " | ".join("-" * 13 for _ in LENGTHS) + " |")
    for format_ in FORMATS:
        cells = " | ".join(f"{cost:13.2f}" for _, cost in rendering(format_.kind, rounds))
        print(f"| {format_.kind:23} | {cells} |")


if __name__ == "__main__":
    main()
