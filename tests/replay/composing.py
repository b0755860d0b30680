"""Exchanges that nobody recorded, written from the vendors' documentation, and what they say."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from replay.reading import Answer, Failure, Part, Usage
from replay.recordings import Recording

Fields = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """An answer's bytes, and what a caller should hear of them."""

    recording: Recording
    heard: Answer | Failure


def exchange(
    api: str, name: str, body: bytes, heard: Answer | Failure, *, streamed: bool, status: int = 200
) -> Exchange:
    """Compose an exchange."""
    head = (("content-type", "text/event-stream" if streamed else "application/json"),)
    return Exchange(Recording(f"{api}: {name}", "composed", api, streamed, "composed", (), status, head, body), heard)


def told(
    *parts: Part,
    finish: str,
    word: str,
    usage: Usage | None,
    model: str = "m",
    stop_sequence: str = "",
    logprobs: int = 0,
) -> Answer:
    """Say what should be heard."""
    return Answer(parts, finish, word, model, usage, stop_sequence, logprobs)


def named(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Write events that are named for their type."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (event["type"].encode(), written(event)) for event in events)


def bare(chunks: Iterable[Mapping[str, Any]]) -> bytes:
    """Write chunks without a name, and the end marker."""
    return b"".join(b"data: %b\n\n" % written(chunk) for chunk in chunks) + b"data: [DONE]\n\n"


def written(value: Any) -> bytes:
    """Write JSON as the vendors do."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
