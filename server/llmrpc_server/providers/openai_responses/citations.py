"""Sources of a text, as its annotations tell them."""

from msgspec import Raw

from llmrpc.v1 import message_pb2
from llmrpc_server.providers.openai_responses.wire import Annotation, as_text
from llmrpc_server.providers.reading import Reader

_ANNOTATION = Reader(Annotation, "an annotation")
_MAX_POSITION = 2**31 - 1


def citation(provider: str, annotation: Raw) -> message_pb2.Citation:
    """Read an annotation; a source without an address is a file, and has its name for a title.

    Raises:
        ProviderBadResponse: It is none.
    """
    known, _ = _ANNOTATION.read(provider, bytes(annotation))
    return message_pb2.Citation(
        title=known.title or known.filename or "",
        uri=known.url or "",
        start_index=_position(known.start_index),
        end_index=_position(known.end_index),
        json=as_text(provider, annotation),
    )


def _position(index: int | None) -> int | None:
    return index if index is not None and 0 <= index <= _MAX_POSITION else None
