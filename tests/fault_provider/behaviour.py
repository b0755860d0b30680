"""What the provider does with one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

HangUp = Literal["close", "reset", "silent", "end"]
"""How an answer breaks off: FIN, RST, nothing more on an open connection, an end that HTTP finds proper."""

Finish = Literal["stop", "length", "filter"]
"""Why the answer ends; each wire format has its own words for it."""


class BehaviourError(ValueError):
    """A behaviour that is misspelt or contradicts itself; the client gets it as a 400."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One request's fate. The default answers the canonical text, correctly and at once.

    `Behaviour.parse` reads what a model name can say; `headers`, `body` and `raw` exist only in scripts.
    Durations are seconds. Tokens are the words of the answer; events are the SSE events, the first is 1.
    """

    status: int | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    raw: bytes | None = None
    """Sent instead of a whole HTTP response; then `hang_up` happens (FIN if there is none)."""
    html: bool = False

    hang_up: HangUp | None = None
    hang_up_after: int | None = None
    """After so many tokens; None: before the response's first byte."""
    half_line: bool = False

    slow_headers: float = 0
    slow_first: float = 0
    slow_tokens: float = 0
    flap: tuple[float, float] | None = None
    """Down for the first, up for the second, for ever, from the first request for this model."""

    malformed_event: int | None = None
    error_event: int | None = None
    no_end: bool = False
    no_usage: bool = False
    reject_prefill: bool = False

    text: str | None = None
    voice: str = "a"
    tokens: int | None = None
    says: Literal["echo", "json"] | None = None
    """In place of the text: what the provider understood of the request, or JSON of the shape it asks for."""
    tool_calls: int = 0
    reasoning: int = 0
    refusal: bool = False
    citations: bool = False
    unknown: bool = False
    """Fields, a block and an event that nobody knows."""
    cached: int = 0
    finish: Finish | None = None
    finish_word: str | None = None
    """The wire format's own word for why the answer ends, as it is."""

    json_stream: bool = False
    """A request for a stream gets the whole answer."""
    sse_whole: bool = False
    """A request for a whole answer gets a stream."""
    burst: bool = False
    piece_bytes: int | None = None
    """Every so many bytes of the body are a write of their own."""
    gzip: bool = False
    crlf: bool = False
    comments: bool = False
    bom: bool = False

    @classmethod
    def parse(cls, model: str) -> Self:
        """Read the behaviours in a model name, e.g. `slow-first=200ms+cut@5`; raises BehaviourError."""
        from .grammar import fields_of  # The grammar's table is written in terms of this class.

        return cls(**fields_of(model))
