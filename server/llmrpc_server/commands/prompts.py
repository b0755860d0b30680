"""`llmrpc prompts`: the folder of prompts, without a server."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server import providers
from llmrpc_server.commands import configuration
from llmrpc_server.errors import CallError
from llmrpc_server.planning.routing import Router
from llmrpc_server.prompts import PromptStore

prompts = typer.Typer(no_args_is_help=True, help="Look at the prompt templates of a folder.")

Folder = Annotated[
    Path | None,
    typer.Option("--path", help="The folder; else the configuration's.", file_okay=False, show_default=False),
]
Variables = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=TEXT", help="A variable; KEY:=JSON for one that is no text; repeatable."),
]
Name = Annotated[str, typer.Argument(metavar="NAME[@VERSION]")]

_BAD_FILE = 65  # EX_DATAERR of sysexits.h


@prompts.callback()
def group() -> None:
    """Look at the prompt templates of a folder."""


@prompts.command(name="list")
def list_(*, path: Folder = None, config: configuration.Option = None) -> None:
    """List the prompts, their versions (* is the current one) and what they are for."""
    store, _ = _opened(path, config)
    for prompt in store:
        versions = [f"{one}*" if one == prompt.version else one for one in store.versions(prompt.name)]
        typer.echo(f"{prompt.name}  {' '.join(versions)}  {prompt.file.description}".rstrip())


@prompts.command()
def show(name: Name, *, path: Folder = None, config: configuration.Option = None) -> None:
    """Show what a prompt wants to be filled with, and for whom it has variants."""
    store, _ = _opened(path, config)
    prompt = _found(store, name)
    typer.echo(f"{prompt.name}@{prompt.version}  {prompt.file.description}".rstrip())
    for key, variable in prompt.variables.items():
        needed = f"default {variable.default_json}" if variable.has_default else "required" if variable.required else ""
        typer.echo("  " + "  ".join(filter(None, (key, variable.type, needed, variable.description))))
    for variant in sorted(prompt.variants):
        typer.echo(f"  variant for {variant}")


@prompts.command()
def render(
    name: Name,
    *,
    var: Variables = None,
    model: Annotated[str, typer.Option(help="The route or provider/model that would be asked.")] = "",
    path: Folder = None,
    config: configuration.Option = None,
) -> None:
    """Print the messages that a prompt makes for a target of the configuration."""
    store, loaded = _opened(path, config)
    prompt = _found(store, name)
    made = {key: providers.load(kind)(key, settings) for key, (kind, settings) in loaded.providers.items()}
    try:
        target = Router(made, loaded.config.routes).route(model or prompt.defaults.model).targets[0]
        messages = prompt.filled(dict(map(_variable, var or []))).messages(target)
    except CallError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(_BAD_FILE) from error
    for message in messages:
        role = message_pb2.Role.Name(message.role).removeprefix("ROLE_").lower()
        typer.echo(f"--- {role}")
        for part in message.parts:
            typer.echo(part.text or f"({part.WhichOneof('kind')})")


@prompts.command()
def check(*, path: Folder = None, config: configuration.Option = None) -> None:
    """Check every file; print each problem with file, line and key (exit code 65)."""
    store = PromptStore(_folder(path, config))
    problems = store.load()
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(_BAD_FILE)
    typer.echo(f"{store.folder}: good, {sum(1 for _ in store)} prompts")


def _opened(path: Path | None, config: Path | None) -> tuple[PromptStore, Any]:
    store = PromptStore(_folder(path, config))
    for problem in store.load():
        typer.echo(f"warning: {problem}", err=True)
    return store, configuration.load_or_exit(config)


def _folder(path: Path | None, config: Path | None) -> Path:
    if path is not None:
        return path
    settings = configuration.load_or_exit(config).config.prompts
    if settings is None:
        raise typer.BadParameter("the configuration has no prompts: set prompts.path there", param_hint="--path")
    return Path(settings.path)


def _found(store: PromptStore, name: str) -> Any:
    bare, _, version = name.partition("@")
    try:
        return store.get(bare, version)
    except CallError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(_BAD_FILE) from error


def _variable(pair: str) -> tuple[str, completion_pb2.PromptValue]:
    key, equals, value = pair.partition("=")
    if not equals:
        raise typer.BadParameter(f"must be KEY=TEXT or KEY:=JSON, is {pair!r}", param_hint="--var")
    if not key.endswith(":"):
        return key, completion_pb2.PromptValue(text=value)
    try:
        return key[:-1], completion_pb2.PromptValue(json=json.dumps(json.loads(value)))
    except ValueError as error:
        raise typer.BadParameter(f"{key} must be followed by JSON: {error}", param_hint="--var") from error
