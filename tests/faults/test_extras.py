"""Citations, refusals, log probabilities and odd finish reasons."""

from typing import Any

import pytest

from fault_provider import CANONICAL_TEXT, FaultProvider
from fault_provider.answer import REFUSAL_TEXT
from fault_provider.source import QUOTE, TITLE, URL
from faults.dialects import data_url
from faults.heard import finish_word
from faults.wire import ANTHROPIC, COHERE, OPENAI, PATHS, RESPONSES, anthropic_sdk, ask, openai_sdk

START, END = CANONICAL_TEXT.index("naturally"), len(CANONICAL_TEXT)
LINK = {"start_index": START, "end_index": END, "title": TITLE, "url": URL}
PAGE = {"type": "web_search_result_location", "url": URL, "title": TITLE, "cited_text": QUOTE}


def cited(path: str, body: Any) -> Any:
    """Return the citation of a whole answer."""
    match path:
        case "/v1/chat/completions":
            return body["choices"][0]["message"]["annotations"][0]["url_citation"]
        case "/v1/responses":
            return body["output"][0]["content"][0]["annotations"][0]
        case "/v1/messages":
            return body["content"][0]["citations"][0]
    return body["message"]["citations"][0]


def cited_in_stream(path: str, values: list[Any]) -> Any:
    """Return the citation of a stream."""
    match path:
        case "/v1/chat/completions":
            deltas = [choice["delta"] for value in values for choice in value["choices"]]
            [annotations] = [delta["annotations"] for delta in deltas if "annotations" in delta]
            return annotations[0]["url_citation"]
        case "/v1/responses":
            [annotation] = [v["annotation"] for v in values if v["type"] == "response.output_text.annotation.added"]
            return annotation
        case "/v1/messages":
            found = [value["delta"] for value in values if value["type"] == "content_block_delta"]
            [citation] = [delta["citation"] for delta in found if delta["type"] == "citations_delta"]
            return citation
    [citations] = [v["delta"]["message"]["citations"] for v in values if v["type"] == "citation-start"]
    return citations


@PATHS
async def test_citations(provider: FaultProvider, path: str) -> None:
    """`citations` cites the text's last two words, in characters, streamed and whole alike."""
    whole = cited(path, (await ask(provider, path, "citations", stream=False)).json)
    streamed = cited_in_stream(path, (await ask(provider, path, "citations")).values)
    of_path: dict[str, dict[str, Any]] = {
        OPENAI: LINK,
        RESPONSES: {"type": "url_citation", **LINK},
        ANTHROPIC: PAGE,
        COHERE: {"start": START, "end": END, "text": "naturally 🌍."},
    }
    expected = of_path[path]

    assert whole == streamed
    assert expected == {name: whole[name] for name in expected}


async def test_anthropic_cites_a_document(provider: FaultProvider) -> None:
    """Where the request has a document, Anthropic counts that document's characters, not the answer's."""
    source = {"type": "text", "media_type": "text/plain", "data": QUOTE}
    document = {"type": "document", "source": source, "title": "light.txt"}
    messages = [{"role": "user", "content": [document, {"type": "text", "text": "Why?"}]}]
    raw = await ask(provider, ANTHROPIC, "citations", stream=False, messages=messages)

    assert {
        "type": "char_location",
        "cited_text": QUOTE,
        "document_index": 0,
        "document_title": "light.txt",
        "start_char_index": 0,
        "end_char_index": len(QUOTE),
        "file_id": None,
    } == cited(ANTHROPIC, raw.json)


async def test_refusals_on_chat_completions(provider: FaultProvider) -> None:
    """Chat Completions has `refusal` in place of the content."""
    whole = (await ask(provider, OPENAI, "refusal", stream=False)).json["choices"][0]
    streamed = await ask(provider, OPENAI, "refusal")
    deltas = [choice["delta"] for value in streamed.values for choice in value["choices"]]

    assert (REFUSAL_TEXT, None) == (whole["message"]["refusal"], whole["message"]["content"])
    assert (REFUSAL_TEXT, "") == ("".join(delta.get("refusal") or "" for delta in deltas), streamed.text)


async def test_refusals_on_responses(provider: FaultProvider) -> None:
    """Responses has a part of the type `refusal`, which OpenAI's stream helper puts together."""
    async with openai_sdk(provider) as client, client.responses.stream(model="refusal", input="Hi") as stream:
        output: Any = (await stream.get_final_response()).to_dict()["output"]

    assert [{"type": "refusal", "refusal": REFUSAL_TEXT}] == output[0]["content"]


async def test_refusals_on_messages(provider: FaultProvider) -> None:
    """Anthropic has a stop reason with details, and no content."""
    async with (
        anthropic_sdk(provider) as client,
        client.messages.stream(model="refusal", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]) as stream,
    ):
        message = await stream.get_final_message()

    assert ([], "refusal") == (message.content, message.stop_reason)
    assert message.stop_details is not None
    assert REFUSAL_TEXT == message.stop_details.explanation


@pytest.mark.parametrize("model", ["refusal", "finish=filter"])
async def test_cohere_does_not_decline(provider: FaultProvider, model: str) -> None:
    """What a wire format cannot say is 400."""
    raw = await ask(provider, COHERE, model)

    assert (400, "cohere-chat has no way to decline") == (raw.status, raw.json["message"])


async def test_log_probabilities_on_chat_completions(provider: FaultProvider) -> None:
    """Each token has its log probability and as many alternatives as were asked for."""
    asked: dict[str, Any] = {"logprobs": True, "top_logprobs": 2}
    whole = (await ask(provider, OPENAI, "tokens=2", stream=False, **asked)).json["choices"][0]["logprobs"]["content"]
    choices = [
        choice for value in (await ask(provider, OPENAI, "tokens=2", **asked)).values for choice in value["choices"]
    ]
    found = [token for choice in choices if choice["logprobs"] for token in choice["logprobs"]["content"]]

    assert [("The", -0.125), (" sky", -0.25)] == [(token["token"], token["logprob"]) for token in whole]
    assert ["The", "The?"] == [top["token"] for top in whole[0]["top_logprobs"]]
    assert whole == found


async def test_log_probabilities_on_responses(provider: FaultProvider) -> None:
    """Responses gives them where `include` asks for them."""
    asked: dict[str, Any] = {"include": ["message.output_text.logprobs"], "top_logprobs": 1}
    whole = (await ask(provider, RESPONSES, "tokens=2", stream=False, **asked)).json["output"][0]["content"][0]
    values = (await ask(provider, RESPONSES, "tokens=2", **asked)).values
    found = [token for v in values if v["type"] == "response.output_text.delta" for token in v["logprobs"]]

    assert [("The", -0.125, 1), (" sky", -0.25, 1)] == [
        (token["token"], token["logprob"], len(token["top_logprobs"])) for token in whole["logprobs"]
    ]
    assert whole["logprobs"] == found


async def test_log_probabilities_on_cohere(provider: FaultProvider) -> None:
    """Cohere gives those of the chosen tokens."""
    whole = (await ask(provider, COHERE, "tokens=2", stream=False, logprobs=True)).json["logprobs"]
    values = (await ask(provider, COHERE, "tokens=2", logprobs=True)).values

    assert [("The", [-0.125]), (" sky", [-0.25])] == [(token["text"], token["logprobs"]) for token in whole]
    assert whole == [value["logprobs"] for value in values if "logprobs" in value]


@PATHS
async def test_finish_words(provider: FaultProvider, path: str) -> None:
    """`finish-word=WORD` is sent as it is."""
    assert "pause_turn" == finish_word(path, await ask(provider, path, "finish-word=pause_turn"))


async def test_documents_of_other_kinds_are_no_source(provider: FaultProvider) -> None:
    """An image is no document to cite from."""
    image = {"type": "image", "source": {"type": "url", "url": data_url("image/png", b"x")}}
    raw = await ask(provider, ANTHROPIC, "citations", stream=False, messages=[{"role": "user", "content": [image]}])

    assert PAGE["type"] == cited(ANTHROPIC, raw.json)["type"]
