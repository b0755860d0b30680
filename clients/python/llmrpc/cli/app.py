"""All commands: the client's own, and those of the server once somebody asks for one."""

from importlib import import_module, metadata
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typing_extensions import override

from llmrpc.cli import streams
from llmrpc.cli.cache import cache
from llmrpc.cli.calls import calls
from llmrpc.cli.chat import chat
from llmrpc.cli.complete import complete
from llmrpc.cli.models import models
from llmrpc.cli.usage import usage

SERVER_COMMANDS: Final = "llmrpc_server.commands"
"""Has `register(app)`. Imported for `--help` and for commands that are not the client's."""


class Commands(TyperGroup):
    """The client's commands; the server's are mounted when they are looked for."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        """Name all commands, for the help and for completion."""
        try:
            self._mount_server()
        except ModuleNotFoundError:
            self.epilog = "More commands come with the server; `llmrpc serve` tells what to install."
        return super().list_commands(ctx)

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a command. What typer has for a command differs between its versions, hence Any."""
        if cmd_name not in self.commands:
            self._mount_server()
        return super().get_command(ctx, cmd_name)

    @override
    def invoke(self, ctx: Any) -> Any:
        """Find and run a command; the client's need no more than is there, the server's may."""
        streams.prepare()
        try:
            with streams.written():
                return super().invoke(ctx)
        except ModuleNotFoundError as error:
            typer.echo(f"The server's commands need {error.name}: pip install 'llmrpc[server,local]'", err=True)
            raise typer.Exit(1) from None

    def _mount_server(self) -> None:
        """Add the server's commands to the client's."""
        server = typer.Typer()
        import_module(SERVER_COMMANDS).register(server)
        self.commands.update(typer.main.get_group(server).commands)


def _tell_version(asked: bool) -> None:
    """Print it where it was asked for."""
    if asked:
        typer.echo(f"llmrpc {metadata.version('llmrpc')}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
)


@app.callback()
def llmrpc(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """One gRPC API in front of every LLM provider."""


app.command()(complete)
app.command()(chat)
app.command()(models)
app.command()(calls)
app.add_typer(usage, name="usage")
app.add_typer(cache, name="cache")
