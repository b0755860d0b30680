"""The real server for tests: in this process's event loop, or as the command that a user types."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import grpc

from fault_provider import ThreadedFaultProvider
from llmrpc.v1 import cache_pb2_grpc, completion_pb2, completion_pb2_grpc, message_pb2, model_pb2_grpc
from llmrpc_server import providers
from llmrpc_server.app import App
from llmrpc_server.config.document import Document, FromOutside
from llmrpc_server.config.loading import Loaded, check

LLMRPC = Path(sys.executable).with_name("llmrpc")


def settings_of(kind: str) -> type[providers.Settings]:
    """Return the settings class of a kind of provider."""
    settings: type[providers.Settings] = providers.load(kind).settings
    return settings


def loaded(config: Mapping[str, Any]) -> Loaded:
    """Check a configuration that a test writes as plain data."""
    return check(Document(config, {}), "test", tuple(providers.KINDS), settings_of)


def faulty(faults: ThreadedFaultProvider, **routes: Any) -> dict[str, Any]:
    """Write a configuration whose providers "openai" and "anthropic" are the fault-injecting one."""
    key = FromOutside("sk-test-1")
    return {
        "providers": {
            "openai": {"kind": "openai", "api_key": key, "base_url": f"{faults.base_url}/v1"},
            "anthropic": {"kind": "anthropic", "api_key": key, "base_url": faults.base_url},
        },
        "routes": {"default": ["openai/gpt-4o", "anthropic/claude-sonnet-5-5"], **routes},
    }


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running server and a client of it."""

    app: App
    channel: grpc.aio.Channel

    @property
    def address(self) -> str:
        """Host and port."""
        return self.app.address

    @property
    def completion(self) -> Any:
        """The stub of CompletionService."""
        return completion_pb2_grpc.CompletionServiceStub(self.channel)

    @property
    def cache(self) -> Any:
        """The stub of CacheService."""
        return cache_pb2_grpc.CacheServiceStub(self.channel)

    @property
    def models(self) -> Any:
        """The stub of ModelService."""
        return model_pb2_grpc.ModelServiceStub(self.channel)


@contextlib.asynccontextmanager
async def running(
    config: Mapping[str, Any],
    *,
    options: Sequence[tuple[str, Any]] = (),
    credentials: grpc.ChannelCredentials | None = None,
) -> AsyncIterator[Gateway]:
    """Run the server in this event loop, with a ledger that goes when it goes unless the test names one.

    The client speaks TLS where it has credentials.
    """
    with tempfile.TemporaryDirectory() as folder:
        app = App(loaded({"ledger": {"url": f"sqlite:///{folder}/llmrpc.db"}, **config}), listen="127.0.0.1:0")
        try:
            await app.start()
            async with channel_to(app.address, credentials, options=options) as channel:
                yield Gateway(app, channel)
        finally:
            await app.stop()


def channel_to(
    address: str, credentials: grpc.ChannelCredentials | None = None, *, options: Sequence[tuple[str, Any]] = ()
) -> grpc.aio.Channel:
    """Make a channel with a connection of its own."""
    alone = (*options, ("grpc.use_local_subchannel_pool", 1))
    if credentials is None:
        return grpc.aio.insecure_channel(address, options=alone)
    return grpc.aio.secure_channel(address, credentials, options=alone)


def free_port() -> int:
    """Find a port of this machine that nobody listens on, for programs that cannot tell which one they took."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Make the metadata of a call with a bearer token."""
    return (("authorization", f"Bearer {token}"),)


def request(model: str = "", *texts: str, **fields: Any) -> completion_pb2.CompleteRequest:
    """Make a request of user messages."""
    messages = [said(message_pb2.ROLE_USER, text) for text in texts or ("Why is the sky blue?",)]
    return completion_pb2.CompleteRequest(model=model, messages=messages, **fields)


def said(role: message_pb2.Role.ValueType, *texts: str) -> message_pb2.Message:
    """Make a message of text parts."""
    return message_pb2.Message(role=role, parts=[message_pb2.ContentPart(text=text) for text in texts])


class GatewayProcess:
    """`llmrpc serve` as a process of its own."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process = process
        self.address = address

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Return its exit code once it has ended."""
        return self._process.wait(timeout=60)


@contextlib.contextmanager
def serving(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    group: bool = False,
    log: IO[str] | None = None,
) -> Iterator[GatewayProcess]:
    """Run `llmrpc serve` on a free port until the block is left, in a process group of its own where asked.

    `log` takes its standard error.
    """
    command = [str(LLMRPC), "serve", "--listen", "127.0.0.1:0", "--metrics", "off", *arguments]
    environment = {**os.environ, "LLMRPC_LEDGER_URL": f"sqlite:///{cwd}/llmrpc.db", **(env or {})}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=cwd, env=environment, start_new_session=group
    ) as process:
        try:
            assert process.stdout is not None
            # The line is: llmrpc serves on HOST:PORT, configured by ...
            first = process.stdout.readline()
            yield GatewayProcess(process, first.split()[3].rstrip(","))
        finally:
            process.kill()
