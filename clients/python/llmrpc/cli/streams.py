"""The standard streams as a shell hands them over: closed, full, or with what is no text in them."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Final

import typer

_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
_CANNOT_WRITE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def prepare() -> None:
    """Open those that are closed; let a diff or a log that is piped in hold what is no text."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the end
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


@contextmanager
def written() -> Iterator[None]:
    """Write all that is printed before the end, and tell in a line where there is no room for it."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        typer.echo(f"The output cannot be written: {error.strerror}", err=True)
        # What is left of it would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
