"""`llmrpc config`."""

import json as json_text
from pathlib import Path
from typing import Annotated

import typer

from llmrpc_server.commands import configuration, named
from llmrpc_server.config.loading import BadConfig

config = typer.Typer(no_args_is_help=True, help="Look at the configuration.")


@config.callback()
def group() -> None:
    """Look at the configuration."""


@config.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="The file; else as for serve.")] = None,
    *,
    option: configuration.Option = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Check the configuration and what it names; print its routes, or every problem with file, line and key.

    Files, prompts, and the models of parsers are looked at as well. The exit code is 78 where something is wrong.
    """
    loaded = configuration.load_or_exit(file or option)
    if problems := named.problems(loaded):
        typer.echo(BadConfig(loaded.source, problems), err=True)
        raise typer.Exit(configuration.UNUSABLE)
    routes = {name: [target.model for target in route.targets] for name, route in loaded.config.routes.items()}
    if json:
        found = {"source": loaded.source, "routes": routes, "warnings": list(loaded.warnings)}
        typer.echo(json_text.dumps(found))
        return
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    count = len(loaded.warnings)
    but = f", with {count} warning{'s' if count > 1 else ''}" if count else ""
    typer.echo(f"{loaded.source}: good{but}")
    for name, targets in routes.items():
        typer.echo(f"  {name}: {', then '.join(targets)}")
