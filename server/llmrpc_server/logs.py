"""How the server logs: one line an event, on standard error; for people on a terminal, else JSON."""

import logging
import sys
from typing import Any

import msgspec
import structlog

_encoder = msgspec.json.Encoder(enc_hook=str)


def configure(*, level: int = logging.INFO) -> None:
    """Set up logging for the process."""
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    factory: Any
    if sys.stderr.isatty():
        # Its prettier tracebacks show local variables: prompts and keys.
        processors.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
        factory = structlog.PrintLoggerFactory(sys.stderr)
    else:
        processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_to_json)]
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def _to_json(event: Any, **_: Any) -> bytes:
    return _encoder.encode(event)
