"""What the bytes of a recording say, by the reader of its wire format."""

import json

from replay import reader_chat, reader_cohere, reader_messages, reader_responses
from replay.reader_errors import failed
from replay.reading import Answer, Failure
from replay.recordings import Recording

_READERS = {
    "chat": reader_chat.read,
    "responses": reader_responses.read,
    "messages": reader_messages.read,
    "chat_v2": reader_cohere.read,
}


def expected(recording: Recording) -> Answer | Failure:
    """Read a recording as a caller should hear it."""
    if recording.status != 200:
        return failed(recording.status, json.loads(recording.body))
    return _READERS[recording.api](recording.body, streamed=recording.streamed)
