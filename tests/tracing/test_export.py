"""Where traces go, and what becomes of a server whose collector is not there, or hangs."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import structlog

from fault_provider import ThreadedFaultProvider
from gateway import faulty, free_port, loaded, request, running
from llmrpc_server.config.loading import BadConfig
from tracing.collector import Collector, collecting

CALLS = 20
_PLAIN = {
    "providers": {"openai": {"kind": "openai", "base_url": "http://127.0.0.1:9/v1"}},
    "routes": {"default": ["openai/gpt-4o"]},
}


async def _calls(config: dict[str, Any]) -> tuple[list[Any], float]:
    """Make some calls; return what was logged, and how long the server took to end."""
    with structlog.testing.capture_logs() as logs:
        async with running(config) as gateway:
            for _ in range(CALLS):
                await gateway.completion.Complete(request(), timeout=30)
            ended = time.monotonic()
        return logs, time.monotonic() - ended


async def test_nobody_there(faults: ThreadedFaultProvider) -> None:
    """Calls are answered, one line says that traces are lost, and the server ends soon."""
    config = {**faulty(faults), "tracing": {"endpoint": f"http://127.0.0.1:{free_port()}"}}

    logs, seconds = await _calls(config)

    assert 1 == len([line for line in logs if line["event"] == "traces are lost"])
    assert seconds < 10


async def test_a_collector_that_hangs(faults: ThreadedFaultProvider) -> None:
    """One that takes the connection and says nothing adds two seconds to the server's end, not half a minute."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        config = {**faulty(faults), "tracing": {"endpoint": f"http://127.0.0.1:{deaf.getsockname()[1]}"}}
        _, seconds = await _calls(config)

    assert seconds < 10


async def test_all_spans_arrive(
    faults: ThreadedFaultProvider, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server still has when it ends is sent; names and headers come from OpenTelemetry's own variables."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "gateway-eu")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=search")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)

    await _calls({**faulty(faults), "tracing": {}})

    assert 2 * CALLS == len(collector.spans)
    assert "gateway-eu" == collector.resources[0]["service.name"]
    assert "search" == collector.metadata["x-team"]


async def test_a_collector_that_comes_back(faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log says that traces are lost, once and why, and that they arrive again."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0.2")
    port = free_port()
    config = {**faulty(faults), "tracing": {"endpoint": f"http://127.0.0.1:{port}"}}

    with structlog.testing.capture_logs() as logs:
        async with running(config) as gateway:
            await _until(gateway, lambda: "traces are lost" in {line["event"] for line in logs})
            with collecting(port) as collector:
                await _until(gateway, lambda: bool(collector.spans))
                await _until(gateway, lambda: "traces arrive again" in {line["event"] for line in logs})

    lost, again = [line for line in logs if line["event"].startswith("traces")][:2]
    assert ("traces are lost", "traces arrive again") == (lost["event"], again["event"])
    assert f"127.0.0.1:{port}, error code: StatusCode.UNAVAILABLE" in lost["reason"]


async def _until(gateway: Any, condition: Any) -> None:
    """Make calls until the condition holds."""
    async with asyncio.timeout(30):
        while not condition():
            await gateway.completion.Complete(request(), timeout=30)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"endpoint": "collector:4317"}, "tracing.endpoint: must be an address such as"),
        ({"sample": 2}, "tracing.sample: must be less than or equal to 1"),
        ({"share": 1}, "tracing.share"),
        (None, "tracing: must be a mapping of keys to values"),
    ],
)
def test_what_is_refused(faults: ThreadedFaultProvider, section: Any, told: str) -> None:
    """Each mistake is told with its key."""
    with pytest.raises(BadConfig) as caught:
        loaded({**faulty(faults), "tracing": section})

    assert told in str(caught.value)


@pytest.mark.parametrize("command", [("serve", "--listen", "127.0.0.1:0", "--config"), ("config", "check")])
def test_without_the_extra(tmp_path: Path, command: tuple[str, ...]) -> None:
    """A server that has no OpenTelemetry says what to install."""
    file = tmp_path / "llmrpc.yaml"
    file.write_text(json.dumps(_PLAIN | {"tracing": {}}), encoding="utf-8")
    program = f"import sys; sys.modules['opentelemetry.sdk'] = None; sys.argv = {['llmrpc', *command, str(file)]!r}"

    run = [sys.executable, "-c", f"{program}\nfrom llmrpc.cli import main\nmain()"]
    done = subprocess.run(run, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=60)

    assert 78 == done.returncode
    assert "tracing: needs OpenTelemetry: pip install 'llmrpc[otel]'" in done.stderr
