"""The server's part of the command line; `llmrpc.cli` mounts it."""

import typer

from llmrpc_server.commands.config import config
from llmrpc_server.commands.doctor import doctor
from llmrpc_server.commands.keys import keys
from llmrpc_server.commands.prices import prices
from llmrpc_server.commands.serve import serve


def register(app: typer.Typer) -> None:
    """Add the server's commands."""
    app.command()(serve)
    app.command()(doctor)
    app.command()(prices)
    app.add_typer(config, name="config")
    app.add_typer(keys, name="keys")
