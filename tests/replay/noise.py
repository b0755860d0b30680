"""What providers, and proxies before them, add to a stream, or may add one day, without a change of what it says."""

import re
from collections.abc import Callable

_EVENT_END = re.compile(rb"\r?\n\r?\n")
# The start of an event's object, and of the objects in it that formats grow by; none is kept in an answer as it came.
_OBJECT = re.compile(rb'^(data: ?\{)(?=")|(?<!\\)("(?:choices|delta|usage|message)": ?\[?\{)(?=")', re.MULTILINE)


def _comments(body: bytes) -> bytes:
    return b": first\n\n" + _EVENT_END.sub(b"\n: PROCESSING\n\n: and again\n\n:\n", body)


def _blank_lines(body: bytes) -> bytes:
    return b"\n\n" + _EVENT_END.sub(b"\n\n\n\n\n", body)


def _crlf(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _cr(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r")


def _byte_order_mark(body: bytes) -> bytes:
    return b"\xef\xbb\xbf" + body


def _other_fields(body: bytes) -> bytes:
    return re.sub(rb"^data:", b"id: 7\nretry: 10\nnonsense\ndata:", body, flags=re.MULTILINE)


def _no_spaces(body: bytes) -> bytes:
    return re.sub(rb"^(data|event): ", rb"\1:", body, flags=re.MULTILINE)


def _unknown_fields(body: bytes) -> bytes:
    return _OBJECT.sub(lambda match: match[0] + b'"x_new": {"a": [1.5, null, "\\u00e9"]}, ', body)


def _unknown_events(body: bytes) -> bytes:
    return _EVENT_END.sub(b'\n\nevent: x_new\ndata: {"type": "x_new", "x": {"a": 1}}\n\n', body)


# What an answer says is the same, to the last byte.
HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "comments": _comments,
    "blank lines": _blank_lines,
    "CRLF": _crlf,
    "CR": _cr,
    "byte order mark": _byte_order_mark,
    "other fields": _other_fields,
    "no spaces": _no_spaces,
}

# The same but for what the answer keeps of fields without a place.
NEW: dict[str, Callable[[bytes], bytes]] = {
    "unknown fields": _unknown_fields,
    "unknown events": _unknown_events,
}
