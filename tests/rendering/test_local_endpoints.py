"""The local model's own endpoints take what is rendered, where they have what is asked for.

They speak Chat Completions, Responses and Messages as llama.cpp does, which lacks some of each: the table names what,
and a test shows that each of these is indeed refused. Cohere's Chat it does not speak.
"""

from collections.abc import AsyncIterator

import httpx2
import pytest

from llmrpc.v1 import completion_pb2
from llmrpc_server.local_model import weights
from llmrpc_server.local_model.process import ModelProcess
from rendering.anthropic_messages.expected import EXPECTED as ANTHROPIC
from rendering.conversations import CONVERSATIONS
from rendering.expectation import Sent
from rendering.openai_chat.expected import EXPECTED as CHAT
from rendering.openai_responses.expected import EXPECTED as RESPONSES
from rendering.sending import Sender

EXPECTED = {"openai": CHAT, "openai_responses": RESPONSES, "anthropic": ANTHROPIC}
PATHS = {"openai": "/v1/chat/completions", "openai_responses": "/v1/responses", "anthropic": "/v1/messages"}

# It would take half a minute, and say nothing that the short ones do not.
TOO_LONG = "a long conversation"

# By what stands in the body: what the endpoint lacks.
LACKS = {
    "openai": {
        b'"image_url"': "the model sees no images",
        b'"input_audio"': "the model hears nothing",
        b'"audio":': "nothing that was said aloud is kept",
        b'"file":': "no documents",
        b'"refusal"': "no refusals in the history",
        b'"custom"': "functions are the only tools",
    },
    "openai_responses": {
        b'"input_image"': "the model sees no images",
        b'"input_file"': "no documents",
        b'"refusal"': "no refusals in the history",
        b'{"role":"assistant","content":': "no assistant's messages without a type, which is optional at OpenAI",
        b'"encrypted_content":': "no reasoning without its full text",
        b'"web_search_call"': "no hosted tools in the history",
        b'"top_logprobs"': "no log probabilities, except with a parameter that is not the format's",
    },
    "anthropic": {
        # By file id they are passed over in silence.
        b'"type":"image","source":{"type":"base64"': "the model sees no images",
        b'"type":"image","source":{"type":"url"': "the model sees no images",
    },
}

# As the conversations have it: a vendor takes back the state of its own model alone.
MODEL = "gpt-5.2"

CASES = [
    (kind, name)
    for kind, expected in EXPECTED.items()
    for name, expectation in expected.items()
    if isinstance(expectation, Sent) and name != TOO_LONG
]


@pytest.fixture(scope="module")
async def endpoints() -> AsyncIterator[httpx2.AsyncClient]:
    """Run the model, and return a client of its endpoints."""
    process = ModelProcess(weights.fetch(), context_tokens=4096, slots=1)
    try:
        async with httpx2.AsyncClient(base_url=await process.address(), timeout=60) as client:
            yield client
    finally:
        await process.stop()


@pytest.mark.parametrize(("kind", "name"), CASES)
async def test_endpoints_take_what_is_rendered(
    endpoints: httpx2.AsyncClient, sender: Sender, kind: str, name: str
) -> None:
    """Each body is answered with 200, unless it asks for what the endpoint lacks; then it is refused."""
    request = completion_pb2.CompleteRequest()
    request.CopyFrom(CONVERSATIONS[name])
    # One token shows that it answers.
    request.config.max_output_tokens = 1
    body = sender.body(sender.call(request, f"{kind}/{MODEL}", streaming=False))
    response = await endpoints.post(PATHS[kind], content=body, headers={"content-type": "application/json"})

    lacking = [reason for marker, reason in LACKS[kind].items() if marker in body]
    assert (not lacking) is response.is_success, (lacking, response.text)
