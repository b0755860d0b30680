"""Server-sent events, decoded from bytes as they come off the socket.

Follows the HTML standard's "event stream interpretation"; fields other than `event` and `data` have no use here.
"""

import re

MAX_EVENT_BYTES = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
# An event as nearly all vendors send nearly all of theirs: at most a name, and one line of data.
# Where no CR is near, "." is all but a line's end, and twice as quick as a class that says so.
_PLAIN = re.compile(rb"(?:event: (.*)\n)?data: (.*)\n\n")


class EventTooLarge(ValueError):
    """One event is longer than `MAX_EVENT_BYTES`."""


class Decoder:
    """Splits a stream of bytes into events, wherever its reads are cut.

    Work is linear in the bytes fed, however they are cut: bytes are searched once for a line's end.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0
        self._event = b""
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._first = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[tuple[bytes, bytes]]:
        """Take the next bytes and return the events that they complete, as (name, data); no name is b""."""
        if self._first:
            chunk = self._without_bom(chunk)
        if self._after_cr and chunk:
            # A line's end can be cut between its CR and its LF.
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        events: list[tuple[bytes, bytes]] = []
        if not (self._pieces or self._data or self._event) and b"\r" not in chunk:
            # The plain events at the beginning are taken the quick way.
            at, size = 0, len(chunk)
            while at < size and (match := _PLAIN.match(chunk, at)) is not None:
                name, data = match.groups(b"")
                events.append((name, data))
                at = match.end()
            if at == size:
                return events
            chunk = chunk[at:]
        if b"\n" not in chunk and b"\r" not in chunk:
            self._hold(chunk)
            return events
        *lines, rest = self._lines(chunk)
        lines[0] = b"".join((*self._pieces, lines[0]))
        self._pieces, self._held = [], 0
        events += [event for line in lines if (event := self._take(line)) is not None]
        self._hold(rest)
        return events

    def rest(self) -> tuple[bytes, bytes] | None:
        """Return the event that the end of the stream leaves without its blank line; None where there is none.

        The standard drops it. To some servers, and to proxies that trim, the end of the body is end enough.
        """
        line = b"".join(self._pieces)
        self._pieces, self._held = [], 0
        if line:
            self._take(line)
        return self._take(b"")

    def _without_bom(self, chunk: bytes) -> bytes:
        start = b"".join((*self._pieces, chunk))
        self._pieces, self._held = [], 0
        if len(start) < len(_BOM) and _BOM.startswith(start):
            self._hold(start)
            return b""
        self._first = False
        return start.removeprefix(_BOM)

    def _lines(self, chunk: bytes) -> list[bytes]:
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk.split(b"\n")

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._held += len(piece)
            self._bound()

    def _bound(self) -> None:
        if self._held + self._data_bytes > MAX_EVENT_BYTES:
            msg = f"an event is longer than {MAX_EVENT_BYTES} bytes"
            raise EventTooLarge(msg)

    def _take(self, line: bytes) -> tuple[bytes, bytes] | None:
        if not line:
            event, data = self._event, b"\n".join(self._data)
            has_data = bool(self._data)
            self._event, self._data, self._data_bytes = b"", [], 0
            return (event, data) if has_data else None
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._data_bytes += len(line) + 1
            self._bound()
        elif name == b"event":
            self._event = value
        return None
