"""Images, documents and audio in a request, described by type and size."""

import base64
import binascii
import re

from .errors import InvalidRequest
from .fields import Described, Fields, said

_DATA_URL = re.compile(r"data:(?P<mime_type>[^;,]+);base64,(?P<data>.*)", re.DOTALL)


def from_url(kind: str, source: Fields, name: str) -> Described:
    """Describe what an address or a data URL holds."""
    url: str = source.need(name, str)
    if found := _DATA_URL.fullmatch(url):
        return {"type": kind, "mime_type": found["mime_type"], "bytes": _size(found["data"], source, name)}
    if not url.startswith(("http://", "https://")):
        raise source.invalid("must be an address or a data URL of base64", name)
    return {"type": kind, "uri": url}


def from_base64(kind: str, mime_type: str, source: Fields, name: str) -> Described:
    """Describe what base64 holds."""
    return {"type": kind, "mime_type": mime_type, "bytes": _size(source.need(name, str), source, name)}


def from_file_id(kind: str, source: Fields) -> Described:
    """Describe a file that was uploaded."""
    return {"type": kind, "file_id": source.need("file_id", str)}


def from_file(source: Fields, *, addresses: bool) -> Described:
    """Describe OpenAI's file: by id, as a data URL, or by address where the wire format has that."""
    names = ("file_data", "file_url") if addresses else ("file_data",)
    name = next((name for name in names if source.has(name)), None)
    if name is None and not source.has("file_id"):
        raise InvalidRequest("missing", (*source.path, "file_data"))
    described = from_file_id("document", source) if name is None else from_url("document", source, name)
    source.ignore("file_id", *names)
    return described | said(filename=source.take("filename", str))


def _size(data: str, source: Fields, name: str) -> int:
    """Return the number of bytes that base64 stands for."""
    try:
        return len(base64.b64decode(data, validate=True))
    except binascii.Error:
        raise source.invalid("must be base64", name) from None
