"""`llmrpc serve --workers 2`, and what its processes are at."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from fault_provider import ThreadedFaultProvider
from gateway import GatewayProcess, serving
from memcached import Memcached
from workers.made_up import children

_CONFIG = """
providers: {{openai: {{kind: openai, api_key: "${{TEST_KEY}}", base_url: "{base}/v1"}}}}
routes: {{default: [openai/gpt-4o], kept: {{targets: [openai/gpt-4o], cache: {{ttl: 1h}}}}}}
cache: {{memcached: ["{memcached}"], timeout: 10s, namespace: "{namespace}"}}
server: {{drain_wait: 300ms, drain_grace: 10m}}
ledger: {{dead_after: 1s}}
"""
ENVIRONMENT = {"TEST_KEY": "sk-1"}


def write_config(folder: Path, faults: ThreadedFaultProvider, memcached: Memcached) -> None:
    """Write an llmrpc.yaml whose cache is a test's own."""
    text = _CONFIG.format(base=faults.base_url, memcached=memcached.address, namespace=folder.name[:50])
    (folder / "llmrpc.yaml").write_text(text, encoding="utf-8")


@contextlib.contextmanager
def two_workers(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[GatewayProcess]:
    """Run the command in a folder that has an llmrpc.yaml; its log is the file `log` there."""
    environment = {**ENVIRONMENT, **(env or {})}
    with (
        (folder / "log").open("w") as log,
        serving("--workers", "2", *arguments, cwd=folder, env=environment, log=log) as server,
    ):
        yield server


def connections(server: GatewayProcess) -> dict[int, int]:
    """Count each worker's connections, by its id."""
    port = int(server.address.rpartition(":")[2])
    return {
        pid: sum(
            connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == port
            for connection in psutil.Process(pid).net_connections("tcp")
        )
        for pid in children(server.pid)
    }
