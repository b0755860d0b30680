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


def load_or_exit(path: Path | None) -> Loaded:
    """Load it, or print every problem, of what it names too, and end the program with exit code 78."""
    kinds = providers.kinds()
    try:
        if path is None and not USUAL.exists():
            loaded = default(kinds, _settings_of)
        else:
            loaded = load(path or USUAL, kinds, _settings_of)
    except BadConfig as error:
        more = [] if error.rest is None else named.problems(error.rest)
        typer.echo(BadConfig(error.file, [*error.problems, *more]), err=True)
        raise typer.Exit(UNUSABLE) from error
    return dataclasses.replace(loaded, warnings=(*loaded.warnings, *providers.warnings()))


def _settings_of(kind: str) -> type[providers.Settings]:
    settings: type[providers.Settings] = providers.load(kind).settings
    return settings
