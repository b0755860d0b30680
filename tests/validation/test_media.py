"""What sort of medium a part holds."""

from typing import Any

import pytest

from llmrpc.v1 import message_pb2
from llmrpc_server.requests.media import base64_of, data_uri, kind_of, mime_type


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"mime_type": "image/png", "data": b"x"}, ("image", "image/png")),
        ({"mime_type": "IMAGE/PNG; q=1", "data": b"x"}, ("image", "image/png")),
        ({"mime_type": "audio/wav", "data": b"x"}, ("audio", "audio/wav")),
        ({"mime_type": "video/mp4", "uri": "https://example.com/x"}, ("video", "video/mp4")),
        ({"mime_type": "application/pdf", "file_id": "f"}, ("document", "application/pdf")),
        ({"mime_type": "text/plain", "data": b"x"}, ("document", "text/plain")),
        ({"uri": "https://example.com/a/x.pdf?q=y.png"}, ("document", "application/pdf")),
        ({"uri": "https://example.com/a/x.mp3"}, ("audio", "audio/mpeg")),
        ({"uri": "https://example.com/photo"}, ("image", "")),
        ({"file_id": "f", "filename": "x.jpg"}, ("image", "image/jpeg")),
        ({"file_id": "f"}, ("document", "")),
    ],
)
def test_kinds(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    """The type tells, else the name; without either an address is an image's, and a file id a document's."""
    media = message_pb2.Media(**fields)

    assert expected == (kind_of(media), mime_type(media))


def test_bytes_in_json() -> None:
    """Bytes are base64, by themselves or as an address."""
    media = message_pb2.Media(mime_type="image/png", data=b"\x00\xff")

    assert ("AP8=", "data:image/png;base64,AP8=") == (base64_of(media), data_uri(media))
