"""kind "local": a model that runs beside the server, without a key and without a cloud.

It speaks OpenAI's Chat Completions on a loopback port, so everything but its start is the provider "openai"'s.
"""

import asyncio
import importlib.util
import stat
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from llmrpc_server import errors
from llmrpc_server.call import Call, Events
from llmrpc_server.config import Section
from llmrpc_server.local_model import weights
from llmrpc_server.local_model.process import ModelFailed, ModelProcess
from llmrpc_server.providers.openai_chat import OpenAIChat, OpenAISettings
from llmrpc_server.requests.features import Feature, Harmless

_MAGIC = b"GGUF"


class LocalSettings(Section):
    """Which model, and how much of it.

    Attributes:
        path: A GGUF file. Unset: SmolLM2-135M-Instruct, which is fetched once.
        context_tokens: The window of each conversation.
        slots: Conversations at a time; more wait.
    """

    path: Path | None = None
    context_tokens: int = Field(default=4096, ge=64)
    slots: int = Field(default=4, ge=1)

    @property
    def only_models(self) -> tuple[str]:
        """The name of its one model."""
        return (weights.NAME if self.path is None else self.path.stem,)

    def fault(self) -> str:
        """Tell why its file can be no model; empty where it can, or is ours."""
        if self.path is None:
            return ""
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                return "is no file"
            with self.path.open("rb") as file:
                return "" if file.read(len(_MAGIC)) == _MAGIC else "is no model in GGUF"
        except OSError as error:
            return f"cannot be read: {error.strerror}"


class _ChatSettings(OpenAISettings):
    proxied: ClassVar[bool] = False


class Local:
    """The local model, started when it is first called."""

    kind: ClassVar[str] = "local"
    settings: ClassVar[type[LocalSettings]] = LocalSettings
    # Small models have no template for tools, and see and hear nothing.
    features = frozenset(
        {
            Feature.PREFILL,
            Feature.STOP_SEQUENCES,
            Feature.LOGPROBS,
            Feature.TOP_LOGPROBS,
            Feature.JSON_MODE,
            Feature.JSON_SCHEMA,
            Feature.JSON_BESIDE_TOOLS,
        }
    )
    drops: frozenset[Harmless] = OpenAIChat.drops - {Harmless.TOP_K}
    owned: frozenset[str] = OpenAIChat.owned

    def __init__(self, name: str, settings: LocalSettings) -> None:
        self.name = name
        (self.model,) = settings.only_models
        self._settings = settings
        self._path = settings.path or weights.path()
        self._process = ModelProcess(self._path, settings.context_tokens, settings.slots)
        self._chat: tuple[str, OpenAIChat] | None = None
        self._under_way = 0
        self._closing = False

    async def stream(self, call: Call) -> Events:
        """Make one attempt; see `Provider.stream`."""
        call.reached = False
        if call.target.model != self.model:
            raise errors.ProviderModelNotFound(f'{self.name} has the model "{self.model}" alone')
        self._under_way += 1
        try:
            async with aclosing((await self._started()).stream(call)) as events:
                async for event in events:
                    # It reports its file, and where that lies is nobody's business.
                    if call.attempts and call.attempt.target.reported_model:
                        call.attempt.target.reported_model = self.model
                    yield event
        finally:
            self._under_way -= 1
            if self._closing:
                await self.close()

    async def _started(self) -> OpenAIChat:
        try:
            address = await self._process.address()
        except ModelFailed as error:
            raise errors.ProviderUnavailable(f"{self.name}: the model does not start; see the log") from error
        if self._chat is None or self._chat[0] != address:
            settings = _ChatSettings(vendor="llama.cpp", base_url=f"{address}/v1")
            old, self._chat = self._chat, (address, OpenAIChat(self.name, settings))
            if old is not None:
                await old[1].close()
        return self._chat[1]

    async def probe(self) -> list[str]:
        """Look for the weights and for what runs them; see `Provider.probe`."""
        problems = []
        if importlib.util.find_spec("xllamacpp") is None:
            problems.append("xllamacpp is missing: pip install 'llmrpc[local]'")
        elif broken := await asyncio.to_thread(_broken_import):
            problems.append(f"xllamacpp cannot be loaded: {broken}")
        if fault := self._settings.fault():
            problems.append(f"{self._path}: {fault}")
        elif not self._path.is_file():
            problems.append(f"{self._path} is missing: llmrpc serve fetches it")
        return problems

    async def close(self) -> None:
        """Stop the model once nobody speaks with it; whoever comes after has it started, and stopped again."""
        self._closing = True
        if self._under_way:
            return
        chat, self._chat = self._chat, None
        if chat is not None:
            await chat[1].close()
        await self._process.stop()


def _broken_import() -> str:
    """Import what runs the model in a process of its own; return the error, empty where there is none."""
    command = [sys.executable, "-c", "import xllamacpp"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - every word is ours
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""
