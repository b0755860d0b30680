"""Which configuration a command works with: the file it is told, ./llmrpc.yaml, or the defaults."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from llmrpc_server import providers
from llmrpc_server.commands import named
from llmrpc_server.config.defaults import default
from llmrpc_server.config.loading import BadConfig, Loaded, load

USUAL = Path("llmrpc.yaml")

Option = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="LLMRPC_CONFIG", help="The configuration; else ./llmrpc.yaml, else the defaults."
    ),
]

UNUSABLE = 78  # EX_CONFIG of sysexits.h


def file_of(path: Path | None) -> Path | None:
    """Return the file that a command works with; None for the defaults."""
    return USUAL if path is None and USUAL.exists() else path


def read(file: Path | None) -> Loaded:
    """Read it, or the defaults.

    Raises:
        BadConfig: There are problems; all of them are in it, and those of what it names.
    """
    kinds = providers.kinds()
    try:
        loaded = default(kinds, _settings_of) if file is None else load(file, kinds, _settings_of)
    except BadConfig as error:
        more = [] if error.rest is None else named.problems(error.rest)
        raise BadConfig(error.file, [*error.problems, *more]) from error
    return dataclasses.replace(loaded, warnings=(*loaded.warnings, *providers.warnings()))


def load_or_exit(path: Path | None) -> Loaded:
    """Read what a command works with, or print every problem and end the program with exit code 78."""
    try:
        return read(file_of(path))
    except BadConfig as error:
        typer.echo(error, err=True)
        raise typer.Exit(UNUSABLE) from error


def _settings_of(kind: str) -> type[providers.Settings]:
    settings: type[providers.Settings] = providers.load(kind).settings
    return settings
