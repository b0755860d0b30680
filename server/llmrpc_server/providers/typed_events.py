"""Events that tell their type: which must be understood, and which may be passed over."""

from collections.abc import Container
from typing import Any, TypeVar

import msgspec

from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.failures import Failure, decoded, to_error
from llmrpc_server.providers.reading import Known, Reader

T = TypeVar("T", bound=Known)


class _Typed(msgspec.Struct):
    type: str


_TYPES = msgspec.json.Decoder(_Typed)


def read_event(
    reader: Reader[T], provider: str, name: bytes, data: bytes, known: Container[str]
) -> tuple[T, dict[str, Any]] | None:
    """Read an event; None for one of a type that is not known, which may have fields of our names and other types.

    Args:
        reader: Reads those of all known types.
        provider: The provider's name, for errors.
        name: What the event is called.
        data: What it holds.
        known: The types that must be understood.

    Raises:
        ProviderError: It cannot be read, or is called an error, in words that are not the format's.
    """
    try:
        return reader.read(provider, data)
    except ProviderBadResponse as unread:
        if name == b"error":
            raise to_error(Failure(provider, 0, {}, decoded(data))) from unread
        type_ = type_of(data)
        if type_ is None or type_ in known:
            raise
        return None


def type_of(data: bytes | str) -> str | None:
    """Return the type of an object; None where it has none."""
    try:
        return _TYPES.decode(data).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
