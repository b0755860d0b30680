"""Conversations of text alone."""

from cohere import types as co

from rendering.cohere_chat.sdk import MODEL, sent
from rendering.expectation import Expectation

LONG: list[co.ChatMessageV2] = []
for turn in range(100):
    LONG.append(co.UserChatMessageV2(content=f"Question {turn}"))
    LONG.append(co.AssistantChatMessageV2(content=f"Answer {turn}"))

TEXTS: dict[str, Expectation] = {
    "one text": sent(model=MODEL, messages=[co.UserChatMessageV2(content="Why is the sky blue?")]),
    "system first": sent(
        model=MODEL,
        messages=[co.SystemChatMessageV2(content="Be brief."), co.UserChatMessageV2(content="Hi")],
    ),
    "instructions anywhere": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Hi"),
            co.AssistantChatMessageV2(content="Hello."),
            co.SystemChatMessageV2(content="Answer in French."),
            co.UserChatMessageV2(content="Who are you?"),
            co.SystemChatMessageV2(content="Be brief."),
        ],
    ),
    "several texts of the system": sent(
        model=MODEL,
        messages=[
            co.SystemChatMessageV2(
                content=[
                    co.TextSystemMessageV2ContentOneItem(text="Be brief."),
                    co.TextSystemMessageV2ContentOneItem(text="Be kind."),
                ],
            ),
            co.SystemChatMessageV2(content="Be exact."),
            co.UserChatMessageV2(content="Hi"),
        ],
    ),
    "only instructions": sent(
        model=MODEL,
        messages=[co.SystemChatMessageV2(content="Be brief."), co.SystemChatMessageV2(content="Tell a joke.")],
    ),
    "turns of one role": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Hi"),
            co.UserChatMessageV2(content="Are you there?"),
            co.AssistantChatMessageV2(content="Yes."),
            co.AssistantChatMessageV2(content="I am."),
            co.UserChatMessageV2(content="Good."),
        ],
    ),
    "several parts": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(
                content=[co.TextContent(text="Look:"), co.TextContent(text="one"), co.TextContent(text="two")],
            ),
            co.AssistantChatMessageV2(
                content=[
                    co.TextAssistantMessageV2ContentOneItem(text="I"),
                    co.TextAssistantMessageV2ContentOneItem(text=" see."),
                ],
            ),
            co.UserChatMessageV2(content="Good."),
        ],
    ),
    "empty parts among others": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Hi"),
            co.AssistantChatMessageV2(
                content=[
                    co.TextAssistantMessageV2ContentOneItem(text="Hello."),
                    co.TextAssistantMessageV2ContentOneItem(text="you"),
                ],
            ),
            co.UserChatMessageV2(content="Good."),
        ],
    ),
    "an empty turn": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Hi"),
            co.AssistantChatMessageV2(content=""),
            co.UserChatMessageV2(content="Hello?"),
        ],
    ),
    "two empty texts": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Hi"),
            co.AssistantChatMessageV2(content="Yes?"),
            co.UserChatMessageV2(content=""),
            co.AssistantChatMessageV2(content="Hm?"),
            co.UserChatMessageV2(content="Good."),
        ],
    ),
    "names": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="I am here."),
            co.UserChatMessageV2(content="So am I."),
            co.AssistantChatMessageV2(content="Hello both."),
        ],
    ).dropping("messages[].name"),
    "prefill": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content="Name a colour as JSON."),
            co.AssistantChatMessageV2(content='{"colour":'),
        ],
    ),
    "every script and sign": sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(
                content='Größe 9", \\n is not\n a \t break;   \U0001f9d1‍\U0001f680 日本 </script>',
            ),
        ],
    ),
    "cache hints": sent(
        model=MODEL,
        messages=[
            co.SystemChatMessageV2(
                content=[
                    co.TextSystemMessageV2ContentOneItem(text="A long text."),
                    co.TextSystemMessageV2ContentOneItem(text="A short one."),
                ],
            ),
            co.UserChatMessageV2(content="Hi"),
            co.AssistantChatMessageV2(content="Hello."),
            co.UserChatMessageV2(content=[co.TextContent(text="One"), co.TextContent(text="Two")]),
        ],
    ),
    "a long conversation": sent(
        model=MODEL,
        messages=[co.SystemChatMessageV2(content="Be brief."), *LONG, co.UserChatMessageV2(content="And now?")],
    ),
}
