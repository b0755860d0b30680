"""What of a configuration holds until the server's end, since connections, files and sockets depend on it."""

from collections.abc import Iterator

from llmrpc_server.config.document import Path_, Problem, key_name
from llmrpc_server.config.loading import BadConfig, Loaded

SECTIONS = ("server", "cache", "ledger", "idempotency", "tracing")


def check(running: Loaded, wanted: Loaded) -> None:
    """Check that a running server can go over to another configuration.

    Raises:
        BadConfig: It cannot without a restart.
    """
    if paths := list(_changes(running, wanted)):
        text = "holds until the server's end: restart it to change this"
        line = wanted.document.line
        raise BadConfig(wanted.source, [Problem(line(path), key_name(path), text) for path in paths])


def _changes(running: Loaded, wanted: Loaded) -> Iterator[Path_]:
    for name in SECTIONS:
        old, new = getattr(running.config, name), getattr(wanted.config, name)
        if old is None or new is None:
            if old is not new:
                yield (name,)
            continue
        for key in type(old).model_fields:
            if getattr(old, key) != getattr(new, key):
                yield (name, key)
