"""What sort of medium a part holds, and its bytes as JSON formats write them."""

import base64
import mimetypes
from typing import Literal
from urllib.parse import urlsplit

from llmrpc.v1 import message_pb2

MediaKind = Literal["image", "audio", "video", "document"]

_KINDS: dict[str, MediaKind] = {"image": "image", "audio": "audio", "video": "video"}


def mime_type(media: message_pb2.Media) -> str:
    """Return the media type as told, else as the address or the filename has it; empty where neither tells."""
    if media.mime_type:
        return media.mime_type.partition(";")[0].strip().lower()
    path = urlsplit(media.uri).path or media.filename
    return mimetypes.guess_type(path)[0] or ""


def kind_of(media: message_pb2.Media) -> MediaKind:
    """Return what sort it is. An address without a type is taken for an image, a file id for a document."""
    told = mime_type(media)
    if not told:
        return "image" if media.WhichOneof("source") == "uri" else "document"
    return _KINDS.get(told.partition("/")[0], "document")


def base64_of(media: message_pb2.Media) -> str:
    """Return the bytes in base64."""
    return base64.b64encode(media.data).decode("ascii")


def data_uri(media: message_pb2.Media) -> str:
    """Return the bytes as a data: address."""
    return f"data:{mime_type(media)};base64,{base64_of(media)}"
