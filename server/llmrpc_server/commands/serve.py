"""`llmrpc serve`."""

import functools
import os
import sys
from typing import Annotated, NoReturn

import typer

from llmrpc_server import hangup
from llmrpc_server.commands import configuration
from llmrpc_server.commands.start import announcement, failing_in_words, in_the_files_words, usable
from llmrpc_server.config.source import Source

DEFAULT_LISTEN = "127.0.0.1:50051"
DEFAULT_METRICS = "127.0.0.1:9464"
OFF = "off"
ANY_PORT = "127.0.0.1:0"

_MAX_PORT = 65535
_STANDARD_OUTPUT = 1
_MOST_WORKERS = 256


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
    workers: Annotated[
        int,
        typer.Option(
            envvar="LLMRPC_WORKERS",
            min=1,
            max=_MOST_WORKERS,
            help="Server processes that share the port; several need cache.memcached.",
        ),
    ] = 1,
) -> None:
    """Run the server. Without a configuration: the clouds whose keys are in the environment, else a local model.

    SIGTERM and Ctrl-C finish the calls under way; a second one ends them. A change of the configuration, or SIGHUP,
    takes effect while it runs.
    """
    from llmrpc_server.telemetry import logs

    hangup.hold_back()
    logs.configure()
    _check_address("--listen", listen)
    if metrics != OFF:
        _check_address("--metrics", metrics)
    file = configuration.file_of(config)
    source = Source(file, functools.partial(usable, file, listen, insecure=insecure, workers=workers))
    with failing_in_words():
        loaded = source.take()
        for warning in loaded.warnings:
            typer.echo(f"warning: {warning}", err=True)
        if workers > 1:
            _become_supervisor(workers, str(file), listen, metrics, insecure=insecure)

        from llmrpc_server import serving
        from llmrpc_server.app import App

        with in_the_files_words(loaded):
            serving.run(
                lambda: App(loaded, listen=listen, metrics=None if metrics == OFF else metrics),
                lambda app: _announce(announcement(app.address, loaded)),
                source,
            )


def _announce(text: str) -> None:
    """Say on standard output what is served; that nobody hears it ends no server."""
    try:
        os.write(_STANDARD_OUTPUT, text.encode() + b"\n")
    except OSError as error:
        import structlog

        structlog.get_logger().warning("nobody hears what is served", error=error.strerror)


def _become_supervisor(workers: int, file: str, listen: str, metrics: str, *, insecure: bool) -> NoReturn:
    """Make this process the one above the workers, without what it took to look at the configuration."""
    # Without -P, modules in the working folder would be found before others.
    python = [sys.executable, "-P", "-m"]
    own_metrics = OFF if metrics == OFF else ANY_PORT
    for_people = "people" if sys.stderr.isatty() else "programs"
    care = "insecure" if insecure else "secure"
    worker = [*python, "llmrpc_server.commands.worker", file, own_metrics, for_people, care, str(workers)]
    sys.stdout.flush()
    sys.stderr.flush()
    # The words are for who looks for it by its command.
    supervisor = [*python, "llmrpc_server.workers", "llmrpc serve", str(workers), listen, metrics, *worker]
    os.execv(sys.executable, supervisor)  # noqa: S606 - every word is ours


def _check_address(option: str, address: str) -> None:
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit() and int(port) <= _MAX_PORT):
        raise typer.BadParameter(f"must be HOST:PORT, for example {DEFAULT_LISTEN}, is {address!r}", param_hint=option)
