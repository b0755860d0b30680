"""The body of an answer as it comes in: events, or one JSON object, whichever the vendor sends."""

import contextlib
import re
from collections.abc import Callable

from llmrpc_server.errors import ProviderBadResponse, ProviderError, ProviderStreamTruncated
from llmrpc_server.providers.failures import decoded
from llmrpc_server.providers.sse import Decoder, EventTooLarge
from llmrpc_server.providers.stream_parser import StreamParser

# As a stream of events can begin, after a byte order mark: with a field, a comment or an empty line.
_EVENTS = re.compile(rb"\s*((?:data|event|id|retry)?:)")
_FIELDS = (b"data:", b"event:", b"id:", b"retry:")
_BOM = b"\xef\xbb\xbf"
MAX_BODY_BYTES = 64 * 1024 * 1024
# Enough to tell what a body is.
_ENOUGH = 64


class Incoming:
    """Reads a body piece by piece.

    Args:
        provider: The provider's name, for errors.
        parser: Makes what reads events.
        parse: Reads a whole JSON body.
    """

    def __init__(self, provider: str, parser: Callable[[], StreamParser], parse: Callable[[bytes], None]) -> None:
        self._provider = provider
        self._make_parser = parser
        self._parse = parse
        self._decoder = Decoder()
        # None as long as the body has not shown that it is events.
        self._parser: StreamParser | None = None
        self._held: list[bytes] = []
        self._size = 0
        self._first = True

    @property
    def done(self) -> bool:
        """Whether the end marker was read: nothing that follows belongs to the answer."""
        return self._parser is not None and self._parser.done

    def feed(self, chunk: bytes) -> ProviderError | None:
        """Read the next bytes; return the failure in them, so that what stands before it still reaches the caller."""
        if (parser := self._parser) is None:
            if not (chunk := self._begin(chunk)):
                return None
            parser = self._parser = self._make_parser()
        try:
            for name, data in self._decoder.feed(chunk):
                if data:  # What keeps a connection warm can be an event of nothing.
                    parser.take(name, data)
                if parser.done:
                    break
        except ProviderError as error:
            return error
        except EventTooLarge as error:
            failure = ProviderBadResponse(f"{self._provider} sent an event without end")
            failure.__cause__ = error
            return failure
        return None

    def end(self) -> None:
        """Take note that the body has ended.

        Raises:
            ProviderError: The answer in it is not whole.
        """
        if self._parser is None:
            body = self._start().strip()
            if not body:
                raise ProviderStreamTruncated(f"{self._provider} sent nothing")
            if any(field.startswith(body) for field in _FIELDS):
                raise ProviderStreamTruncated(f"{self._provider} ended its stream at its first bytes")
            self._parse(body)
        elif not self._may_end(self._parser):
            raise ProviderStreamTruncated(f"{self._provider} ended its stream without the end marker")

    def _may_end(self, parser: StreamParser) -> bool:
        """Read the last event where it lacks its blank line, and return whether the answer is whole.

        Raises:
            ProviderError: The last event tells of one.
        """
        if not parser.done and (event := self._decoder.rest()) is not None:
            name, data = event
            # It was cut; what is left of an error does not tell which.
            with contextlib.suppress(ProviderBadResponse):
                parser.take(b"" if decoded(data) is None else name, data)
        return parser.may_end

    def _begin(self, chunk: bytes) -> bytes:
        """Hold the body back until it shows that it is events; return what to decode of it."""
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size > MAX_BODY_BYTES:
            raise ProviderBadResponse(f"{self._provider} sent a body without end")
        if len(self._held) > 1 and self._size - len(chunk) >= _ENOUGH:
            return b""
        start = self._start()
        if start.isspace():
            self._first, self._held, self._size = False, [], 0
        elif begun := _EVENTS.match(start):
            self._held = []
            return start[begun.start(1) :]
        return b""

    def _start(self) -> bytes:
        """Return what is held; a byte order mark can only stand before everything else."""
        start = b"".join(self._held)
        return start.removeprefix(_BOM) if self._first else start
