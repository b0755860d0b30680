"""What workers write becomes one stream of whole lines."""

import os
from pathlib import Path

import pytest

from llmrpc_server.workers.output import Output


@pytest.fixture
def pipe() -> tuple[int, int]:
    """Make a pipe: the end to read, the end to write."""
    return os.pipe()


def test_lines_are_whole_and_numbered(pipe: tuple[int, int]) -> None:
    """Events have the worker's number in them, all else before it; in pieces, and without an end to the last one."""
    lines: list[bytes] = []
    output = Output(3, pipe[0], lines.append)
    output.release()
    for piece in (b'{"event":', b'"a"}\nwords', b" of gRPC\n\n{", b"no event\n", b"the last"):
        os.write(pipe[1], piece)
        assert output.read()
    os.close(pipe[1])
    output.read_all()
    output.close()

    assert [
        b'{"worker":3,"event":"a"}\n',
        b"worker 3: words of gRPC\n",
        b"worker 3: \n",
        b"worker 3: {no event\n",
        b"worker 3: the last\n",
    ] == lines


def test_the_end_is_told(pipe: tuple[int, int]) -> None:
    """Nothing there now is not the end; that is when nobody can write any more."""
    output = Output(0, pipe[0], lambda _: None)
    before = output.read()
    os.close(pipe[1])
    after = output.read()
    output.close()

    assert (True, False) == (before, after)


def test_words_wait_until_it_serves(pipe: tuple[int, int]) -> None:
    """What is no event is held back: of several workers that cannot start, one says why, in its own words."""
    lines: list[bytes] = []
    output = Output(1, pipe[0], lines.append)
    os.write(pipe[1], b'cannot\n{"event":"a"}\nstart')
    os.close(pipe[1])
    output.read_all()
    events = list(lines)
    output.tell_held()
    output.close()

    assert [b'{"worker":1,"event":"a"}\n'] == events
    assert [*events, b"cannot\n", b"start\n"] == lines


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    """A worker that writes for ever and no newline takes no more than a few mebibytes."""
    lines: list[bytes] = []
    (tmp_path / "all").write_bytes(b"x" * (3 << 20))
    output = Output(0, os.open(tmp_path / "all", os.O_RDONLY), lines.append)
    output.release()
    output.read_all()
    output.close()

    assert 3 << 20 == sum(line.count(b"x") for line in lines)
    assert max(map(len, lines)) < 2 << 20
