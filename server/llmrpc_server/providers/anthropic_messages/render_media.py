"""Images and documents as blocks of content."""

from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server import errors
from llmrpc_server.call import Call
from llmrpc_server.requests.features import Harmless
from llmrpc_server.requests.media import base64_of, kind_of, mime_type

Fields = dict[str, Any]


def render_media(media: message_pb2.Media, call: Call) -> Fields:
    """Render an image, or anything else as a document.

    Raises:
        ProviderUnsupported: It is a text that is not in UTF-8.
    """
    if kind_of(media) == "image":
        if media.filename:
            call.drop(Harmless.FILENAME)
        return {"type": "image", "source": _source(media)}
    is_text = media.WhichOneof("source") == "data" and mime_type(media).startswith("text/")
    document: Fields = {"type": "document", "source": _text_source(media, call) if is_text else _source(media)}
    if media.filename:
        document["title"] = media.filename
    return document


def _source(media: message_pb2.Media) -> Fields:
    match media.WhichOneof("source"):
        case "uri":
            return {"type": "url", "url": media.uri}
        case "file_id":
            return {"type": "file", "file_id": media.file_id}
        case _:
            return {"type": "base64", "media_type": mime_type(media), "data": base64_of(media)}


def _text_source(media: message_pb2.Media, call: Call) -> Fields:
    try:
        text = media.data.decode()
    except UnicodeDecodeError as error:
        name = call.target.provider.name
        raise errors.ProviderUnsupported(f"{name} takes no document of text that is not in UTF-8") from error
    return {"type": "text", "media_type": "text/plain", "data": text}
