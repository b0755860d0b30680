"""The content of a message: plain text, or a list of blocks."""

import mimetypes
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.call import Call
from llmrpc_server.requests.features import Harmless
from llmrpc_server.requests.media import base64_of, data_uri, kind_of, mime_type

Block = dict[str, Any]

_AUDIO_FORMATS = {"x-wav": "wav", "mpeg": "mp3"}


def text_block(text: str) -> Block:
    """Render a text."""
    return {"type": "text", "text": text}


def media_block(media: message_pb2.Media, call: Call) -> Block:
    """Render a picture, a sound or a document; a name or a detail without a place there is dropped."""
    kind = kind_of(media)
    if media.detail and kind != "image":
        call.drop(Harmless.DETAIL)
    if media.filename and (kind != "document" or media.file_id):
        call.drop(Harmless.FILENAME)
    if kind == "image":
        image = {"url": media.uri or data_uri(media)}
        return {"type": "image_url", "image_url": {**image, "detail": media.detail} if media.detail else image}
    if kind == "audio":
        subtype = mime_type(media).partition("/")[2]
        sound = {"data": base64_of(media), "format": _AUDIO_FORMATS.get(subtype, subtype)}
        return {"type": "input_audio", "input_audio": sound}
    if media.file_id:
        return {"type": "file", "file": {"file_id": media.file_id}}
    filename = media.filename or f"document{mimetypes.guess_extension(mime_type(media)) or ''}"
    return {"type": "file", "file": {"filename": filename, "file_data": data_uri(media)}}


def content(blocks: list[Block]) -> str | list[Block]:
    """Render the blocks, empty texts left out; a text alone is just that, and nothing is an empty text."""
    blocks = [block for block in blocks if block != text_block("")]
    if not blocks:
        return ""
    text: str | None = blocks[0].get("text") if len(blocks) == 1 else None
    return blocks if text is None else text
