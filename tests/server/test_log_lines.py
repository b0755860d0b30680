"""Log lines, whatever is behind the file that they go to."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmrpc_server.telemetry.log_lines import Lines

LINE = b"x" * 999 + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Make a pipe: the end to read, the end to write."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):  # the test closed it
            os.close(end)


def _read_all(end: int) -> bytes:
    os.set_blocking(end, False)
    text = b""
    try:
        while piece := os.read(end, 1 << 20):
            text += piece
    except BlockingIOError:
        return text
    return text


def test_reader_who_does_not_read_holds_up_nobody(pipe: tuple[int, int]) -> None:
    """Lines wait for the reader, not their writer; they come in order, and long ones whole."""
    lines = Lines(pipe[1])
    written = [b"%d " % number + LINE * (1 + number % 20) for number in range(60)]
    for line in written:
        lines.write(line)
    read = _read_all(pipe[0])
    while (line := _written(lines, pipe[0])) != b"last\n":
        read += line

    assert b"".join(written) == read


def _written(lines: Lines, end: int) -> bytes:
    """Give what is kept a chance; return what came, the last line alone when all has come."""
    lines.write(b"")
    came = _read_all(end)
    if came:
        return came
    lines.write(b"last\n")
    return _read_all(end)


def test_lost_lines_are_told(pipe: tuple[int, int]) -> None:
    """More than a mebibyte is not kept; how many lines were lost stands where the log goes on."""
    lines = Lines(pipe[1])
    for _ in range(3000):
        lines.write(LINE)
    read = _read_all(pipe[0])
    while not read.endswith(b"last\n"):
        read += _written(lines, pipe[0])

    kept = read.count(LINE)
    told = b'{"event":"log lines lost","lines":%d,"level":"warning"}\n' % (3000 - kept)
    assert 1000 < kept < 1200
    assert LINE + told + b"last\n" == read[-len(LINE + told) - 5 :]


def test_reader_who_has_gone_is_no_error(pipe: tuple[int, int]) -> None:
    """A line that nobody can read is lost, and so is one for a full disk."""
    lines = Lines(pipe[1])
    os.close(pipe[0])
    for _ in range(3):
        assert len(LINE) == lines.write(LINE)

    with Path("/dev/full").open("wb", buffering=0) as full:
        assert len(LINE) == Lines(full.fileno()).write(LINE)
