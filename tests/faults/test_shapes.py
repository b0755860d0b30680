"""What the provider sends has the fields that real providers sent, and what they took it takes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fault_provider import FaultProvider
from fault_provider.wires import WIRES
from faults.dialects import asking_usage, tools
from faults.wire import ANTHROPIC, COHERE, OPENAI, PATHS, RESPONSES, ask

RECORDINGS = Path(__file__).parents[2] / ".." / "shared" / "wire"
APIS = {OPENAI: "chat", RESPONSES: "responses", ANTHROPIC: "messages", COHERE: "chat_v2"}
VENDORS = {OPENAI: "openai deepseek", RESPONSES: "openai", ANTHROPIC: "anthropic", COHERE: "cohere"}
OPAQUE = {"arguments", "input", "parameters", "schema", "format", "tools", "document"}

UNRECORDED = ("annotations", "response.incomplete", "incomplete_details", "content_index", "sources")
"""What no recording shows in this place, though the documents do."""

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="there are no recordings in ../shared/wire")

Place = tuple[str, ...]


def objects(value: Any, place: Place = ()) -> Iterator[tuple[Place, frozenset[str]]]:
    """Yield where each object stands, by fields and types on the way, and which fields it has."""
    if isinstance(value, dict):
        kind = value.get("type", value.get("object", ""))
        here = (*place, f"<{kind}>") if isinstance(kind, str) and kind else place
        yield here, frozenset(value)
        for name, each in value.items():
            if name not in OPAQUE:
                yield from objects(each, (*here, name))
    elif isinstance(value, list):
        for each in value:
            yield from objects(each, place)


def messages(body: str) -> Iterator[Any]:
    """Yield the JSON of a recorded body, of its events if it is a stream."""
    lines = [line[5:] for line in body.splitlines() if line.startswith("data:")] or [body]
    for line in lines:
        if line.strip() != "[DONE]":
            yield json.loads(line)


def exchanges(path: str) -> Iterator[Any]:
    """Yield what was asked and answered for real, and well."""
    for vendor in VENDORS[path].split():
        for file in sorted((RECORDINGS / vendor).glob(f"{APIS[path]}.*.json")):
            exchange = json.loads(file.read_text(encoding="utf-8"))
            if exchange["fidelity"].startswith("recorded") and exchange["response"]["status"] == 200:
                yield exchange


def recorded(path: str) -> dict[Place, list[frozenset[str]]]:
    """Return the fields that real objects had at each place."""
    found = defaultdict(list)
    for exchange in exchanges(path):
        for message in messages(exchange["response"]["body"]):
            for place, fields in objects(message):
                found[place].append(fields)
    return found


def differences(real: dict[Place, list[frozenset[str]]], sent: Iterable[Any]) -> set[str]:
    """Return where what was sent differs from all that is recorded."""
    found = set()
    for message in sent:
        for place, fields in objects(message):
            name, known = ".".join(place), real.get(place)
            if known is None:
                found.add(f"{name} is nowhere")
            else:
                found |= {f"{name} has {field}" for field in fields - frozenset.union(*known)}
                found |= {f"{name} lacks {field}" for field in frozenset.intersection(*known) - fields}
    return {difference for difference in found if not any(known in difference for known in UNRECORDED)}


@PATHS
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "model", ["ok", "reasoning=3", "tool-calls=2", "tool-calls=1+tokens=3", "citations", "finish=length"]
)
async def test_answers_look_like_recorded_ones(provider: FaultProvider, *, path: str, model: str, stream: bool) -> None:
    """Streamed and whole, with reasoning, tool calls, citations or cut to length."""
    asked = asking_usage(path) if stream else {}
    if path == RESPONSES:
        asked = {"include": ["reasoning.encrypted_content"]}
    raw = await ask(provider, path, model, stream=stream, tools=tools(path, "weather"), **asked)

    assert set() == differences(recorded(path), raw.values if stream else [raw.json])


@PATHS
def test_recorded_requests_are_taken(path: str) -> None:
    """What a real provider answered well is not refused here."""
    [wire] = [wire for wire in WIRES if wire.path == path]
    asked = [exchange["request"]["body"] for exchange in exchanges(path) if not exchange.get("request_synthetic")]
    taken = [wire.read({"anthropic-version": "2023-06-01"}, body).model for body in asked]

    assert [body["model"] for body in asked] == taken
    assert taken
