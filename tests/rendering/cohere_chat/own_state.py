"""Reasoning, refusals, sources and what else a provider wants back from its own answers."""

from typing import Any

from cohere import types as co

from rendering.cohere_chat.sdk import MODEL, sent
from rendering.cohere_chat.tool_history import ASKED, SUNNY, call
from rendering.cohere_chat.tools import HI, WEATHER
from rendering.expectation import Expectation, Sent, refused

HELLO = co.AssistantChatMessageV2(content="Hello.")
GOOD = co.UserChatMessageV2(content="Good.")
CALL = call("call_1", "weather", "{}")

# What a later version of the API may answer.
NEWS: Any = {"role": "assistant", "content": [{"type": "news"}, {"type": "text", "text": "None."}]}

REASONING = "messages[].parts[].reasoning"
STATE = "messages[].parts[].provider_state"
CITATIONS = "messages[].parts[].citations"


def said(question: str, content: co.AssistantMessageV2Content, reply: str) -> Sent:
    """Expect this answer between two texts of the user."""
    return sent(
        model=MODEL,
        messages=[
            co.UserChatMessageV2(content=question),
            co.AssistantChatMessageV2(content=content),
            co.UserChatMessageV2(content=reply),
        ],
    )


FOREIGN = sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING, STATE)
SCATTERING = said("Why is it blue?", "Scattering.", "Sure?").dropping(CITATIONS)

OWN_STATE: dict[str, Expectation] = {
    "reasoning without state": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING),
    "reasoning alone": said("Hi", "", "Well?").dropping(REASONING),
    "reasoning of Chat": FOREIGN,
    "reasoning of Responses": FOREIGN,
    "hidden reasoning of Responses": FOREIGN,
    "reasoning of Anthropic": FOREIGN,
    "hidden reasoning of Anthropic": FOREIGN,
    "reasoning of Cohere": said(
        "Hi",
        [
            co.ThinkingAssistantMessageV2ContentOneItem(thinking="The user greets."),
            co.TextAssistantMessageV2ContentOneItem(text="Hello."),
        ],
        "Good.",
    ),
    "a plan of Cohere": sent(
        model=MODEL,
        messages=[
            ASKED,
            co.AssistantChatMessageV2(tool_plan="The user greets.", tool_calls=[CALL]),
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "state that is no JSON": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(STATE),
    "text with Responses' state": said(
        "Hi",
        [
            co.TextAssistantMessageV2ContentOneItem(text="Let me see."),
            co.TextAssistantMessageV2ContentOneItem(text="Hello."),
            co.TextAssistantMessageV2ContentOneItem(text="All well?"),
        ],
        "Good.",
    ).dropping(STATE),
    "everything in one answer of Responses": sent(
        model=MODEL,
        messages=[ASKED, co.AssistantChatMessageV2(content="Let me see.", tool_calls=[CALL]), SUNNY],
        tools=[WEATHER],
    ).dropping(REASONING, STATE),
    "everything in one answer of Anthropic": sent(
        model=MODEL,
        messages=[ASKED, co.AssistantChatMessageV2(content="Let me see.", tool_calls=[CALL]), SUNNY],
        tools=[WEATHER],
    ).dropping(REASONING, STATE),
    "a refusal": said("Harm!", "No.", "Why?"),
    "a refusal after text": said(
        "Harm!",
        [
            co.TextAssistantMessageV2ContentOneItem(text="Well."),
            co.TextAssistantMessageV2ContentOneItem(text="No."),
        ],
        "Why?",
    ),
    "a refusal with Responses' state": said("Harm!", "No.", "Why?").dropping(STATE),
    "sources of Anthropic": SCATTERING,
    "sources of another": SCATTERING,
    "sources without their own JSON": SCATTERING,
    "Responses' own part": refused("messages[1].parts[0].provider_part"),
    "Anthropic's own parts": refused("messages[1].parts[0].provider_part"),
    "Chat's own part": refused("messages[1].parts[0].provider_part"),
    "Cohere's own part": sent(
        model=MODEL, messages=[co.UserChatMessageV2(content="News?"), NEWS, co.UserChatMessageV2(content="Sure?")]
    ),
}
