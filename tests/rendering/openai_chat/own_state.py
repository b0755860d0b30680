"""Reasoning, refusals, sources and what else a provider wants back from its own answers."""

from typing import Final

from openai.types.chat import (
    ChatCompletionAssistantMessageParam,
    ChatCompletionMessageFunctionToolCallParam,
    ChatCompletionUserMessageParam,
)

from rendering.expectation import Expectation, refused
from rendering.openai_chat.sdk import MODEL, sent
from rendering.openai_chat.tool_history import ASKED, SUNNY
from rendering.openai_chat.tools import HI, WEATHER

HELLO: Final[ChatCompletionAssistantMessageParam] = {"role": "assistant", "content": "Hello."}
GOOD: Final[ChatCompletionUserMessageParam] = {"role": "user", "content": "Good."}
CALL: Final[ChatCompletionMessageFunctionToolCallParam] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": "{}"},
}

REASONING = "messages[].parts[].reasoning"
STATE = "messages[].parts[].provider_state"
CITATIONS = "messages[].parts[].citations"

SCATTERING = sent(
    model=MODEL,
    messages=[
        {"role": "user", "content": "Why is it blue?"},
        {"role": "assistant", "content": "Scattering."},
        {"role": "user", "content": "Sure?"},
    ],
).dropping(CITATIONS)

OWN_STATE: dict[str, Expectation] = {
    "reasoning without state": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING),
    "reasoning alone": sent(
        model=MODEL,
        messages=[HI, {"role": "assistant", "content": ""}, {"role": "user", "content": "Well?"}],
    ).dropping(REASONING),
    "reasoning of Chat": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING),
    "reasoning of Responses": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING, STATE),
    "hidden reasoning of Responses": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING, STATE),
    "reasoning of Anthropic": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING, STATE),
    "hidden reasoning of Anthropic": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING, STATE),
    "reasoning of Cohere": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(REASONING, STATE),
    "a plan of Cohere": sent(
        model=MODEL,
        messages=[ASKED, {"role": "assistant", "tool_calls": [CALL]}, SUNNY],
        tools=[WEATHER],
    ).dropping(REASONING, STATE),
    "state that is no JSON": sent(model=MODEL, messages=[HI, HELLO, GOOD]).dropping(STATE),
    "text with Responses' state": sent(
        model=MODEL,
        messages=[
            HI,
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Let me see."},
                    {"type": "text", "text": "Hello."},
                    {"type": "text", "text": "All well?"},
                ],
            },
            GOOD,
        ],
    ).dropping(STATE),
    "everything in one answer of Responses": sent(
        model=MODEL,
        messages=[ASKED, {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL]}, SUNNY],
        tools=[WEATHER],
    ).dropping(REASONING, STATE),
    "everything in one answer of Anthropic": sent(
        model=MODEL,
        messages=[ASKED, {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL]}, SUNNY],
        tools=[WEATHER],
    ).dropping(REASONING, STATE),
    "a refusal": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Harm!"},
            {"role": "assistant", "refusal": "No."},
            {"role": "user", "content": "Why?"},
        ],
    ),
    "a refusal after text": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Harm!"},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "Well."}, {"type": "refusal", "refusal": "No."}],
            },
            {"role": "user", "content": "Why?"},
        ],
    ),
    "a refusal with Responses' state": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Harm!"},
            {"role": "assistant", "refusal": "No."},
            {"role": "user", "content": "Why?"},
        ],
    ).dropping(STATE),
    "sources of Anthropic": SCATTERING,
    "sources of another": SCATTERING,
    "sources without their own JSON": SCATTERING,
    "Responses' own part": refused("messages[1].parts[0].provider_part"),
    "Anthropic's own parts": refused("messages[1].parts[0].provider_part"),
    "Chat's own part": refused("messages[1].parts[0].provider_part"),
    "Cohere's own part": refused("messages[1].parts[0].provider_part"),
}
