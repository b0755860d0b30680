"""Two server processes beside each other: one database, one memcached."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fault_provider import ThreadedFaultProvider
from gateway import GatewayProcess, serving
from memcached import Memcached

_CONFIG = """
providers:
  openai: {{kind: openai, api_key: '${{TEST_KEY}}', base_url: '{base}/v1'}}
routes:
  default: [openai/gpt-4o]
cache: {{memcached: ['{memcached}']}}
ledger: {{url: 'sqlite:///{folder}/llmrpc.db'}}
limits: {limits}
"""


@contextlib.contextmanager
def two_servers(
    faults: ThreadedFaultProvider, memcached: Memcached, folder: Path, **limits: Any
) -> Iterator[tuple[GatewayProcess, GatewayProcess]]:
    """Run `llmrpc serve` twice with the same configuration; its provider is the fault-injecting one."""
    text = _CONFIG.format(base=faults.base_url, memcached=memcached.address, folder=folder, limits=json.dumps(limits))
    (folder / "llmrpc.yaml").write_text(text, encoding="utf-8")
    environment = {"TEST_KEY": "sk-test-1"}
    with serving(cwd=folder, env=environment) as one, serving(cwd=folder, env=environment) as two:
        yield one, two
