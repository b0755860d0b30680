"""JSON objects, read one level deep: what stands in them goes on as it came."""

import msgspec
from msgspec import Raw

from llmrpc_server.providers.conversation import raw_json

# The vendor's own name for arguments that are no object.
_INVALID = "INVALID_JSON"

_DECODER = msgspec.json.Decoder(dict[str, Raw])


def read_object(json: str | bytes | Raw) -> dict[str, Raw] | None:
    """Return the fields of an object; None for any other text."""
    try:
        return _DECODER.decode(json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def to_object(arguments: str) -> Raw:
    """Return the arguments of a tool's call, any text that a model can write, as the object that the format has."""
    if not arguments:
        return Raw(b"{}")
    if read_object(arguments) is None:
        return Raw(msgspec.json.encode({_INVALID: arguments}))
    return raw_json(arguments)
