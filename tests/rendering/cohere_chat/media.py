"""Conversations with images, documents and audio."""

from cohere import types as co

from llmrpc_server.errors import ProviderUnsupported
from rendering.cohere_chat.sdk import MODEL, sent
from rendering.expectation import Expectation, Sent, Unsayable, refused
from rendering.media import IMAGE_64

FILENAME = "messages[].parts[].media.filename"
SECOND = "messages[0].parts[1].media"
OF_ASSISTANT = "messages[1].parts[0].media"


def image(url: str, detail: str | None = None) -> co.ImageUrlContent:
    """Make an image."""
    seen = co.ImageUrl(url=url) if detail is None else co.ImageUrl(url=url, detail=detail)
    return co.ImageUrlContent(image_url=seen)


def of_user(*content: co.Content) -> Sent:
    """Expect one message of the user."""
    return sent(model=MODEL, messages=[co.UserChatMessageV2(content=list(content))])


PNG = f"data:image/png;base64,{IMAGE_64}"
JPEG = f"data:image/jpeg;base64,{IMAGE_64}"

MEDIA: dict[str, Expectation] = {
    "image by bytes": of_user(co.TextContent(text="What is this?"), image(PNG)),
    "image alone": of_user(image(JPEG)),
    "image with parameters in its type": of_user(co.TextContent(text="Look:"), image(PNG)),
    "image by bytes with detail": of_user(
        co.TextContent(text="Look:"),
        image(f"data:image/webp;base64,{IMAGE_64}", "low"),
    ),
    "image with a filename": of_user(
        co.TextContent(text="Look:"),
        image(f"data:image/gif;base64,{IMAGE_64}"),
    ).dropping(FILENAME),
    "image by address": of_user(
        image("https://example.com/cat?size=1&x=ä"),
        co.TextContent(text="What is this?"),
    ),
    "image by address with detail": of_user(
        co.TextContent(text="Look:"),
        image("https://example.com/cat.png", "high"),
    ),
    "image by an address that tells nothing": of_user(
        co.TextContent(text="Look:"),
        image("https://example.com/7f3a"),
    ),
    "image by file id": refused(SECOND),
    "image by file id with detail": refused(SECOND),
    "image hinted for the cache": of_user(image(PNG), co.TextContent(text="What is this?")),
    "several images between texts": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(
                content=[
                    co.TextContent(text="First:"),
                    image(PNG),
                    co.TextContent(text="Second:"),
                    image(JPEG),
                    co.TextContent(text="Compare them."),
                ],
            ),
            co.AssistantChatMessageV2(content="They are alike."),
            co.UserChatMessageV2(content="Sure?"),
        ],
    ),
    "empty texts around an image": of_user(image(PNG)),
    "PDF by bytes": Unsayable(ProviderUnsupported),
    "PDF without a name": Unsayable(ProviderUnsupported),
    "PDF by address": refused(SECOND),
    "PDF by address with a name": refused(SECOND),
    "document by file id": refused(SECOND),
    # Documents stand beside the conversation.
    "document of plain text": sent(
        model=MODEL,
        messages=[co.UserChatMessageV2(content="Sum up:")],
        documents=[co.Document(id="doc:0", data={"title": "hello.txt", "text": "Grüße"})],
    ),
    "documents of other texts": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Compare:"),
            co.AssistantChatMessageV2(content="They differ."),
            co.UserChatMessageV2(content="And this?"),
        ],
        documents=[
            co.Document(id="doc:0", data={"title": "one.md", "text": "# One"}),
            co.Document(id="doc:1", data={"text": "a,b\n1,2"}),
            co.Document(id="doc:2", data={"text": "<p>Three"}),
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
