"""A large request holds up nobody: the event loop, for which all calls and health checks wait, goes on turning."""

import asyncio
import contextlib
import json
import os
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator

import grpc
import pytest
from google.rpc import error_details_pb2

from contract.asking import Ask, streamed, whole
from contract.cases import ask, red_square, user
from contract.targets import KINDS, over_faults
from details import detail, failure_of
from fault_provider import Behaviour, ThreadedFaultProvider
from gateway import Gateway, running, said
from llmrpc.v1 import completion_pb2, message_pb2
from prompts.asking import named
from prompts.files import write

Request = completion_pb2.CompleteRequest
Part = message_pb2.ContentPart

MEGABYTE = 1_000_000
# Of its own time on the processor, which other processes take nothing of. Most turns take 3 to 30 ms.
LIMIT_SECONDS = 0.1
ROUNDS = 3
# A schema of an answer may be a quarter of that.
SCHEMA_BYTES = 250_000

SENTENCE = "The quick brown fox jumps over 13 lazy dogs, again. "
TEXT = (SENTENCE * (MEGABYTE // len(SENTENCE) + 1))[:MEGABYTE]
PIECES = [TEXT[begin : begin + 500] for begin in range(0, MEGABYTE, 500)]

LISTED = json.dumps({"items": ["some words of an item"] * 8_000})
LIST = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "string"}}},
    "required": ["items"],
}

PROMPTS = {
    "text/1.yaml": "variables: {text: {}}\nmessages:\n  - {role: user, text: 'Sum up: {text}'}\n",
    "jinja/1.yaml": (
        "format: jinja2\nvariables: {items: {type: list}}\nmessages:\n"
        "  - {role: user, text: '{% for item in items %}{{ item }}, {% endfor %}'}\n"
    ),
    "mustache/1.yaml": (
        "format: mustache\nvariables: {items: {type: list}}\nmessages:\n"
        "  - {role: user, text: '{{#items}}{{.}}, {{/items}}'}\n"
    ),
    "history/1.yaml": "variables: {history: {type: messages}}\nmessages:\n  - {placeholder: history}\n",
}


def _picture() -> Part:
    """Draw a picture with a comment of a megabyte."""
    start, end = red_square()[:-12], red_square()[-12:]
    comment = b"tEXt" + os.urandom(MEGABYTE)
    chunk = struct.pack(">I", MEGABYTE) + comment + struct.pack(">I", zlib.crc32(comment))
    return Part(media=message_pb2.Media(mime_type="image/png", data=start + chunk + end))


def _object(properties: int) -> str:
    """Write a schema."""
    names = [f"p{number}" for number in range(properties)]
    told = {"type": "string", "description": "Some words about what is meant."}
    return json.dumps({"type": "object", "properties": dict.fromkeys(names, told), "required": names})


def _tools() -> Iterator[message_pb2.Tool]:
    """Make tools with schemas, a megabyte in all."""
    parameters = _object(100)
    for number in range(MEGABYTE // len(parameters)):
        yield message_pb2.Tool(
            function=message_pb2.FunctionTool(name=f"tool{number}", parameters_json_schema=parameters)
        )


def _called() -> Request:
    """Make a conversation that called a tool a thousand times."""
    calls = [
        Part(
            tool_call=message_pb2.ToolCall(id=f"c{number}", name="tool0", arguments_json=json.dumps({"p0": TEXT[:400]}))
        )
        for number in range(1000)
    ]
    results = [
        Part(tool_result=message_pb2.ToolResult(tool_call_id=call.tool_call.id, parts=[Part(text=TEXT[:600])]))
        for call in calls
    ]
    messages = [
        said(message_pb2.ROLE_USER, "Look it up."),
        message_pb2.Message(role=message_pb2.ROLE_ASSISTANT, parts=calls),
        message_pb2.Message(role=message_pb2.ROLE_TOOL, parts=results),
    ]
    return Request(messages=messages, tools=[next(_tools())])


def _shape(schema: str) -> completion_pb2.OutputFormat:
    return completion_pb2.OutputFormat(json_schema=completion_pb2.JsonSchemaFormat(name="shape", schema_json=schema))


def _turns() -> Request:
    """Make a conversation of two thousand turns."""
    roles = (message_pb2.ROLE_USER, message_pb2.ROLE_ASSISTANT)
    # The last word is the user's.
    return Request(messages=[said(roles[number % 2], text) for number, text in enumerate(PIECES[:-1])])


# What is asked, and how the provider behaves.
LARGE: dict[str, tuple[str, Callable[[], Request]]] = {
    "a text": ("ok", lambda: ask(TEXT)),
    "a text in another script": ("ok", lambda: ask("čšž ünï " * (MEGABYTE // 13))),
    "a text to be cached": ("ok", lambda: ask(TEXT, cache={"mode": completion_pb2.CACHE_MODE_REFRESH})),
    "many turns": ("ok", _turns),
    "a picture": ("ok", lambda: ask("What is this?", _picture())),
    "tools": ("ok", lambda: ask("Hi", tools=_tools())),
    "results of tools": ("ok", _called),
    "a schema": (
        "json",
        lambda: ask("In JSON", output=_shape(_object(SCHEMA_BYTES // 90)), config={"max_output_tokens": MEGABYTE}),
    ),
    "a large answer in shape": (
        "listed",
        lambda: ask("In JSON", output=_shape(json.dumps(LIST)), config={"max_output_tokens": MEGABYTE}),
    ),
    "a prompt": ("ok", lambda: Request(prompt=named("text", text=TEXT))),
    "a list in a Jinja2 prompt": ("ok", lambda: Request(prompt=named("jinja", items=PIECES))),
    "a list in a Mustache prompt": ("ok", lambda: Request(prompt=named("mustache", items=PIECES))),
    "messages in a prompt": (
        "ok",
        lambda: Request(prompt=named("history", history=completion_pb2.MessageList(messages=[user(*PIECES)]))),
    ),
}


class Turns:
    """Watches the event loop turn.

    Attributes:
        longest: What the longest turn took of the thread's own time on the processor, in seconds.
    """

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        """Come once a turn."""
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest = max(self.longest, now - last)
            last = now


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[Turns]:
    """Watch the loop while the block runs."""
    turns = Turns()
    watching = asyncio.create_task(turns.watch())
    try:
        yield turns
    finally:
        watching.cancel()


@pytest.fixture(scope="module")
async def burdened(
    fault_server: ThreadedFaultProvider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """Run a server that does all that it can with a request: counts it, keeps its words, renders prompts."""
    folder = tmp_path_factory.mktemp("burdened")
    config = {
        **over_faults(fault_server),
        "ledger": {"url": f"sqlite:///{folder}/llmrpc.db", "store_text": True},
        "budgets": [{"name": "all", "tokens": 10**12}],
        "limits": {"rates": [{"tokens_per_minute": 10**9}]},
        "prompts": {"path": str(write(folder / "prompts", PROMPTS))},
    }
    async with running(config) as gateway:
        yield gateway


async def longest_turn(gateway: Gateway, request: Request, asked: Ask) -> float:
    """Return what the longest turn of the loop took; a machine can be slow, not each time."""
    least = float("inf")
    for _ in range(ROUNDS):
        async with watched() as turns:
            await asked(gateway, request)
        least = min(least, turns.longest)
        if least < LIMIT_SECONDS:
            break
    return least


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", [whole, streamed])
@pytest.mark.parametrize("name", LARGE)
async def test_a_large_request_holds_up_nobody(
    burdened: Gateway, faults: ThreadedFaultProvider, kind: str, asked: Ask, name: str
) -> None:
    """A megabyte of anything, for any provider, keeps the event loop from turning for less than 0.1 s."""
    model, make = LARGE[name]
    faults.script("listed", [Behaviour(text=LISTED, burst=True)])
    request = make()
    request.model = f"{kind}/{model}"

    assert await longest_turn(burdened, request, asked) < LIMIT_SECONDS
    assert faults.attempts


SMALL = Part(text="a")
MANY = 1_000_000
# Before its number is known a request has to be read.
READING_SECONDS = 0.5


def _said(*parts: Part, role: message_pb2.Role.ValueType = message_pb2.ROLE_USER) -> message_pb2.Message:
    return message_pb2.Message(role=role, parts=parts)


def _result_of_many() -> Request:
    result = message_pb2.ToolResult(tool_call_id="a", parts=[SMALL] * MANY)
    return Request(messages=[_said(Part(tool_result=result), role=message_pb2.ROLE_TOOL)])


MANY_OF: dict[str, tuple[str, Callable[[], Request]]] = {
    "messages": ("messages", lambda: Request(messages=[_said(SMALL)] * MANY)),
    "parts": ("messages", lambda: Request(messages=[_said(*[SMALL] * MANY)])),
    "parts of a result": ("messages", _result_of_many),
    "tools": ("tools", lambda: Request(messages=[_said(SMALL)], tools=[message_pb2.Tool()] * MANY)),
    "fallbacks": (
        "routing.fallback_models",
        lambda: Request(messages=[_said(SMALL)], routing=completion_pb2.RoutingPolicy(fallback_models=["a"] * MANY)),
    ),
    "messages in a prompt": (
        'prompt.variables["history"]',
        lambda: Request(prompt=named("history", history=completion_pb2.MessageList(messages=[_said(SMALL)] * MANY))),
    ),
}


@pytest.mark.parametrize("name", MANY_OF)
async def test_a_million_small_things(burdened: Gateway, faults: ThreadedFaultProvider, name: str) -> None:
    """What costs more time than its bytes is refused for its number, with the field, and nobody is asked."""
    field, make = MANY_OF[name]
    request, took = make(), []
    for _ in range(ROUNDS):
        async with watched() as turns:
            error = await failure_of(burdened.completion.Complete(request, timeout=60))
        took.append(turns.longest)

    assert grpc.StatusCode.INVALID_ARGUMENT == error.code()
    assert [field] == [one.field for one in detail(error, error_details_pb2.BadRequest).field_violations]
    assert min(took) < READING_SECONDS
    assert [] == faults.attempts
