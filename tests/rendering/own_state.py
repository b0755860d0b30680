"""Reasoning, refusals, sources and what else a provider wants back from its own answers."""

import json
from typing import Any

from llmrpc.v1.message_pb2 import Citation, ContentPart, ProviderPart, ProviderState, Reasoning
from rendering.saying import asked, assistant, call, part, result, state, tool, user
from rendering.tools import WEATHER

THOUGHT = Reasoning(text="The user greets.")
HIDDEN = Reasoning(redacted=True)
ITEM = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "The user greets."}],
    "encrypted_content": "c2VjcmV0",
}
HIDDEN_ITEM = {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "c2VjcmV0"}
DETAILS = {"reasoning_details": [{"type": "reasoning.text", "text": "The user greets.", "signature": "sig"}]}
PAGE = {
    "type": "page_location",
    "cited_text": "Blue is scattered most.",
    "document_index": 0,
    "document_title": "Light",
    "start_page_number": 1,
    "end_page_number": 2,
}
LINK = {"type": "url_citation", "url": "https://example.com/sky", "title": "Sky", "start_index": 0, "end_index": 3}
SEARCH = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "news", "queries": ["news"]},
}
USE = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "news", "a": 1}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


def own(kind: str, item: dict[str, Any]) -> ProviderPart:
    """Make a part that only one provider has."""
    return ProviderPart(kind=kind, type=item["type"], json=json.dumps(item))


def kept(kind: str, **fields: Any) -> ContentPart:
    """Make the reasoning with what a provider of a kind kept with it."""
    return part(THOUGHT, provider_state=state(kind, fields))


def said(text: str, **fields: Any) -> ContentPart:
    """Make a text that Responses kept its own fields with."""
    return part(text, provider_state=state("openai_responses", fields))


OWN_STATE = {
    "reasoning without state": asked(user("Hi"), assistant(THOUGHT, "Hello."), user("Good.")),
    "reasoning alone": asked(user("Hi"), assistant(THOUGHT), user("Well?")),
    "reasoning of Chat": asked(user("Hi"), assistant(kept("openai", **DETAILS), "Hello."), user("Good.")),
    "reasoning of Responses": asked(user("Hi"), assistant(kept("openai_responses", **ITEM), "Hello."), user("Good.")),
    "hidden reasoning of Responses": asked(
        user("Hi"),
        assistant(part(HIDDEN, provider_state=state("openai_responses", HIDDEN_ITEM)), "Hello."),
        user("Good."),
    ),
    "reasoning of Anthropic": asked(user("Hi"), assistant(kept("anthropic", signature="sig"), "Hello."), user("Good.")),
    "hidden reasoning of Anthropic": asked(
        user("Hi"),
        assistant(part(HIDDEN, provider_state=state("anthropic", {"data": "c2VjcmV0"})), "Hello."),
        user("Good."),
    ),
    "reasoning of Cohere": asked(user("Hi"), assistant(kept("cohere", type="thinking"), "Hello."), user("Good.")),
    "a plan of Cohere": asked(
        user("Weather?"),
        assistant(kept("cohere", type="tool_plan"), call("call_1", "weather", "{}")),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "state that is no JSON": asked(
        user("Hi"),
        assistant(part("Hello.", provider_state=ProviderState(kind="openai_responses", data=b"\xff"))),
        user("Good."),
    ),
    "text with Responses' state": asked(
        user("Hi"),
        assistant(
            said("Let me see.", id="msg_1", status="completed", phase="commentary"),
            said("Hello.", id="msg_2", status="completed", phase="final_answer"),
            said("All well?", id="msg_2", status="completed", phase="final_answer"),
        ),
        user("Good."),
    ),
    "everything in one answer of Responses": asked(
        user("Weather?"),
        assistant(
            kept("openai_responses", **ITEM),
            said("Let me see.", id="msg_1", status="completed"),
            part(
                call("call_1", "weather", "{}"),
                provider_state=state("openai_responses", {"id": "fc_1", "status": "completed"}),
            ),
        ),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "everything in one answer of Anthropic": asked(
        user("Weather?"),
        assistant(kept("anthropic", signature="sig"), "Let me see.", call("call_1", "weather", "{}")),
        tool(result("call_1", "Sunny.")),
        tools=[WEATHER],
    ),
    "a refusal": asked(user("Harm!"), assistant(ContentPart(refusal="No.")), user("Why?")),
    "a refusal after text": asked(user("Harm!"), assistant("Well.", ContentPart(refusal="No.")), user("Why?")),
    "a refusal with Responses' state": asked(
        user("Harm!"),
        assistant(
            ContentPart(
                refusal="No.", provider_state=state("openai_responses", {"id": "msg_1", "status": "completed"})
            ),
        ),
        user("Why?"),
    ),
    "sources of Anthropic": asked(
        user("Why is it blue?"),
        assistant(part("Scattering.", citations=[Citation(quote="Blue is scattered most.", json=json.dumps(PAGE))])),
        user("Sure?"),
    ),
    "sources of another": asked(
        user("Why is it blue?"),
        assistant(
            part(
                "Scattering.",
                citations=[Citation(uri="https://example.com/sky", title="Sky", json=json.dumps(LINK))],
            ),
        ),
        user("Sure?"),
    ),
    "sources without their own JSON": asked(
        user("Why is it blue?"),
        assistant(part("Scattering.", citations=[Citation(uri="https://example.com/sky", title="Sky")])),
        user("Sure?"),
    ),
    "Responses' own part": asked(user("News?"), assistant(own("openai_responses", SEARCH), "None."), user("Sure?")),
    "Anthropic's own parts": asked(
        user("News?"),
        assistant(own("anthropic", USE), own("anthropic", FOUND), "None."),
        user("Sure?"),
    ),
    "Chat's own part": asked(user("News?"), assistant(own("openai", {"type": "news"}), "None."), user("Sure?")),
    "Cohere's own part": asked(user("News?"), assistant(own("cohere", {"type": "news"}), "None."), user("Sure?")),
}
