"""Reasoning, refusals, sources and what else a provider wants back from its own answers."""

from typing import Any, Final

from openai.types.responses import EasyInputMessageParam, ResponseFunctionToolCallParam, ResponseReasoningItemParam

from rendering.expectation import Expectation, refused
from rendering.openai_responses.sdk import sent
from rendering.openai_responses.tool_history import ASKED, SUNNY
from rendering.openai_responses.tools import HI, WEATHER

HELLO: Final[EasyInputMessageParam] = {"role": "assistant", "content": "Hello."}
GOOD: Final[EasyInputMessageParam] = {"role": "user", "content": "Good."}
CALL: Final[ResponseFunctionToolCallParam] = {
    "type": "function_call",
    "call_id": "call_1",
    "name": "weather",
    "arguments": "{}",
}
THOUGHT: Final[ResponseReasoningItemParam] = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "The user greets."}],
    "encrypted_content": "c2VjcmV0",
}
# The types allow it only with an id, which another provider's refusal has not.
NO: Final[Any] = {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}

REASONING = "messages[].parts[].reasoning"
STATE = "messages[].parts[].provider_state"
CITATIONS = "messages[].parts[].citations"

FOREIGN = sent(input=[HI, HELLO, GOOD]).dropping(REASONING, STATE)
SCATTERING = sent(
    input=[
        {"role": "user", "content": "Why is it blue?"},
        {"role": "assistant", "content": "Scattering."},
        {"role": "user", "content": "Sure?"},
    ],
).dropping(CITATIONS)

OWN_STATE: dict[str, Expectation] = {
    "reasoning without state": sent(input=[HI, HELLO, GOOD]).dropping(REASONING),
    "reasoning alone": sent(input=[HI, {"role": "user", "content": "Well?"}]).dropping(REASONING),
    "reasoning of Chat": FOREIGN,
    "reasoning of Responses": sent(input=[HI, THOUGHT, HELLO, GOOD]),
    "hidden reasoning of Responses": sent(
        input=[
            HI,
            {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "c2VjcmV0"},
            HELLO,
            GOOD,
        ],
    ),
    "reasoning of Anthropic": FOREIGN,
    "hidden reasoning of Anthropic": FOREIGN,
    "reasoning of Cohere": FOREIGN,
    "a plan of Cohere": sent(input=[ASKED, CALL, SUNNY], tools=[WEATHER]).dropping(REASONING, STATE),
    "state that is no JSON": sent(input=[HI, HELLO, GOOD]).dropping(STATE),
    "text with Responses' state": sent(
        input=[
            HI,
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "phase": "commentary",
                "content": [{"type": "output_text", "text": "Let me see.", "annotations": []}],
            },
            {
                "type": "message",
                "id": "msg_2",
                "role": "assistant",
                "status": "completed",
                "phase": "final_answer",
                "content": [
                    {"type": "output_text", "text": "Hello.", "annotations": []},
                    {"type": "output_text", "text": "All well?", "annotations": []},
                ],
            },
            GOOD,
        ],
    ),
    "everything in one answer of Responses": sent(
        input=[
            ASKED,
            THOUGHT,
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Let me see.", "annotations": []}],
            },
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": "weather",
                "arguments": "{}",
                "status": "completed",
            },
            SUNNY,
        ],
        tools=[WEATHER],
    ),
    "everything in one answer of Anthropic": sent(
        input=[ASKED, {"role": "assistant", "content": "Let me see."}, CALL, SUNNY],
        tools=[WEATHER],
    ).dropping(REASONING, STATE),
    "a refusal": sent(input=[{"role": "user", "content": "Harm!"}, NO, {"role": "user", "content": "Why?"}]),
    "a refusal after text": sent(
        input=[
            {"role": "user", "content": "Harm!"},
            {"role": "assistant", "content": "Well."},
            NO,
            {"role": "user", "content": "Why?"},
        ],
    ),
    "a refusal with Responses' state": sent(
        input=[
            {"role": "user", "content": "Harm!"},
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "refusal", "refusal": "No."}],
            },
            {"role": "user", "content": "Why?"},
        ],
    ),
    "sources of Anthropic": SCATTERING,
    "sources of another": SCATTERING,
    "sources without their own JSON": SCATTERING,
    "Responses' own part": sent(
        input=[
            {"role": "user", "content": "News?"},
            {
                "type": "web_search_call",
                "id": "ws_1",
                "status": "completed",
                "action": {"type": "search", "query": "news", "queries": ["news"]},
            },
            {"role": "assistant", "content": "None."},
            {"role": "user", "content": "Sure?"},
        ],
    ),
    "Anthropic's own parts": refused("messages[1].parts[0].provider_part"),
    "Chat's own part": refused("messages[1].parts[0].provider_part"),
    "Cohere's own part": refused("messages[1].parts[0].provider_part"),
}
