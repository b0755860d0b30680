"""The behaviours that a model's name can ask for: what the parser, `--help` and the documentation share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from .answer import VOICES
from .behaviour import BehaviourError, Finish

_DURATION = re.compile(r"(?P<amount>\d+(?:\.\d+)?)(?P<unit>ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60}
_STATUSES = range(200, 600)


@dataclass(frozen=True)
class Rule:
    """One behaviour: the form it is written in, an example, what it does, and how its value is read."""

    form: str
    example: str
    meaning: str
    fields: Callable[[str], dict[str, Any]]

    @property
    def key(self) -> str:
        """The name with the sign that follows it, e.g. `cut@`."""
        found = re.match(r"[a-z0-9-]+[=@]?", self.form)
        return found.group() if found else self.form


def _flag(**fields: Any) -> Callable[[str], dict[str, Any]]:
    """Read a behaviour that takes no value."""
    return lambda _: fields


def _count(name: str, least: int = 1, **also: Any) -> Callable[[str], dict[str, Any]]:
    """Read a whole number."""

    def read(value: str) -> dict[str, Any]:
        if not (value.isascii() and value.isdigit()) or int(value) < least:
            raise BehaviourError(f"needs a whole number of at least {least}, not {value!r}")
        return {name: int(value), **also}

    return read


def _hang_up(how: str) -> Callable[[str], dict[str, Any]]:
    """Read after how many tokens the answer breaks off."""
    return _count("hang_up_after", least=0, hang_up=how)


def _duration(name: str) -> Callable[[str], dict[str, Any]]:
    """Read a duration such as `200ms`, `1.5s` or `2m`."""
    return lambda value: {name: _seconds(value)}


def _seconds(value: str) -> float:
    """Return a duration's seconds."""
    if (found := _DURATION.fullmatch(value)) is None:
        raise BehaviourError(f"needs a duration such as 200ms, 1.5s or 2m, not {value!r}")
    return float(found["amount"]) * _SECONDS[found["unit"]]


def _status(value: str) -> dict[str, Any]:
    """Read an HTTP status."""
    if not (value.isascii() and value.isdigit()) or int(value) not in _STATUSES:
        raise BehaviourError(f"needs a status from 200 to 599, not {value!r}")
    return {"status": int(value)}


def _flap(value: str) -> dict[str, Any]:
    """Read how long down and how long up."""
    down, _, up = value.partition("/")
    cycle = (_seconds(down), _seconds(up))
    if not sum(cycle):
        raise BehaviourError("needs one duration above zero")
    return {"flap": cycle}


def _choice(name: str, choices: tuple[str, ...]) -> Callable[[str], dict[str, Any]]:
    """Read one of some words."""

    def read(value: str) -> dict[str, Any]:
        if value not in choices:
            raise BehaviourError(f"needs one of {', '.join(choices)}, not {value!r}")
        return {name: value}

    return read


def _pieces(value: str) -> dict[str, Any]:
    """Read `1byte`, `3bytes`."""
    return _count("piece_bytes")(re.sub(r"bytes?$", "", value))


def _header(name: str) -> Callable[[str], dict[str, Any]]:
    """Read a response header's value."""

    def read(value: str) -> dict[str, Any]:
        if not (value.isascii() and value.isprintable()):
            raise BehaviourError(f"needs printable ASCII, not {value!r}")
        return {"headers": {name: value}}

    return read


def _text(name: str) -> Callable[[str], dict[str, Any]]:
    """Read anything."""
    return lambda value: {name: value}


def _or(choices: tuple[str, ...]) -> str:
    """Return the choices in words."""
    return " or ".join((", ".join(choices[:-1]), choices[-1]))


RULES = (
    Rule("status=N", "status=503", "this status with the wire format's own error body", _status),
    Rule(
        "code=CODE",
        "code=context_length_exceeded",
        "error code, with its usual message and status",
        _text("code"),
    ),
    Rule("retry-after=VALUE", "status=429+retry-after=7", "adds this header", _header("retry-after")),
    Rule("retry-after-ms=VALUE", "status=429+retry-after-ms=70", "adds this header", _header("retry-after-ms")),
    Rule("html", "status=503+html", "an HTML page as from a proxy (502)", _flag(html=True)),
    Rule("flap=DOWN/UP", "flap=500ms/2s", "in turns down (503) and up, from the model's first request", _flap),
    Rule("reset", "reset", "RST before the headers", _flag(hang_up="reset")),
    Rule("close", "close", "FIN before the headers", _flag(hang_up="close")),
    Rule("silent", "silent", "accepts and says nothing, ever", _flag(hang_up="silent")),
    Rule("slow-headers=DURATION", "slow-headers=2s", "everything is late", _duration("slow_headers")),
    Rule(
        "slow-first=DURATION",
        "slow-first=300ms",
        "after headers, the first token is late",
        _duration("slow_first"),
    ),
    Rule("slow-tokens=DURATION", "slow-tokens=20ms", "a pause between tokens", _duration("slow_tokens")),
    Rule("stall@N", "stall@5", "after N tokens nothing more; the connection stays open", _hang_up("silent")),
    Rule("cut@N", "cut@5", "after N tokens FIN, amid the HTTP body", _hang_up("close")),
    Rule("reset@N", "reset@5", "after N tokens RST", _hang_up("reset")),
    Rule("truncate@N", "truncate@5", "after N tokens an end that is proper for HTTP", _hang_up("end")),
    Rule("half-line", "cut@5+half-line", "breaks off in the middle of the next event", _flag(half_line=True)),
    Rule("malformed@N", "malformed@3", "the Nth event is not JSON", _count("malformed_event")),
    Rule("error@N", "error@1", "the Nth event reports an error and is the last", _count("error_event")),
    Rule("no-end", "no-end", "everything but the end marker", _flag(no_end=True)),
    Rule("no-usage", "no-usage", "does not say how many tokens it took", _flag(no_usage=True)),
    Rule("reject-prefill", "reject-prefill", "400 if the assistant spoke last", _flag(reject_prefill=True)),
    Rule("tokens=N", "tokens=200", "an answer of N tokens", _count("tokens", least=0)),
    Rule("text=TEXT", "text=[1, 2]", "answers this text, which cannot hold a +", _text("text")),
    Rule("voice=NAME", "voice=b", f"another text: {_or(tuple(VOICES))}", _choice("voice", tuple(VOICES))),
    Rule("echo", "echo", "answers a description of the request, in JSON", _flag(says="echo")),
    Rule("json", "json", "answers JSON of the shape that the request asks for", _flag(says="json")),
    Rule("tool-calls=N", "tool-calls=2", "calls the first N of the request's tools", _count("tool_calls")),
    Rule("reasoning=N", "reasoning=6", "N tokens of reasoning before the text", _count("reasoning")),
    Rule("refusal", "refusal", "declines to answer", _flag(refusal=True)),
    Rule("citations", "citations", "one citation, about the text's end", _flag(citations=True)),
    Rule("cached=N", "cached=3", "N of the prompt's tokens come from the provider's cache", _count("cached")),
    Rule("unknown", "unknown", "fields, a block and an event that nobody knows", _flag(unknown=True)),
    Rule("finish=REASON", "finish=length", _or(get_args(Finish)), _choice("finish", get_args(Finish))),
    Rule("finish-word=WORD", "finish-word=pause_turn", "the wire format's own word for it", _text("finish_word")),
    Rule("json-stream", "json-stream", "a request for a stream gets the whole answer", _flag(json_stream=True)),
    Rule("sse-whole", "sse-whole", "a request for a whole answer gets a stream", _flag(sse_whole=True)),
    Rule("gzip", "gzip", "the body is compressed, a stream's flushed at each write", _flag(gzip=True)),
    Rule("crlf", "crlf", "SSE lines end in CRLF", _flag(crlf=True)),
    Rule("comments", "comments", "SSE comments and blank lines between events", _flag(comments=True)),
    Rule("bom", "bom", "a byte order mark before the first event", _flag(bom=True)),
    Rule("burst", "burst", "all events in one write instead of a write each", _flag(burst=True)),
    Rule(
        "chunked=Nbytes",
        "chunked=1byte",
        "a write, and if streamed an HTTP chunk, for every N bytes",
        _pieces,
    ),
)
