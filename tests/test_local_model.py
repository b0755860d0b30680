"""The real model: answers by itself, and stands in for OpenAI's and Anthropic's clouds over HTTP."""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from gateway import Gateway, request, running, said, serving
from llmrpc.v1 import accounting_pb2, completion_pb2, completion_pb2_grpc, message_pb2
from llmrpc_server.config.document import FromOutside
from llmrpc_server.local_model import weights
from llmrpc_server.local_model.process import ModelFailed, ModelProcess
from tap import tapped

LOCAL = {"providers": {"local": {"kind": "local"}}, "routes": {"default": [f"local/{weights.NAME}"]}}
SHORT = completion_pb2.GenerationConfig(temperature=0, max_output_tokens=12)


@pytest.fixture(scope="module")
def model_file() -> Path:
    """Fetch the weights, where the set-up has not."""
    return weights.fetch()


@pytest.fixture(scope="module")
async def model(model_file: Path) -> AsyncIterator[str]:
    """Run the model by itself and return its base URL."""
    process = ModelProcess(model_file, context_tokens=2048, slots=2)
    try:
        yield await process.address()
    finally:
        await process.stop()


@pytest.fixture
async def local(model_file: Path) -> AsyncIterator[Gateway]:
    """Run the server with the local model, as without any configuration."""
    async with running(LOCAL) as gateway:
        yield gateway


async def test_local_model_answers(local: Gateway) -> None:
    """Both methods answer from the real model, the same at temperature 0, with its own counts."""
    asked = request("", "Why is the sky blue?", config=SHORT)
    whole = await local.completion.Complete(asked, timeout=60)
    events = [event async for event in local.completion.StreamComplete(asked, timeout=60)]

    text = "".join(event.part_delta.text for event in events)
    assert text == whole.message.parts[0].text == events[-1].completed.message.parts[0].text
    assert len(text.split()) > 4
    for answer in (whole, events[-1].completed):
        assert completion_pb2.FINISH_REASON_MAX_TOKENS == answer.finish_reason
        assert 12 == answer.accounting.usage.output_tokens
        assert accounting_pb2.USAGE_SOURCE_PROVIDER == answer.accounting.usage.source
        target = answer.accounting.target
        assert {"smollm2-135m-instruct"} == {target.model, target.reported_model}


async def test_local_model_hears_the_system_and_all_turns(local: Gateway) -> None:
    """A longer conversation is a longer input: system prompt and earlier turns reach the model."""
    turns = [
        said(message_pb2.ROLE_SYSTEM, "Answer in one word."),
        said(message_pb2.ROLE_USER, "My name is Ada."),
        said(message_pb2.ROLE_ASSISTANT, "Hello Ada."),
        said(message_pb2.ROLE_USER, "What is my name?"),
    ]
    short = await local.completion.Complete(request("", "What is my name?", config=SHORT), timeout=60)
    asked = completion_pb2.CompleteRequest(messages=turns, config=SHORT)
    long = await local.completion.Complete(asked, timeout=60)

    assert long.accounting.usage.input_tokens > short.accounting.usage.input_tokens


async def test_stop_sequence_ends_the_answer(local: Gateway) -> None:
    """A stop sequence ends the output before itself, with FINISH_REASON_STOP."""
    config = completion_pb2.GenerationConfig(temperature=0, max_output_tokens=40, stop_sequences=["sky"])
    answer = await local.completion.Complete(request("", "Repeat: the sky is blue", config=config), timeout=60)

    assert completion_pb2.FINISH_REASON_STOP == answer.finish_reason
    assert "sky" not in answer.message.parts[0].text


async def test_other_model_of_local_is_not_found(local: Gateway) -> None:
    """The local provider has its one model alone."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await local.completion.Complete(request("local/gpt-4o"), timeout=60)

    assert grpc.StatusCode.NOT_FOUND == failed.value.code()


def openai_text(payload: bytes) -> tuple[str, dict[str, Any]]:
    """Read text and usage out of OpenAI's raw bytes, without the server's decoder."""
    if not payload.startswith(b"data:"):
        whole = json.loads(payload)
        return whole["choices"][0]["message"]["content"], whole["usage"]
    chunks = [json.loads(data) for data in re.findall(rb"^data: (\{.*\})\r?$", payload, re.MULTILINE)]
    text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    return text, next(chunk["usage"] for chunk in chunks if chunk.get("usage"))


def anthropic_text(payload: bytes) -> tuple[str, dict[str, Any]]:
    """Read text and usage out of Anthropic's raw bytes, without the server's decoder."""
    if not payload.startswith(b"event:"):
        whole = json.loads(payload)
        return "".join(block["text"] for block in whole["content"]), whole["usage"]
    events = [json.loads(data) for data in re.findall(rb"^data: (\{.*\})\r?$", payload, re.MULTILINE)]
    usage: dict[str, Any] = {}
    for event in events:
        usage |= event.get("message", {}).get("usage", {}) | event.get("usage", {})
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta["text"] for delta in deltas), usage


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_sdk_providers_against_the_real_model(model: str, kind: str, streamed: bool) -> None:
    """Through the official SDKs, what the caller gets is what went over the wire: text and the provider's usage."""
    async with tapped(model) as tap:
        base_url = f"{tap.address}/v1" if kind == "openai" else tap.address
        provider = {"kind": kind, "api_key": FromOutside("none"), "base_url": base_url}
        config = {"providers": {"cloud": provider}, "routes": {"default": ["cloud/smollm2"]}}
        async with running(config) as gateway:
            asked = request("", "Name three colours.", config=SHORT)
            if streamed:
                events = [event async for event in gateway.completion.StreamComplete(asked, timeout=60)]
                answer, text = events[-1].completed, "".join(event.part_delta.text for event in events)
            else:
                answer = await gateway.completion.Complete(asked, timeout=60)
                text = answer.message.parts[0].text

        heard, usage = {"openai": openai_text, "anthropic": anthropic_text}[kind](tap.payload())

    counted = answer.accounting.usage
    assert heard == text == answer.message.parts[0].text
    if kind == "openai":
        expected = (usage["prompt_tokens"], usage["completion_tokens"])
    else:
        expected = (usage["input_tokens"] + usage.get("cache_read_input_tokens", 0), usage["output_tokens"])
    assert expected == (counted.input_tokens, counted.output_tokens)
    assert counted.input_tokens > 10
    assert accounting_pb2.USAGE_SOURCE_PROVIDER == counted.source


async def test_cancel_frees_the_model(local: Gateway) -> None:
    """After a cancelled answer the model is free for the next one: all its slots can be used again."""
    long = completion_pb2.GenerationConfig(max_output_tokens=2000)
    for _ in range(6):
        call = local.completion.StreamComplete(request("", "Tell a long story.", config=long), timeout=60)
        async for event in call:
            if event.HasField("part_delta"):
                break
        call.cancel()
    answer = await local.completion.Complete(request("", "Hi", config=SHORT), timeout=30)

    assert answer.message.parts


def models_of(pid: int) -> list[int]:
    """Return the model processes that a process runs."""
    children = (child for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE)
    return [child.pid for child in children if "llmrpc_server.local_model" in child.cmdline()]


async def until_gone(pid: int) -> None:
    """Wait until a process has ended."""
    async with asyncio.timeout(10):
        while Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
            await asyncio.sleep(0.02)


async def test_model_that_died_is_started_again(model_file: Path) -> None:
    """The process killed under the server is the next call's start, not its failure."""
    process = ModelProcess(model_file, context_tokens=512, slots=1)
    others = set(models_of(os.getpid()))
    await process.address()
    [first] = set(models_of(os.getpid())) - others
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(10):
        while process._runs():
            await asyncio.sleep(0.01)
    try:
        await process.address()
        [second] = set(models_of(os.getpid())) - others
    finally:
        await process.stop()

    assert first != second


async def test_model_that_cannot_start_says_why(tmp_path: Path) -> None:
    """A file that is no model fails the start with what llama.cpp says, and the caller with UNAVAILABLE."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"not a model")
    process = ModelProcess(broken, context_tokens=512, slots=1)
    with pytest.raises(ModelFailed, match="gguf"):
        await process.address()

    config = {
        "providers": {"local": {"kind": "local", "path": str(broken)}},
        "routes": {"default": ["local/broken"]},
    }
    async with running(config) as gateway:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.completion.Complete(request(), timeout=30)
    assert grpc.StatusCode.UNAVAILABLE == failed.value.code()


async def test_any_gguf_file_by_path(model_file: Path, tmp_path: Path) -> None:
    """Another file is a path in the configuration; its name is the model's."""
    other = tmp_path / "mine.gguf"
    other.symlink_to(model_file)
    config = {"providers": {"l": {"kind": "local", "path": str(other)}}, "routes": {"default": ["l/mine"]}}
    async with running(config) as gateway:
        answer = await gateway.completion.Complete(request("", "Hi", config=SHORT), timeout=60)

    assert ("l", "mine") == (answer.accounting.target.provider, answer.accounting.target.model)


@contextlib.contextmanager
def asked_once(folder: Path) -> Iterator[tuple[Any, int]]:
    """Run `llmrpc serve` without a configuration, ask it once, and hand out the server and its model's process id."""
    with serving(cwd=folder) as server:
        with grpc.insecure_channel(server.address) as channel:
            stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            stub.Complete(request("", "Hi", config=SHORT), timeout=60)
        [pid] = models_of(server.pid)
        yield server, pid


async def test_ctrl_c_lets_the_answer_finish(model_file: Path, tmp_path: Path) -> None:
    """Ctrl-C in a terminal reaches the model's process too; the answer under way is finished all the same."""
    config = completion_pb2.GenerationConfig(temperature=0, max_output_tokens=150)
    with serving(cwd=tmp_path, group=True) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            events = aiter(stub.StreamComplete(request("", "Tell a story.", config=config), timeout=60))
            while not (await anext(events)).HasField("part_delta"):
                pass
            os.killpg(server.pid, signal.SIGINT)
            last = [event async for event in events][-1]
        code = await asyncio.to_thread(server.wait)

    assert last.HasField("completed")
    assert 0 == code


async def test_stop_does_not_wait_for_a_start(tmp_path: Path) -> None:
    """A model that takes for ever to load does not keep the server from ending."""
    fifo = tmp_path / "slow.gguf"
    os.mkfifo(fifo)
    process = ModelProcess(fifo, context_tokens=512, slots=1)
    starting = asyncio.create_task(process.address())
    while process._process is None:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        await process.stop()

    with pytest.raises(ModelFailed):
        await starting


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_model_ends_with_its_server(model_file: Path, tmp_path: Path, how: signal.Signals) -> None:
    """However the server ends, its model's process does not outlive it."""
    with asked_once(tmp_path) as (server, pid):
        server.send(how)
        server.wait()
    await until_gone(pid)
