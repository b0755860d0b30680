"""What a server process looks at before it serves, and how it says why it cannot: `llmrpc serve` and each worker."""

import contextlib
import dataclasses
import ipaddress
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import typer

from llmrpc_server.commands import configuration, named
from llmrpc_server.config.document import Problem
from llmrpc_server.config.loading import BadConfig, BadSetting, Loaded
from llmrpc_server.local_model import weights
from llmrpc_server.startup import CannotStart

# A pipe has room for it: nobody need read more than the first line.
_MOST_ROUTES_SHOWN = 20


def usable(file: Path | None, listen: str, *, insecure: bool, workers: int) -> Loaded:
    """Read the configuration, and see that servers at this address can go by it, now or when it changes.

    Raises:
        BadConfig: They cannot.
        WeightsUnavailable: The local model cannot be fetched.
    """
    loaded = configuration.read(file)
    faults = [
        *_exposure(listen, loaded, insecure=insecure),
        *_apart(workers, loaded),
        *loaded.problems(named.local_models(loaded)),
    ]
    if faults:
        raise BadConfig(loaded.source, faults)
    _fetch_weights(loaded)
    return dataclasses.replace(loaded, warnings=(*loaded.warnings, *_exposed(listen, loaded, insecure=insecure)))


@contextlib.contextmanager
def failing_in_words() -> Iterator[None]:
    """Say what a server cannot start for, and end the program with its exit code."""
    try:
        yield
    except BadConfig as error:
        typer.echo(error, err=True)
        raise typer.Exit(configuration.UNUSABLE) from error
    except weights.WeightsUnavailable as error:
        typer.echo(f"The local model is not there: {error}", err=True)
        raise typer.Exit(os.EX_UNAVAILABLE) from error
    except CannotStart as error:
        typer.echo(error, err=True)
        raise typer.Exit(os.EX_UNAVAILABLE) from error


@contextlib.contextmanager
def in_the_files_words(loaded: Loaded) -> Iterator[None]:
    """Say of a setting that is no good where it stands.

    Raises:
        BadConfig: There was one.
    """
    try:
        yield
    except BadSetting as error:
        raise BadConfig(loaded.source, loaded.problems([error])) from error


def announcement(address: str, loaded: Loaded) -> str:
    """Return what is served, for standard output: the first line is for programs, too.

    It goes out all at once: a program may close its end when it has read that line.
    """
    lines = [f"llmrpc serves on {address}, configured by {loaded.source}"]
    if loaded.config.auth is None:
        lines.append("  without `auth`: every program that reaches this address may call")
    routes = loaded.config.routes
    for name, route in itertools.islice(routes.items(), _MOST_ROUTES_SHOWN):
        lines.append(f"  {name}: {', then '.join(target.model for target in route.targets)}")
    if len(routes) > _MOST_ROUTES_SHOWN:
        lines.append(f"  and {len(routes) - _MOST_ROUTES_SHOWN} more")
    if any(kind == "local" for kind, _ in loaded.providers.values()):
        lines.append("  local is a model that runs inside this server, small and no stand-in for a cloud's")
    return "\n".join(lines)


def _apart(workers: int, loaded: Loaded) -> Iterator[Problem]:
    """Refuse several processes where each would keep to itself what callers are promised of the whole."""
    if workers > 1 and not loaded.config.cache.memcached:
        yield Problem(
            0,
            "cache.memcached",
            f"must be set for --workers {workers}: server processes share the cache, its invalidation, rate limits and "
            "outcomes of repeated requests over memcached alone. Name its servers, for example "
            "`cache: {memcached: [127.0.0.1:11211]}`, or serve with --workers 1",
        )


def _exposure(listen: str, loaded: Loaded, *, insecure: bool) -> Iterator[Problem]:
    """Refuse to spend the operator's money for everybody."""
    if loaded.config.auth is None and not insecure and not _is_loopback(listen):
        yield Problem(
            0,
            "auth",
            f"is missing: everybody who reaches {listen} could spend your money. Say who may call (docs/auth.md), "
            "listen on 127.0.0.1, or pass --insecure where the network itself keeps others out",
        )


def _exposed(listen: str, loaded: Loaded, *, insecure: bool) -> Iterator[str]:
    """Warn of who may call, and of credentials that travel in the clear."""
    if _is_loopback(listen):
        return
    if loaded.config.auth is None:
        yield f"whoever reaches {listen} may call; the configuration has no `auth`"
    elif loaded.config.server.tls is None and not insecure:
        yield (
            f"credentials travel unencrypted to {listen}: set server.tls, or pass --insecure where something else "
            "encrypts"
        )


def _is_loopback(listen: str) -> bool:
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fetch_weights(loaded: Loaded) -> None:
    kinds = loaded.providers.values()
    needed = any(kind == "local" and settings.path is None for kind, settings in kinds)
    if not needed or weights.present():
        return
    typer.echo(f"Fetching the local model {weights.NAME}, {weights.MEGABYTES} MB, once", err=True)
    weights.fetch()
