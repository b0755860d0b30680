"""PromptService, and files that change while calls are under way."""

import asyncio
import json
from pathlib import Path

import grpc
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from llmrpc.v1 import completion_pb2, prompt_pb2
from prompts.asking import named, rendered, stub
from prompts.files import GREETING, write


async def test_list(prompting: Gateway) -> None:
    """Prompts are listed by name in their current versions, page by page."""
    names: list[str] = []
    request = prompt_pb2.ListPromptsRequest(page_size=3)
    while True:
        page = await stub(prompting).ListPrompts(request, timeout=20)
        names += [f"{prompt.name}/{prompt.version}" for prompt in page.prompts]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    expected = ["document/1", "extract/1", "greeting/10", "letter/1", "order/1", "picture/1", "shots/1"]
    assert expected == names


async def test_a_page_that_cannot_be(prompting: Gateway) -> None:
    """A size below zero and a token that this server did not make are the caller's to fix, and told together."""
    asked = prompt_pb2.ListPromptsRequest(page_size=-1, page_token="greeting?")

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stub(prompting).ListPrompts(asked, timeout=20)

    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    words = "page_size: must not be negative; page_token: must be the next_page_token of an earlier answer"
    assert words == failure.value.details()


async def test_get(prompting: Gateway) -> None:
    """A version is described: variables with their schemas and defaults, variants, all versions."""
    answer = await stub(prompting).GetPrompt(prompt_pb2.GetPromptRequest(name="greeting", version="2"), timeout=20)
    prompt = answer.prompt
    name, tone = prompt.variables

    assert ("Says hello.", False, ["10", "2", "1"]) == (prompt.description, prompt.current, list(prompt.versions))
    assert ("name", "Who is greeted.", True, "") == (name.name, name.description, name.required, name.default_json)
    assert ("tone", False, '"kind"') == (tone.name, tone.required, tone.default_json)
    assert {"type": "string"} == json.loads(name.schema_json)
    shown = await stub(prompting).GetPrompt(prompt_pb2.GetPromptRequest(name="picture"), timeout=20)
    assert {"x-llmrpc": "media"} == json.loads(shown.prompt.variables[1].schema_json)
    document = await stub(prompting).GetPrompt(prompt_pb2.GetPromptRequest(name="document"), timeout=20)
    assert ["anthropic", "anthropic/claude-haiku-4-5"] == list(document.prompt.variants)


async def test_render_tells_the_variant(prompting: Gateway) -> None:
    """The variant that was chosen has the name of what chose it."""
    request = prompt_pb2.RenderPromptRequest(prompt=named("document", text="x"), model="anthropic/claude-sonnet-5-5")
    assert "anthropic" == (await stub(prompting).RenderPrompt(request, timeout=20)).variant
    request.model = "openai/gpt-4o"
    assert not (await stub(prompting).RenderPrompt(request, timeout=20)).variant


async def test_not_found(prompting: Gateway) -> None:
    """What is not there is NOT_FOUND; a request that names nothing is wrong."""
    for request, code in (
        (prompt_pb2.GetPromptRequest(name="x"), grpc.StatusCode.NOT_FOUND),
        (prompt_pb2.GetPromptRequest(), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub(prompting).GetPrompt(request, timeout=20)
        assert code is failed.value.code()


async def test_a_live_edit_under_load(prompting: Gateway, faults: ThreadedFaultProvider, folder: Path) -> None:
    """While calls run a file is edited, broken and mended: no call fails, and the new words are said."""
    edited = asyncio.Event()

    async def call_on() -> int:
        """Call until the last edit; return how often."""
        calls = 0
        while not edited.is_set():
            asked = completion_pb2.CompleteRequest(prompt=named("greeting", "1", name="Ada"))
            await prompting.completion.Complete(asked, timeout=20)
            calls += 1
        return calls

    async def names() -> list[str]:
        """List the prompts."""
        listed = await stub(prompting).ListPrompts(prompt_pb2.ListPromptsRequest(), timeout=20)
        return [prompt.name for prompt in listed.prompts]

    async def said(words: str) -> None:
        """Wait until the prompt says so."""
        async with asyncio.timeout(20):
            while (await rendered(prompting, named("greeting", "1", name="Ada")))[1][1] != words:
                await asyncio.sleep(0.01)

    callers = [asyncio.create_task(call_on()) for _ in range(3)]
    write(folder, {"greeting/1.yaml": GREETING.replace("Greet", "Cheer")})
    await said("Cheer Ada.")
    write(folder, {"greeting/1.yaml": "messages: ["})
    write(folder, {"other/1.yaml": GREETING})
    async with asyncio.timeout(20):
        while "other" not in await names():
            await asyncio.sleep(0.01)
    await said("Cheer Ada.")
    write(folder, {"greeting/1.yaml": GREETING.replace("Greet", "Hail")})
    await said("Hail Ada.")
    edited.set()

    assert all(calls > 0 for calls in await asyncio.gather(*callers))
    spoken = {attempt.body["messages"][-1]["content"] for attempt in faults.attempts}
    assert spoken <= {"Greet Ada.", "Cheer Ada.", "Hail Ada."}
