"""Events as bytes, in any form that the standard of server-sent events allows, and cut anywhere."""

import json
import random
from collections.abc import Iterable

from fuzz.answers import Event, Fields

_NOISE = (": ping", ":", "id: 7", "retry: 10", "nonsense", "datax: y")
_SPACES = (None, None, None, 1)


def json_bytes(value: Fields, dice: random.Random) -> bytes:
    """Write JSON, its characters escaped or not; half a character becomes what is not UTF-8."""
    text = json.dumps(value, ensure_ascii=dice.random() < 0.5, indent=dice.choice(_SPACES))
    return text.encode(errors="surrogatepass")


def framed(events: Iterable[Event], dice: random.Random) -> bytes:
    """Write a stream."""
    end = dice.choice((b"\n", b"\n", b"\r\n", b"\r"))
    space = b" " if dice.random() < 0.7 else b""
    named, noisy = dice.random() < 0.7, dice.random() < 0.3
    lines = [b": first", b""] if noisy else []
    for name, told in events:
        if named and name:
            lines.append(b"event:" + space + name.encode())
        if noisy and dice.random() < 0.3:
            lines.append(dice.choice(_NOISE).encode())
        data = told if isinstance(told, bytes) else json_bytes(told, dice)
        lines += [b"data:" + space + line for line in data.split(b"\n")]
        lines.append(b"")
    mark = b"\xef\xbb\xbf" if dice.random() < 0.1 else b""
    return mark + b"".join(line + end for line in lines)


def cut(body: bytes, dice: random.Random) -> list[bytes]:
    """Cut a body into pieces: all of it, single bytes, or random lengths."""
    longest = dice.choice((len(body) + 1, 1, 3, 20, 300))
    if longest > len(body):
        return [body]
    pieces = []
    at = 0
    while at < len(body):
        size = dice.randint(1, longest)
        pieces.append(body[at : at + size])
        at += size
    return pieces
