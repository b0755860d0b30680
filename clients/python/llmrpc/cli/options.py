"""Options that every command of the client has, and the connection that they describe."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from llmrpc.cli import interrupt, terminal
from llmrpc.client import Client
from llmrpc.errors import LlmrpcError

_PANEL: Final = "Server"

Address = Annotated[
    str,
    typer.Option("--address", "-a", envvar="LLMRPC_ADDRESS", metavar="HOST:PORT", rich_help_panel=_PANEL),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="LLMRPC_TOKEN",
        show_default=False,
        help="Bearer token. Better in the environment, where other users cannot see it.",
        rich_help_panel=_PANEL,
    ),
]
Tls = Annotated[bool, typer.Option("--tls", help="Encrypt, and check the server.", rich_help_panel=_PANEL)]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        exists=True,
        dir_okay=False,
        help="Trust this authority; with TLS.",
        rich_help_panel=_PANEL,
    ),
]
Insecure = Annotated[
    bool,
    typer.Option("--insecure", help="Send the token unencrypted to another machine.", rich_help_panel=_PANEL),
]

Model = Annotated[
    str,
    typer.Option("--model", "-m", metavar="NAME", help='A route, or "provider/model".', show_default=False),
]
System = Annotated[str, typer.Option("--system", "-s", help="Instructions to the model.", show_default=False)]
Temperature = Annotated[float | None, typer.Option("--temperature", "-t", help="0 to 2.")]
MaxOutputTokens = Annotated[int | None, typer.Option("--max-output-tokens", help="At least 1.")]
Timeout = Annotated[float | None, typer.Option("--timeout", help="Seconds for the whole answer.")]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", "-l", metavar="KEY=VALUE", help="For cost attribution; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the API's own message as JSON.")]


@contextmanager
def connected(address: str, token: str, tls: bool, ca_file: Path | None, insecure: bool) -> Iterator[Client]:
    """Give a client; what goes wrong with it ends the command with a message and an exit code."""
    try:
        client = Client(address, token=token, tls=ca_file or tls, insecure=insecure)
    except (ValueError, OSError) as error:
        terminal.note(f"Error: {error}")
        raise typer.Exit(2) from None
    try:
        with interrupt.ends_the_process(), client:
            yield client
    except LlmrpcError as error:
        terminal.show_error(error, address)
        raise typer.Exit(terminal.exit_code(error)) from None


def parse_labels(labels: list[str] | None) -> dict[str, str]:
    """Split KEY=VALUE."""
    pairs = [label.partition("=") for label in labels or ()]
    if bad := [key for key, equals, _ in pairs if not (key and equals)]:
        raise typer.BadParameter(f"{bad[0]!r} is not KEY=VALUE", param_hint="--label")
    return {key: value for key, _, value in pairs}
