"""Conversations with images, documents and audio."""

from typing import Any

from llmrpc_server.errors import ProviderUnsupported
from rendering.expectation import Expectation, Unsayable, refused
from rendering.media import IMAGE_64, PDF_64, SOUND_64
from rendering.openai_chat.sdk import MODEL, sent

PNG = f"data:image/png;base64,{IMAGE_64}"
JPEG = f"data:image/jpeg;base64,{IMAGE_64}"
FILENAME = "messages[].parts[].media.filename"
# Other servers of this format take more than OpenAI's own two.
FLAC: Any = "flac"
SECOND = "messages[0].parts[1].media"

MEDIA: dict[str, Expectation] = {
    "image by bytes": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": PNG}},
                ],
            },
        ],
    ),
    "image alone": sent(
        model=MODEL,
        messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": JPEG}}]}],
    ),
    "image with parameters in its type": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": PNG}}],
            },
        ],
    ),
    "image by bytes with detail": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "image_url", "image_url": {"url": f"data:image/webp;base64,{IMAGE_64}", "detail": "low"}},
                ],
            },
        ],
    ),
    "image with a filename": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "image_url", "image_url": {"url": f"data:image/gif;base64,{IMAGE_64}"}},
                ],
            },
        ],
    ).dropping(FILENAME),
    "image by address": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "https://example.com/cat?size=1&x=ä"}},
                    {"type": "text", "text": "What is this?"},
                ],
            },
        ],
    ),
    "image by address with detail": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/cat.png", "detail": "high"}},
                ],
            },
        ],
    ),
    "image by an address that tells nothing": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/7f3a"}},
                ],
            },
        ],
    ),
    "image by file id": refused(SECOND),
    "image by file id with detail": refused(SECOND),
    "image hinted for the cache": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": PNG}},
                    {"type": "text", "text": "What is this?"},
                ],
            },
        ],
    ),
    "several images between texts": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "First:"},
                    {"type": "image_url", "image_url": {"url": PNG}},
                    {"type": "text", "text": "Second:"},
                    {"type": "image_url", "image_url": {"url": JPEG}},
                    {"type": "text", "text": "Compare them."},
                ],
            },
            {"role": "assistant", "content": "They are alike."},
            {"role": "user", "content": "Sure?"},
        ],
    ),
    "empty texts around an image": sent(
        model=MODEL,
        messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}],
    ),
    "PDF by bytes": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Sum up:"},
                    {
                        "type": "file",
                        "file": {"filename": "invoice.pdf", "file_data": f"data:application/pdf;base64,{PDF_64}"},
                    },
                ],
            },
        ],
    ),
    "PDF without a name": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Sum up:"},
                    {
                        "type": "file",
                        "file": {"filename": "document.pdf", "file_data": f"data:application/pdf;base64,{PDF_64}"},
                    },
                ],
            },
        ],
    ),
    "PDF by address": refused(SECOND),
    "PDF by address with a name": refused(SECOND),
    "document by file id": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [{"type": "text", "text": "Sum up:"}, {"type": "file", "file": {"file_id": "file-2"}}],
            },
        ],
    ),
    "document of plain text": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Sum up:"},
                    {
                        "type": "file",
                        "file": {"filename": "hello.txt", "file_data": "data:text/plain;base64,R3LDvMOfZQ=="},
                    },
                ],
            },
        ],
    ),
    "documents of other texts": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "file", "file": {"filename": "one.md", "file_data": "data:text/markdown;base64,IyBPbmU="}},
                    {"type": "text", "text": "Compare:"},
                    {
                        "type": "file",
                        "file": {"filename": "document.csv", "file_data": "data:text/csv;base64,YSxiCjEsMg=="},
                    },
                ],
            },
            {"role": "assistant", "content": "They differ."},
            {
                "role": "user",
                "content": [
                    {
                        "type": "file",
                        "file": {"filename": "document.html", "file_data": "data:text/html;base64,PHA+VGhyZWU="},
                    },
                    {"type": "text", "text": "And this?"},
                ],
            },
        ],
    ),
    "audio as wav": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is said?"},
                    {"type": "input_audio", "input_audio": {"data": SOUND_64, "format": "wav"}},
                ],
            },
        ],
    ),
    "audio as mp3": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is said?"},
                    {"type": "input_audio", "input_audio": {"data": SOUND_64, "format": "mp3"}},
                ],
            },
        ],
    ),
    "audio as flac": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is said?"},
                    {"type": "input_audio", "input_audio": {"data": SOUND_64, "format": FLAC}},
                ],
            },
        ],
    ),
    "audio by address": refused(SECOND),
    "audio by file id": refused(SECOND),
    "video": refused(SECOND),
    "audio that the model spoke": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Say hi."},
            {"role": "assistant", "audio": {"id": "audio_1"}},
            {"role": "user", "content": "Again."},
        ],
    ),
    "image that the model made": Unsayable(ProviderUnsupported),
}
