"""How the server logs: one line an event, on standard error; for people on a terminal, else JSON."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import msgspec
import structlog

from llmrpc_server.telemetry import log_lines

_encoder = msgspec.json.Encoder(enc_hook=str)


def configure(*, level: int = logging.INFO, for_people: bool | None = None) -> None:
    """Set up logging for the process.

    Args:
        for_people: Whether people read it as it comes; None looks whether standard error is a terminal.
    """
    if for_people is None:
        for_people = sys.stderr is not None and sys.stderr.isatty()
    processors: list[Any] = [_json]
    if for_people:
        processors = [
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            # Its prettier tracebacks show local variables: prompts and keys.
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
            _bytes,
        ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(cast("BinaryIO", log_lines.standard_error())),
        cache_logger_on_first_use=True,
    )


def _bytes(_logger: Any, _level: str, line: Any) -> bytes:
    return str(line).encode(errors="replace")


def _json(logger: Any, level: str, event: Any) -> bytes:
    """Make the line of an event; in one go, since every RPC pays for it."""
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, level, event)
    return _encoder.encode(event)
