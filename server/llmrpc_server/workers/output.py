"""What the workers write on their standard error, as one stream of whole lines, each with its worker's number."""

import os
from collections.abc import Callable

_MOST_AT_ONCE = 64 * 1024
# A line that is longer is cut.
_MOST_KEPT_BYTES = 1024 * 1024


class Output:
    """What one worker writes.

    What is no event is held back until it serves: of workers that cannot start all say the same, and one is enough.

    Args:
        number: The worker's.
        write: Takes lines.

    Attributes:
        descriptor: Where it is read.
    """

    def __init__(self, number: int, descriptor: int, write: Callable[[bytes], object]) -> None:
        self.descriptor = descriptor
        os.set_blocking(descriptor, False)
        self._number = number
        self._write = write
        self._begun = b""
        self._held: list[bytes] | None = []

    def read(self) -> bool:
        """Hand on what is there to read; tell whether more can come."""
        piece = self._piece()
        if piece:
            self._feed(piece)
        return piece != b""

    def release(self) -> None:
        """Hand on what was held back, and hold back nothing more."""
        held, self._held = self._held, None
        for line in held or ():
            self._take(line)

    def tell_held(self) -> None:
        """Hand on what was held back as it was written: it is what the whole has to say."""
        for line in self._held or ():
            self._write(line + b"\n")
        self._held = []

    def read_all(self) -> None:
        """Hand on all that is there to read; of a process that has ended, all that it wrote."""
        while piece := self._piece():
            self._feed(piece)
        if self._begun:
            self._take(self._begun)
            self._begun = b""

    def close(self) -> None:
        """Read nothing more."""
        os.close(self.descriptor)

    def _piece(self) -> bytes | None:
        """Return the next bytes: none at the end, None while there are none."""
        try:
            return os.read(self.descriptor, _MOST_AT_ONCE)
        except BlockingIOError:
            return None

    def _feed(self, piece: bytes) -> None:
        *lines, self._begun = (self._begun + piece).split(b"\n")
        for line in lines:
            self._take(line)
        if len(self._begun) > _MOST_KEPT_BYTES:
            self._take(self._begun)
            self._begun = b""

    def _take(self, line: bytes) -> None:
        if line.startswith(b'{"'):
            self._write(b'{"worker":%d,%b\n' % (self._number, line[1:]))
        elif self._held is None:
            self._write(b"worker %d: %b\n" % (self._number, line))
        elif sum(map(len, self._held)) < _MOST_KEPT_BYTES:
            self._held.append(line)
