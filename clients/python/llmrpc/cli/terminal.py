"""What people see: answers on stdout, everything about them on stderr."""

import sys
from decimal import Decimal
from typing import Final

import typer

from llmrpc.assembler import RESET
from llmrpc.client import CompletionStream
from llmrpc.completion import Completion
from llmrpc.errors import (
    BrokenStream,
    ConnectionFailed,
    DeadlineExceeded,
    InternalError,
    InvalidRequest,
    LlmrpcError,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from llmrpc.v1.accounting_pb2 import CACHE_STATUS_HIT, USAGE_SOURCE_ESTIMATED, Cost, Usage

EXIT_CODES: Final[dict[type[LlmrpcError], int]] = {
    InvalidRequest: 65,
    Unsupported: 65,
    Unavailable: 69,
    InternalError: 70,
    BrokenStream: 70,
    ResourceExhausted: 75,
    Unauthenticated: 77,
    PermissionDenied: 77,
    DeadlineExceeded: 124,
}

# An answer, or a name, could otherwise send the terminal commands.
_CONTROL_CHARACTERS: Final = dict.fromkeys(
    code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
)
# Those that move on to another line or column, in the eyes of a terminal or of whoever splits lines.
_BREAKS: Final = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"), " ")


def exit_code(error: LlmrpcError) -> int:
    """Tell the exit code for an error; 1 for one without a code of its own."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


def note(text: str, *, dim: bool = False) -> None:
    """Print a line about an answer."""
    typer.secho(text, err=True, dim=dim or None)


def show_text(text: str) -> None:
    """Print a piece of an answer."""
    sys.stdout.write(plain(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def plain(text: str) -> str:
    """Leave out what is no text to a terminal but a command."""
    return text.translate(_CONTROL_CHARACTERS)


def cell(text: str) -> str:
    """Write a name in a row of columns: what would end the line, or move to another column, becomes a space."""
    return plain(text.translate(_BREAKS))


def show_answer(completion: Completion) -> None:
    """Print a whole answer."""
    show_text(completion.text)
    _end_line(completion.text)


def show_stream(stream: CompletionStream) -> Completion:
    """Print an answer as it comes."""
    last = ""
    for text in stream.text:
        if text is RESET:
            typer.secho("\n(a provider broke off: the answer starts again)\n", dim=True)
        else:
            show_text(text)
        last = text
    _end_line(last)
    return stream.completion


def show_footer(completion: Completion, seconds: float) -> None:
    """Print what the caller should know about an answer; what it took only where somebody watches."""
    for warning in completion.warnings:
        note(f"Warning: {warning.text or warning.reason}")
    if completion.finish_reason != "STOP":
        note(f"The answer ended with {completion.finish_reason}.")
    if sys.stderr.isatty():
        note(footer(completion, seconds), dim=True)


def footer(completion: Completion, seconds: float) -> str:
    """Say who answered, and what it took: "openai/gpt-4o · 12 in, 80 out · 1.3 s · USD 0.00084"."""
    target = completion.accounting.target
    parts = [f"{target.provider}/{target.model}"] if target.provider else []
    if completion.accounting.cache.status == CACHE_STATUS_HIT:
        parts.append("cached")
    if completion.usage:
        parts.append(format_usage(completion.usage))
    parts.append(f"{seconds:.1f} s")
    if completion.cost:
        parts.append(format_cost(completion.cost))
    return " · ".join(parts)


def format_usage(usage: Usage) -> str:
    """Say tokens; "~" where they are estimated."""
    about = "~" if usage.source == USAGE_SOURCE_ESTIMATED else ""
    return f"{about}{usage.input_tokens} in, {about}{usage.output_tokens} out"


def format_cost(cost: Cost) -> str:
    """Say money; "at least" where a part has no known price."""
    amount = cost.units + Decimal(cost.picos).scaleb(-12)
    least = "at least " if cost.incomplete else ""
    return f"{least}{cost.currency_code} {amount.normalize():f}"


def show_error(error: LlmrpcError, address: str) -> None:
    """Print what went wrong and what helps."""
    if isinstance(error, ConnectionFailed) and not error.call_id:
        note(f"No llmrpc server answers at {address}. Start one with: llmrpc serve")
        if "Connection refused" not in error.message:
            note(error.message, dim=True)
        return
    note(f"Error: {error.reason or error.code.name}: {error.message}")
    for field, description in (*error.field_violations, *error.quota_violations):
        if description not in error.message:
            note(f"  {field}: {description}")
    if isinstance(error, Unauthenticated):
        note("  Name a good token in LLMRPC_TOKEN, or with --token.")
    if error.retry_delay is not None:
        note(f"  Try again in {error.retry_delay:g} s.")
    if error.call_id:
        note(f"  Call {error.call_id}", dim=True)


def _end_line(text: str) -> None:
    """End the line that an answer left open."""
    if text and not text.endswith("\n"):
        show_text("\n")
