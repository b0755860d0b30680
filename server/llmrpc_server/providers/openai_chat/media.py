"""Sound and pictures in an answer."""

import base64
import re
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.openai_chat.wire import Audio, Fields

# The wire names no format: it is the one that the request asked for, and streamed sound is bare samples.
_SOUNDS = (
    (b"RIFF", "audio/wav"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\xff", "audio/mpeg"),
)
_SAMPLES = "audio/pcm"
_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,")
_GROUP = 4
_ENOUGH = 2 * _GROUP


class Sound:
    """Reads spoken output into one part of an answer. What is said in it is text, and told elsewhere."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._part: int | None = None
        self._state: dict[str, Any] = {}
        self._rest = ""

    def take(self, audio: Audio) -> None:
        """Read a piece.

        Raises:
            ValueError: Its data is not base64.
        """
        told = {"id": audio.id, "expires_at": audio.expires_at}
        self._state.update((name, value) for name, value in told.items() if value)
        self._rest += audio.data or ""
        # The first bytes are waited for: they tell the format.
        if self._part is not None or len(self._rest) >= _ENOUGH:
            self._tell()

    def settle(self) -> None:
        """Take note that no more comes.

        Raises:
            ProviderBadResponse: The data ends amid a byte.
        """
        self._tell()
        if self._rest:
            raise ProviderBadResponse(f"{self._provider} sent sound that ends amid a byte")

    def _tell(self) -> None:
        # A piece can end amid a group; one that is padded ends its own.
        whole = len(self._rest) - len(self._rest) % _GROUP
        text, self._rest = self._rest[:whole], self._rest[whole:]
        data = base64.b64decode(text, validate=True)
        if self._part is None and data:
            media = message_pb2.Media(mime_type=_sound_type(data), data=b"")
            self._part = self._answer.start(message_pb2.ContentPart(media=media))
            self._answer.keep(self._part, audio=self._state)
        if self._part is not None:
            self._answer.grow(self._part, data)


def picture(image: Fields) -> message_pb2.Media | None:
    """Read a picture, its bytes or its address; None where there is neither.

    Raises:
        ValueError: Its data is not base64.
    """
    inner = image.get("image_url")
    url = inner.get("url") if isinstance(inner, dict) else inner
    if not isinstance(url, str) or not url:
        return None
    if (data := _DATA_URI.match(url)) is not None:
        return message_pb2.Media(mime_type=data[1], data=base64.b64decode(url[data.end() :], validate=True))
    return message_pb2.Media(uri=url)


def _sound_type(start: bytes) -> str:
    return next((name for signature, name in _SOUNDS if start.startswith(signature)), _SAMPLES)
