"""Conversations with images, documents and audio."""

from openai.types.responses import ResponseInputMessageContentListParam

from rendering.expectation import Expectation, Sent, refused
from rendering.media import IMAGE_64, PDF_64
from rendering.openai_responses.sdk import sent

PNG = f"data:image/png;base64,{IMAGE_64}"
JPEG = f"data:image/jpeg;base64,{IMAGE_64}"
PDF = f"data:application/pdf;base64,{PDF_64}"
FILENAME = "messages[].parts[].media.filename"
SECOND = "messages[0].parts[1].media"
OF_ASSISTANT = "messages[1].parts[0].media"


def of_user(content: ResponseInputMessageContentListParam) -> Sent:
    """Expect one message of the user."""
    return sent(input=[{"role": "user", "content": content}])


MEDIA: dict[str, Expectation] = {
    "image by bytes": of_user(
        [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": PNG, "detail": "auto"},
        ],
    ),
    "image alone": of_user([{"type": "input_image", "image_url": JPEG, "detail": "auto"}]),
    "image with parameters in its type": of_user(
        [{"type": "input_text", "text": "Look:"}, {"type": "input_image", "image_url": PNG, "detail": "auto"}],
    ),
    "image by bytes with detail": of_user(
        [
            {"type": "input_text", "text": "Look:"},
            {"type": "input_image", "image_url": f"data:image/webp;base64,{IMAGE_64}", "detail": "low"},
        ],
    ),
    "image with a filename": of_user(
        [
            {"type": "input_text", "text": "Look:"},
            {"type": "input_image", "image_url": f"data:image/gif;base64,{IMAGE_64}", "detail": "auto"},
        ],
    ).dropping(FILENAME),
    "image by address": of_user(
        [
            {"type": "input_image", "image_url": "https://example.com/cat?size=1&x=ä", "detail": "auto"},
            {"type": "input_text", "text": "What is this?"},
        ],
    ),
    "image by address with detail": of_user(
        [
            {"type": "input_text", "text": "Look:"},
            {"type": "input_image", "image_url": "https://example.com/cat.png", "detail": "high"},
        ],
    ),
    "image by an address that tells nothing": of_user(
        [
            {"type": "input_text", "text": "Look:"},
            {"type": "input_image", "image_url": "https://example.com/7f3a", "detail": "auto"},
        ],
    ),
    "image by file id": of_user(
        [{"type": "input_text", "text": "Look:"}, {"type": "input_image", "file_id": "file-1", "detail": "auto"}],
    ),
    "image by file id with detail": of_user(
        [{"type": "input_text", "text": "Look:"}, {"type": "input_image", "file_id": "file-1", "detail": "high"}],
    ),
    "image hinted for the cache": of_user(
        [
            {"type": "input_image", "image_url": PNG, "detail": "auto"},
            {"type": "input_text", "text": "What is this?"},
        ],
    ),
    "several images between texts": sent(
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "First:"},
                    {"type": "input_image", "image_url": PNG, "detail": "auto"},
                    {"type": "input_text", "text": "Second:"},
                    {"type": "input_image", "image_url": JPEG, "detail": "auto"},
                    {"type": "input_text", "text": "Compare them."},
                ],
            },
            {"role": "assistant", "content": "They are alike."},
            {"role": "user", "content": "Sure?"},
        ],
    ),
    "empty texts around an image": of_user([{"type": "input_image", "image_url": PNG, "detail": "auto"}]),
    "PDF by bytes": of_user(
        [
            {"type": "input_text", "text": "Sum up:"},
            {"type": "input_file", "filename": "invoice.pdf", "file_data": PDF},
        ],
    ),
    "PDF without a name": of_user(
        [
            {"type": "input_text", "text": "Sum up:"},
            {"type": "input_file", "filename": "document.pdf", "file_data": PDF},
        ],
    ),
    "PDF by address": of_user(
        [{"type": "input_text", "text": "Sum up:"}, {"type": "input_file", "file_url": "https://example.com/a.pdf"}],
    ),
    "PDF by address with a name": of_user(
        [{"type": "input_text", "text": "Sum up:"}, {"type": "input_file", "file_url": "https://example.com/a.pdf"}],
    ).dropping(FILENAME),
    "document by file id": of_user(
        [{"type": "input_text", "text": "Sum up:"}, {"type": "input_file", "file_id": "file-2"}],
    ),
    "document of plain text": of_user(
        [
            {"type": "input_text", "text": "Sum up:"},
            {"type": "input_file", "filename": "hello.txt", "file_data": "data:text/plain;base64,R3LDvMOfZQ=="},
        ],
    ),
    "documents of other texts": sent(
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_file", "filename": "one.md", "file_data": "data:text/markdown;base64,IyBPbmU="},
                    {"type": "input_text", "text": "Compare:"},
                    {
                        "type": "input_file",
                        "filename": "document.csv",
                        "file_data": "data:text/csv;base64,YSxiCjEsMg==",
                    },
                ],
            },
            {"role": "assistant", "content": "They differ."},
            {
                "role": "user",
                "content": [
                    {
                        "type": "input_file",
                        "filename": "document.html",
                        "file_data": "data:text/html;base64,PHA+VGhyZWU=",
                    },
                    {"type": "input_text", "text": "And this?"},
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
