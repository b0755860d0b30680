"""Conversations with images, documents and audio."""

from typing import Final

from anthropic.types import Base64ImageSourceParam, ContentBlockParam

from rendering.anthropic_messages.sdk import MODEL, sent, sent_in_beta
from rendering.expectation import Expectation, Sent, refused
from rendering.media import IMAGE_64, PDF_64

PNG: Final[Base64ImageSourceParam] = {"type": "base64", "media_type": "image/png", "data": IMAGE_64}
JPEG: Final[Base64ImageSourceParam] = {"type": "base64", "media_type": "image/jpeg", "data": IMAGE_64}
WEBP: Final[Base64ImageSourceParam] = {"type": "base64", "media_type": "image/webp", "data": IMAGE_64}
GIF: Final[Base64ImageSourceParam] = {"type": "base64", "media_type": "image/gif", "data": IMAGE_64}

FILES = "files-api-2025-04-14"
DETAIL = "messages[].parts[].media.detail"
FILENAME = "messages[].parts[].media.filename"
SECOND = "messages[0].parts[1].media"
OF_ASSISTANT = "messages[1].parts[0].media"


def of_user(*content: ContentBlockParam) -> Sent:
    """Expect one turn of the user."""
    return sent(model=MODEL, max_tokens=4096, messages=[{"role": "user", "content": content}])


IMAGE_FILE = sent_in_beta(
    model=MODEL,
    max_tokens=4096,
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look:"},
                {"type": "image", "source": {"type": "file", "file_id": "file-1"}},
            ],
        },
    ],
    betas=[FILES],
)

MEDIA: dict[str, Expectation] = {
    "image by bytes": of_user({"type": "text", "text": "What is this?"}, {"type": "image", "source": PNG}),
    "image alone": of_user({"type": "image", "source": JPEG}),
    "image with parameters in its type": of_user({"type": "text", "text": "Look:"}, {"type": "image", "source": PNG}),
    "image by bytes with detail": of_user(
        {"type": "text", "text": "Look:"},
        {"type": "image", "source": WEBP},
    ).dropping(DETAIL),
    "image with a filename": of_user({"type": "text", "text": "Look:"}, {"type": "image", "source": GIF}).dropping(
        FILENAME
    ),
    "image by address": of_user(
        {"type": "image", "source": {"type": "url", "url": "https://example.com/cat?size=1&x=ä"}},
        {"type": "text", "text": "What is this?"},
    ),
    "image by address with detail": of_user(
        {"type": "text", "text": "Look:"},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}},
    ).dropping(DETAIL),
    "image by an address that tells nothing": of_user(
        {"type": "text", "text": "Look:"},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/7f3a"}},
    ),
    "image by file id": IMAGE_FILE,
    "image by file id with detail": IMAGE_FILE.dropping(DETAIL),
    "image hinted for the cache": of_user(
        {"type": "image", "source": PNG, "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "What is this?"},
    ),
    "several images between texts": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "First:"},
                    {"type": "image", "source": PNG},
                    {"type": "text", "text": "Second:"},
                    {"type": "image", "source": JPEG},
                    {"type": "text", "text": "Compare them."},
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "They are alike."}]},
            {"role": "user", "content": [{"type": "text", "text": "Sure?"}]},
        ],
    ),
    "empty texts around an image": of_user({"type": "image", "source": PNG}),
    "PDF by bytes": of_user(
        {"type": "text", "text": "Sum up:"},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": PDF_64},
            "title": "invoice.pdf",
        },
    ),
    "PDF without a name": of_user(
        {"type": "text", "text": "Sum up:"},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF_64}},
    ),
    "PDF by address": of_user(
        {"type": "text", "text": "Sum up:"},
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
    ),
    "PDF by address with a name": of_user(
        {"type": "text", "text": "Sum up:"},
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}, "title": "b.pdf"},
    ),
    "document by file id": sent_in_beta(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Sum up:"},
                    {"type": "document", "source": {"type": "file", "file_id": "file-2"}},
                ],
            },
        ],
        betas=[FILES],
    ),
    "document of plain text": of_user(
        {"type": "text", "text": "Sum up:"},
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
            "title": "hello.txt",
        },
    ),
    "documents of other texts": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "# One"},
                        "title": "one.md",
                    },
                    {"type": "text", "text": "Compare:"},
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b\n1,2"}},
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "They differ."}]},
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "<p>Three"}},
                    {"type": "text", "text": "And this?"},
                ],
            },
        ],
    ),
    "audio as wav": refused(SECOND),
    "audio as mp3": refused(SECOND),
    "audio as flac": refused(SECOND),
    "audio by address": refused(SECOND),
    "audio by file id": refused(SECOND),
    "video": refused(SECOND),
    "audio that the model spoke": refused(OF_ASSISTANT),
    "image that the model made": refused(OF_ASSISTANT),
}
