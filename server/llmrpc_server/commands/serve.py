"""`llmrpc serve`."""

import dataclasses
import functools
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from llmrpc_server.commands import configuration, named
from llmrpc_server.config.document import Problem
from llmrpc_server.config.loading import BadConfig, BadSetting, Loaded
from llmrpc_server.config.source import Source
from llmrpc_server.local_model import weights

DEFAULT_LISTEN = "127.0.0.1:50051"
DEFAULT_METRICS = "127.0.0.1:9464"
OFF = "off"

_MAX_PORT = 65535
_UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h


def serve(
    *,
    config: configuration.Option = None,
    listen: Annotated[
        str, typer.Option(envvar="LLMRPC_LISTEN", help="Host and port; port 0 takes a free one.")
    ] = DEFAULT_LISTEN,
    metrics: Annotated[
        str, typer.Option(envvar="LLMRPC_METRICS", help=f'Host and port of the Prometheus endpoint, or "{OFF}".')
    ] = DEFAULT_METRICS,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            envvar="LLMRPC_INSECURE",
            help="Let everybody in who reaches another address than this machine's own, for example behind a firewall.",
        ),
    ] = False,
) -> None:
    """Run the server. Without a configuration: the clouds whose keys are in the environment, else a local model.

    SIGTERM and Ctrl-C finish the calls under way; a second one ends them. A change of the configuration, or SIGHUP,
    takes effect while it runs.
    """
    from llmrpc_server.telemetry import logs

    logs.configure()
    _check_address("--listen", listen)
    if metrics != OFF:
        _check_address("--metrics", metrics)
    file = configuration.file_of(config)
    source = Source(file, functools.partial(_usable, file, listen, insecure=insecure))
    try:
        loaded = source.take()
    except BadConfig as error:
        typer.echo(error, err=True)
        raise typer.Exit(configuration.UNUSABLE) from error
    except weights.WeightsUnavailable as error:
        typer.echo(f"The local model is not there: {error}", err=True)
        raise typer.Exit(_UNAVAILABLE) from error
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)

    from llmrpc_server import serving
    from llmrpc_server.app import App, CannotStart

    try:
        serving.run(
            lambda: App(loaded, listen=listen, metrics=None if metrics == OFF else metrics),
            lambda app: _announce(app.address, loaded),
            source,
        )
    except CannotStart as error:
        typer.echo(error, err=True)
        raise typer.Exit(_UNAVAILABLE) from error
    except BadSetting as error:
        typer.echo(BadConfig(loaded.source, loaded.problems([error])), err=True)
        raise typer.Exit(configuration.UNUSABLE) from error


def _usable(file: Path | None, listen: str, *, insecure: bool) -> Loaded:
    """Read the configuration, and see that a server at this address can go by it, now or when it changes.

    Raises:
        BadConfig: It cannot.
        WeightsUnavailable: The local model cannot be fetched.
    """
    loaded = configuration.read(file)
    faults = [*_exposure(listen, loaded, insecure=insecure), *loaded.problems(named.local_models(loaded))]
    if faults:
        raise BadConfig(loaded.source, faults)
    _fetch_weights(loaded)
    return dataclasses.replace(loaded, warnings=(*loaded.warnings, *_exposed(listen, loaded, insecure=insecure)))


def _check_address(option: str, address: str) -> None:
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit() and int(port) <= _MAX_PORT):
        raise typer.BadParameter(f"must be HOST:PORT, for example {DEFAULT_LISTEN}, is {address!r}", param_hint=option)


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


def _announce(address: str, loaded: Loaded) -> None:
    """Say what is served, on standard output: the first line is for programs, too.

    All at once: a program may close its end when it has read that line.
    """
    lines = [f"llmrpc serves on {address}, configured by {loaded.source}"]
    if loaded.config.auth is None:
        lines.append("  without `auth`: every program that reaches this address may call")
    for name, route in loaded.config.routes.items():
        lines.append(f"  {name}: {', then '.join(target.model for target in route.targets)}")
    if any(kind == "local" for kind, _ in loaded.providers.values()):
        lines.append("  local is a model that runs inside this server, small and no stand-in for a cloud's")
    typer.echo("\n".join(lines))
