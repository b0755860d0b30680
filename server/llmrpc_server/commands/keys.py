"""`llmrpc keys`."""

import getpass
import json as json_text
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from llmrpc.cli import terminal
from llmrpc_server.access.scopes import EVERYBODYS, ORDINARY, Scope
from llmrpc_server.auth import key_file
from llmrpc_server.auth.keys import Key, new_id, new_text, secret_of
from llmrpc_server.commands import configuration
from llmrpc_server.config.values import Duration

_USUAL = Path("keys.yaml")
_RIGHTS = ", ".join(scope for scope in Scope if scope not in EVERYBODYS)
_HEADS = ("id", "state", "tenant", "user", "expires", "scopes", "note")

keys = typer.Typer(no_args_is_help=True, help="Make, list, revoke and rotate API keys.")


def _seconds(text: str) -> timedelta:
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        raise typer.BadParameter("must be a duration such as 30s, 5m, 1h or 90d") from None


File = Annotated[
    Path | None,
    typer.Option("--file", "-f", dir_okay=False, help="The file of keys; else the configuration's auth.keys."),
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The key's public id, as `llmrpc keys list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@keys.callback()
def group() -> None:
    """Make, list, revoke and rotate API keys."""


@keys.command()
def create(
    *,
    tenant: Annotated[str, typer.Option(help="Whose calls these are.")],
    user: Annotated[str, typer.Option(help="The tenant's user to whom the key belongs.")] = "",
    names_users: Annotated[
        bool, typer.Option("--names-users", help="Limits and budgets count the user that each request names.")
    ] = False,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help=f"{_RIGHTS}, or model:NAME for what may be asked for; repeatable. Else {', '.join(sorted(ORDINARY))}.",
        ),
    ] = None,
    expires: Annotated[
        timedelta | None, typer.Option(parser=_seconds, metavar="DURATION", help="From now, for example 90d.")
    ] = None,
    note: Annotated[str, typer.Option(help="For people.")] = "",
    config: configuration.Option = None,
    file: File = None,
    json: Json = False,
) -> None:
    """Make a key. It is shown once and kept nowhere: only its hash is."""
    key_id = new_id()
    text, now = new_text(key_id), _now()
    made: dict[str, Any] = {
        "id": key_id,
        "tenant": tenant,
        "user": user,
        "names_users": names_users,
        "scopes": scope or sorted(ORDINARY),
        "note": note,
        "created": now,
        "secrets": [secret_of(text, expires=None if expires is None else now + expires)],
    }
    try:
        key = Key.model_validate({name: value for name, value in made.items() if value} | {"tenant": tenant})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise typer.BadParameter(first["msg"], param_hint=f"--{str(first['loc'][0]).removesuffix('s')}") from None
    with _changing(config, file) as found:
        found.append(key)
    _told("key created", key)
    _show(text, key, json=json)


@keys.command("list")
def list_keys(*, config: configuration.Option = None, file: File = None, json: Json = False) -> None:
    """List the keys, with what they may do and until when, without their secrets."""
    path = _path(config, file)
    found = _read(path)
    rows = [_row(key) for key in found]
    if json:
        typer.echo(json_text.dumps(rows))
        return
    for line in _table([_HEADS, *(_cells(row) for row in rows)]):
        typer.echo(line)


@keys.command()
def revoke(key_id: Id, *, config: configuration.Option = None, file: File = None) -> None:
    """Make a key useless at once; servers look at the file twice a second."""
    with _changing(config, file) as found:
        index = _index(found, key_id)
        if found[index].revoked is None:
            found[index] = found[index].model_copy(update={"revoked": _now()})
    _told("key revoked", found[index])


@keys.command()
def rotate(
    key_id: Id,
    *,
    grace: Annotated[
        timedelta, typer.Option(parser=_seconds, metavar="DURATION", help="How long the old text stays good.")
    ] = timedelta(days=1),
    expires: Annotated[
        timedelta | None, typer.Option(parser=_seconds, metavar="DURATION", help="Of the new text, from now.")
    ] = None,
    config: configuration.Option = None,
    file: File = None,
    json: Json = False,
) -> None:
    """Give a key a new text under the same id; the old one stays good for a while."""
    text, now = new_text(key_id), _now()
    with _changing(config, file) as found:
        index = _index(found, key_id)
        if found[index].revoked is not None:
            raise typer.BadParameter(f"{key_id} is revoked: make a new key", param_hint="ID")
        ends = now + grace
        old = [
            secret if secret.expires and secret.expires < ends else secret.model_copy(update={"expires": ends})
            for secret in found[index].secrets
            if secret.expires is None or secret.expires > now
        ]
        new = secret_of(text, expires=None if expires is None else now + expires)
        found[index] = found[index].model_copy(update={"secrets": [new, *old]})
    _told("key rotated", found[index])
    _show(text, found[index], json=json)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _path(config: Path | None, file: Path | None) -> Path:
    if file is not None:
        return file
    auth = configuration.load_or_exit(config).config.auth
    return Path(auth.keys) if auth is not None and auth.keys is not None else _USUAL


@contextmanager
def _changing(config: Path | None, file: Path | None) -> Iterator[list[Key]]:
    path = _path(config, file)
    with _telling(path), key_file.changing(path) as found:
        yield found


def _read(path: Path) -> list[Key]:
    with _telling(path):
        return list(key_file.parse(path.read_bytes()).keys.values())
    raise AssertionError  # _telling has left


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """End the command with the reason where the file is no good."""
    try:
        yield
    except ValueError as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(configuration.UNUSABLE) from error
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}", err=True)
        raise typer.Exit(1) from error


def _index(found: list[Key], key_id: str) -> int:
    for index, key in enumerate(found):
        if key.id == key_id:
            return index
    raise typer.BadParameter("no key has that id; `llmrpc keys list` of the same file shows them", param_hint="ID")


def _row(key: Key) -> dict[str, Any]:
    ends = [secret.expires for secret in key.secrets]
    expires = None if None in ends else max(end for end in ends if end is not None)
    state = "revoked" if key.revoked else "expired" if expires is not None and expires <= _now() else "good"
    return {
        "id": key.id,
        "state": state,
        "tenant": key.tenant,
        "user": key.user,
        "scopes": key.scopes,
        "created": key.created.isoformat(),
        "expires": None if expires is None else expires.isoformat(),
        "note": key.note,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shown = {**row, "expires": row["expires"] or "never", "scopes": ",".join(row["scopes"])}
    return tuple(shown[head] or "-" for head in _HEADS)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    from rich.cells import cell_len

    shown = [[terminal.cell(text) for text in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True)).rstrip()


def _show(text: str, key: Key, *, json: bool) -> None:
    """Print the key itself, alone on standard output."""
    typer.echo(json_text.dumps({"key": text, **_row(key)}) if json else text)


def _told(action: str, key: Key) -> None:
    """Write who did it, on standard error, as the server's log has it."""
    line = {"event": "audit", "action": action, "tenant": key.tenant, "key": key.id, "by": getpass.getuser()}
    typer.echo(json_text.dumps(line | {"timestamp": _now().isoformat()}), err=True)
