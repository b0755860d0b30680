"""A worker's process, which the supervisor starts: `llmrpc serve` with a lifeline for signals.

python -P -m llmrpc_server.commands.worker CONFIG METRICS people|programs insecure|secure WORKERS LISTEN
"""

import functools
import signal
import sys
from pathlib import Path

import typer

from llmrpc_server.commands.serve import OFF
from llmrpc_server.commands.start import announcement, failing_in_words, in_the_files_words, usable
from llmrpc_server.config.source import Source
from llmrpc_server.telemetry import logs
from llmrpc_server.workers.lifeline import Lifeline


def main() -> None:
    """Serve until the supervisor says otherwise."""
    # Until it serves: what it reads on its way there is new enough. A terminal's end is for the supervisor to see.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    lifeline = Lifeline()
    config, metrics, reader, care, workers, listen = sys.argv[1:]
    logs.configure(for_people=reader == "people")
    file = Path(config)
    source = Source(file, functools.partial(usable, file, listen, insecure=care == "insecure", workers=int(workers)))
    try:
        with failing_in_words():
            _serve(source, listen, None if metrics == OFF else metrics, lifeline)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)


def _serve(source: Source, listen: str, metrics: str | None, lifeline: Lifeline) -> None:
    loaded = source.take()

    from llmrpc_server import serving
    from llmrpc_server.app import App

    with in_the_files_words(loaded):
        serving.run(
            lambda: App(loaded, listen=listen, metrics=metrics, shares_port=True),
            lambda app: lifeline.serves(metrics=app.metrics_address, announcement=announcement(app.address, loaded)),
            source,
            lifeline.hear,
        )


if __name__ == "__main__":
    main()
