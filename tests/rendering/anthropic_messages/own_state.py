"""Reasoning, refusals, sources and what else a provider wants back from its own answers."""

from typing import Final

from anthropic.types import ContentBlockParam, MessageParam, ToolUseBlockParam

from rendering.anthropic_messages.sdk import MODEL, sent
from rendering.anthropic_messages.tool_history import ASKED, SUNNY, turns
from rendering.anthropic_messages.tools import HI
from rendering.expectation import Expectation, Sent, refused

GOOD: Final[MessageParam] = {"role": "user", "content": [{"type": "text", "text": "Good."}]}
CALL: Final[ToolUseBlockParam] = {"type": "tool_use", "id": "call_1", "name": "weather", "input": {}}

REASONING = "messages[].parts[].reasoning"
STATE = "messages[].parts[].provider_state"
CITATIONS = "messages[].parts[].citations"


def greeted(*content: ContentBlockParam) -> Sent:
    """Expect this answer between a greeting and a thank."""
    return sent(model=MODEL, max_tokens=4096, messages=[HI, {"role": "assistant", "content": content}, GOOD])


def said(question: str, content: list[ContentBlockParam], reply: str) -> Sent:
    """Expect this answer between two texts of the user."""
    return sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": question}]},
            {"role": "assistant", "content": content},
            {"role": "user", "content": [{"type": "text", "text": reply}]},
        ],
    )


FOREIGN = greeted({"type": "text", "text": "Hello."}).dropping(REASONING, STATE)
SCATTERING = said("Why is it blue?", [{"type": "text", "text": "Scattering."}], "Sure?").dropping(CITATIONS)

OWN_STATE: dict[str, Expectation] = {
    "reasoning without state": greeted({"type": "text", "text": "Hello."}).dropping(REASONING),
    "reasoning alone": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "Well?"}]}],
    ).dropping(REASONING),
    "reasoning of Chat": FOREIGN,
    "reasoning of Responses": FOREIGN,
    "hidden reasoning of Responses": FOREIGN,
    "reasoning of Anthropic": greeted(
        {"type": "thinking", "thinking": "The user greets.", "signature": "sig"},
        {"type": "text", "text": "Hello."},
    ),
    "hidden reasoning of Anthropic": greeted(
        {"type": "redacted_thinking", "data": "c2VjcmV0"},
        {"type": "text", "text": "Hello."},
    ),
    "reasoning of Cohere": FOREIGN,
    "a plan of Cohere": turns(ASKED, [CALL], [SUNNY]).dropping(REASONING, STATE),
    "state that is no JSON": greeted({"type": "text", "text": "Hello."}).dropping(STATE),
    "text with Responses' state": greeted(
        {"type": "text", "text": "Let me see."},
        {"type": "text", "text": "Hello."},
        {"type": "text", "text": "All well?"},
    ).dropping(STATE),
    "everything in one answer of Responses": turns(
        ASKED,
        [{"type": "text", "text": "Let me see."}, CALL],
        [SUNNY],
    ).dropping(REASONING, STATE),
    "everything in one answer of Anthropic": turns(
        ASKED,
        [
            {"type": "thinking", "thinking": "The user greets.", "signature": "sig"},
            {"type": "text", "text": "Let me see."},
            CALL,
        ],
        [SUNNY],
    ),
    "a refusal": said("Harm!", [{"type": "text", "text": "No."}], "Why?"),
    "a refusal after text": said(
        "Harm!",
        [{"type": "text", "text": "Well."}, {"type": "text", "text": "No."}],
        "Why?",
    ),
    "a refusal with Responses' state": said("Harm!", [{"type": "text", "text": "No."}], "Why?").dropping(STATE),
    "sources of Anthropic": said(
        "Why is it blue?",
        [
            {
                "type": "text",
                "text": "Scattering.",
                "citations": [
                    {
                        "type": "page_location",
                        "cited_text": "Blue is scattered most.",
                        "document_index": 0,
                        "document_title": "Light",
                        "start_page_number": 1,
                        "end_page_number": 2,
                    },
                ],
            },
        ],
        "Sure?",
    ),
    "sources of another": SCATTERING,
    "sources without their own JSON": SCATTERING,
    "Responses' own part": refused("messages[1].parts[0].provider_part"),
    "Anthropic's own parts": said(
        "News?",
        [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "news", "a": 1}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
            {"type": "text", "text": "None."},
        ],
        "Sure?",
    ),
    "Chat's own part": refused("messages[1].parts[0].provider_part"),
    "Cohere's own part": refused("messages[1].parts[0].provider_part"),
}
