"""The servers that are measured, and how each is started."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import PYTHON

_LLMRPC = str(Path(sys.executable).with_name("llmrpc"))
_OPENAI = "openai: {{kind: openai, api_key: ${{BENCH_KEY}}, base_url: http://{canned}/v1}}"
_ANTHROPIC = "anthropic: {{kind: anthropic, api_key: ${{BENCH_KEY}}, base_url: http://{canned}}}"

HAS_MEMCACHED = shutil.which("memcached") is not None

# For every contender; those that need no key do not look.
ENVIRONMENT = {"BENCH_KEY": "sk-bench"}


@dataclass(frozen=True, slots=True)
class Contender:
    """A server.

    Attributes:
        command: What starts it; `{canned}` stands for the provider's host and port, `{config}` for the file below.
        config: Its llmrpc.yaml, with `{memcached}` and `{collector}` for those's; empty for a floor.
    """

    name: str
    command: Sequence[str]
    config: str = ""

    def started_by(self, places: Mapping[str, str], folder: Path) -> list[str]:
        """Return the command line, its configuration written to a folder.

        Args:
            places: Host and port of the processes beside it, by name.
        """
        file = folder / f"{self.name.replace(' ', '-')}.yaml"
        if self.config:
            kept = self.config.format(**places, ledger=file.with_suffix(".db"))
            file.write_text(kept, encoding="utf-8")
        return [word.format(**places, config=file) for word in self.command]


def _llmrpc(name: str, *providers: str, more: str = "") -> Contender:
    """Describe the real server with metrics and access log on; `more` is the rest, its routes among it."""
    first = providers[0].partition(":")[0]
    lines = (
        "providers:",
        *(f"  {provider}" for provider in providers),
        "" if "routes:" in more else f"routes: {{{{default: [{first}/burst]}}}}",
        "ledger: {{url: sqlite:///{ledger}}}",
        more,
    )
    # Port 0 of the metrics takes a free one.
    serve = (_LLMRPC, "serve", "--config", "{config}", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0")
    return Contender(name, serve, "\n".join(lines))


_FLOOR = (*PYTHON, "bench.floor", "http://{canned}/v1/chat/completions")

BARE = Contender("bare grpc.aio", (*PYTHON, "bench.bare"))
FLOOR = Contender("floor", _FLOOR)
COALESCING = Contender("coalescing floor", (*_FLOOR, "--coalesce"))
LLMRPC = _llmrpc("llmrpc", _OPENAI, _ANTHROPIC)
WITH_OPENAI = _llmrpc("llmrpc with openai", _OPENAI)
TRACED = _llmrpc("llmrpc with traces", _OPENAI, more="tracing: {{endpoint: 'http://{collector}'}}")
WITH_ANTHROPIC = _llmrpc("llmrpc with anthropic", _ANTHROPIC)

# A route of the model's own name: what asks for the model is cached.
_KEPT = "routes: {{default: [openai/burst], openai/burst: {{targets: [openai/burst], cache: {{ttl: 1h}}}}}}"
KEPT = _llmrpc("llmrpc with its cache", _OPENAI, more=_KEPT)
IN_MEMCACHED = _llmrpc(
    "llmrpc with memcached alone", _OPENAI, more=f"{_KEPT}\ncache: {{{{memory: 0, memcached: ['{{memcached}}']}}}}"
)

_SHARING = _llmrpc("llmrpc with both caches", _OPENAI, more=f"{_KEPT}\ncache: {{{{memcached: ['{{memcached}}']}}}}")


def with_workers(number: int) -> Contender:
    """Describe the real server with so many workers, and what they need to be several."""
    name = f"llmrpc with {number} worker{'s' if number > 1 else ''}"
    return Contender(name, (*_SHARING.command, "--workers", str(number)), _SHARING.config)
