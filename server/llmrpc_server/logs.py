"""How the server logs: one line an event, on standard error; for people on a terminal, else JSON."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

_encoder = msgspec.json.Encoder(enc_hook=str)


def configure(*, level: int = logging.INFO) -> None:
    """Set up logging for the process."""
    processors: list[Any]
    factory: Any
    if sys.stderr.isatty():
        processors = [
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            # Its prettier tracebacks show local variables: prompts and keys.
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
        factory = structlog.PrintLoggerFactory(sys.stderr)
    else:
        processors = [_json]
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def _json(logger: Any, level: str, event: Any) -> bytes:
    """Make the line of an event; in one go, since every RPC pays for it."""
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, level, event)
    return _encoder.encode(event)
