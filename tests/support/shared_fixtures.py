"""Fixtures for all tests and for the code blocks of the documents. No test reaches beyond this machine."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from config.texts import LoadText
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, GatewayProcess, faulty, running, serving
from llmrpc_server import margin, providers
from llmrpc_server.config.loading import Loaded, load
from llmrpc_server.telemetry import logs
from postgres import PostgresServer
from toolchains import ROOT

logs.configure()


@pytest.fixture(autouse=True)
def _no_clouds(monkeypatch: pytest.MonkeyPatch, ledger_nobody_reads: str) -> None:
    """Take keys and addresses of real clouds out of the environment; leave no ledger in the working folder."""
    monkeypatch.setenv("LLMRPC_LEDGER_URL", ledger_nobody_reads)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "LLMRPC_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _slow_to_wake() -> Iterator[None]:
    """Leave a late call's status more time to arrive than a server of its own needs.

    On a virtual machine whose host lends idle memory to others, a process that has waited for a second takes 0.1 s for
    what takes 5 ms else; here client, server and provider are one process, with a heap that only tests have.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(margin, "LEAST_SECONDS", 0.4)
        yield


@pytest.fixture(scope="session")
def ledger_nobody_reads(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of the ledger of servers that a test starts without naming one."""
    return f"sqlite:///{tmp_path_factory.mktemp('ledger')}/llmrpc.db"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server of the tests' own."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def fault_server() -> Iterator[ThreadedFaultProvider]:
    """Run the fault-injecting provider in a thread of its own."""
    with ThreadedFaultProvider() as provider:
        yield provider


@pytest.fixture
def faults(fault_server: ThreadedFaultProvider) -> ThreadedFaultProvider:
    """Return the fault-injecting provider with an empty log."""
    fault_server.clear()
    return fault_server


@pytest.fixture
async def gateway(faults: ThreadedFaultProvider) -> AsyncIterator[Gateway]:
    """Run the real server in this loop; its providers are the fault-injecting one, in both wire formats."""
    async with running(faulty(faults)) as gateway:
        yield gateway


_CONFIG = """
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}
  anthropic: {{kind: anthropic, api_key: ${{TEST_KEY}}, base_url: {base}}}
routes:
  default: [openai/gpt-4o, anthropic/claude-sonnet-5-5]
prompts: {{path: {prompts}}}
"""


@pytest.fixture(scope="session")
def served(fault_server: ThreadedFaultProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Run the command `llmrpc serve`, for clients of other languages; its providers are the fault-injecting one."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "llmrpc.yaml").write_text(
        _CONFIG.format(base=fault_server.base_url, prompts=ROOT / "docs" / "prompts"), encoding="utf-8"
    )
    with serving(cwd=folder, env={"TEST_KEY": "sk-test-1"}) as process:
        yield process


@pytest.fixture
def address_in_environment(served: GatewayProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients that are told no address find the server."""
    monkeypatch.setenv("LLMRPC_ADDRESS", served.address)


@pytest.fixture
def load_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadText:
    """Return a function that loads a text as the file llmrpc.yaml of an empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEST_KEY", "sk-marker-1")

    def load_text(text: str | bytes) -> Loaded:
        file = Path("llmrpc.yaml")
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(file, providers.KINDS, lambda kind: providers.load(kind).settings)

    return load_text
