"""Conversations with images, documents and audio."""

from llmrpc.v1.message_pb2 import Media
from rendering.saying import asked, assistant, part, state, user

IMAGE = b"\x89PNG\r\n\x1a\n\x00\xff"
PDF = b"%PDF-1.7\n\xfe\xff"
SOUND = b"RIFF\x00\x00\xfb\xff"
# The same in base64.
IMAGE_64 = "iVBORw0KGgoA/w=="
PDF_64 = "JVBERi0xLjcK/v8="
SOUND_64 = "UklGRgAA+/8="

MEDIA = {
    "image by bytes": asked(user("What is this?", Media(mime_type="image/png", data=IMAGE))),
    "image alone": asked(user(Media(mime_type="image/jpeg", data=IMAGE))),
    "image with parameters in its type": asked(user("Look:", Media(mime_type="IMAGE/PNG; q=1", data=IMAGE))),
    "image by bytes with detail": asked(user("Look:", Media(mime_type="image/webp", data=IMAGE, detail="low"))),
    "image with a filename": asked(user("Look:", Media(mime_type="image/gif", data=IMAGE, filename="cat.gif"))),
    "image by address": asked(
        user(Media(mime_type="image/png", uri="https://example.com/cat?size=1&x=ä"), "What is this?")
    ),
    "image by address with detail": asked(user("Look:", Media(uri="https://example.com/cat.png", detail="high"))),
    "image by an address that tells nothing": asked(user("Look:", Media(uri="https://example.com/7f3a"))),
    "image by file id": asked(user("Look:", Media(mime_type="image/png", file_id="file-1"))),
    "image by file id with detail": asked(user("Look:", Media(mime_type="image/png", file_id="file-1", detail="high"))),
    "image hinted for the cache": asked(
        user(part(Media(mime_type="image/png", data=IMAGE), cache_breakpoint=True), "What is this?"),
    ),
    "several images between texts": asked(
        user(
            "First:",
            Media(mime_type="image/png", data=IMAGE),
            "Second:",
            Media(mime_type="image/jpeg", data=IMAGE),
            "Compare them.",
        ),
        assistant("They are alike."),
        user("Sure?"),
    ),
    "empty texts around an image": asked(user("", Media(mime_type="image/png", data=IMAGE), "")),
    "PDF by bytes": asked(user("Sum up:", Media(mime_type="application/pdf", data=PDF, filename="invoice.pdf"))),
    "PDF without a name": asked(user("Sum up:", Media(mime_type="application/pdf", data=PDF))),
    "PDF by address": asked(user("Sum up:", Media(mime_type="application/pdf", uri="https://example.com/a.pdf"))),
    "PDF by address with a name": asked(user("Sum up:", Media(uri="https://example.com/a.pdf", filename="b.pdf"))),
    "document by file id": asked(user("Sum up:", Media(file_id="file-2"))),
    "document of plain text": asked(
        user("Sum up:", Media(mime_type="text/plain", data="Grüße".encode(), filename="hello.txt")),
    ),
    "documents of other texts": asked(
        user(
            Media(mime_type="text/markdown", data=b"# One", filename="one.md"),
            "Compare:",
            Media(mime_type="text/csv; charset=utf-8", data=b"a,b\n1,2"),
        ),
        assistant("They differ."),
        user(Media(mime_type="text/html", data=b"<p>Three"), "And this?"),
    ),
    "audio as wav": asked(user("What is said?", Media(mime_type="audio/x-wav", data=SOUND))),
    "audio as mp3": asked(user("What is said?", Media(mime_type="audio/mpeg", data=SOUND))),
    "audio as flac": asked(user("What is said?", Media(mime_type="audio/flac", data=SOUND))),
    "audio by address": asked(user("What is said?", Media(mime_type="audio/mpeg", uri="https://example.com/a.mp3"))),
    "audio by file id": asked(user("What is said?", Media(mime_type="audio/mpeg", file_id="file-3"))),
    "video": asked(user("What happens?", Media(mime_type="video/mp4", data=b"\x00\x00\x00\x18ftyp"))),
    "audio that the model spoke": asked(
        user("Say hi."),
        assistant(
            part(
                Media(mime_type="audio/wav", data=SOUND),
                provider_state=state("openai", {"audio": {"id": "audio_1", "expires_at": 1}}),
            ),
        ),
        user("Again."),
    ),
    "image that the model made": asked(
        user("Draw a cat."),
        assistant(Media(mime_type="image/png", data=IMAGE)),
        user("Another."),
    ),
}
