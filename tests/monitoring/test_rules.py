"""The alerts of deploy/prometheus: Prometheus takes them, each fires when it should, a real server has their series."""

import re
import subprocess
from typing import Any

import grpc
import pytest
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

import toolchains
from fault_provider import ThreadedFaultProvider
from gateway import faulty, free_port, request, running
from llmrpc_server.workers.metrics import page
from llmrpc_server.workers.worker import Worker

RULES = toolchains.ROOT / "deploy" / "prometheus" / "llmrpc.rules.yaml"
PAGE = toolchains.ROOT / "docs" / "monitoring.md"
_SELECTOR = re.compile(r"\b([a-z_]+_[a-z_]+)\b(?:\{([^}]*)\})?(?=[\s\[)])")
_MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
# Functions that are written like a metric.
_FUNCTIONS = {"histogram_quantile"}


def rules() -> list[dict[str, Any]]:
    """Read the rule file."""
    [group] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def promtool(*arguments: str) -> None:
    """Run Prometheus' own tool on the rules."""
    folder = toolchains.ROOT / "tests" / "monitoring"
    command = [toolchains.require("promtool"), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, timeout=60)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_prometheus_takes_them() -> None:
    """Expressions, labels and templates are sound."""
    promtool("check", "rules", str(RULES))


def test_each_fires_when_it_should() -> None:
    """rules.test.yaml has series for each alert with which it fires, and some with which it must not."""
    tested = yaml.safe_load((toolchains.ROOT / "tests" / "monitoring" / "rules.test.yaml").read_text(encoding="utf-8"))
    fired = {row["alertname"] for test in tested["tests"] for row in test["alert_rule_test"] if row["exp_alerts"]}

    assert {rule["alert"] for rule in rules()} == fired
    promtool("test", "rules", "rules.test.yaml")


@pytest.fixture
async def families(faults: ThreadedFaultProvider) -> list[Metric]:
    """Run a server through all that the alerts are about; return what Prometheus would be told, of workers too."""
    nobody = f"127.0.0.1:{free_port()}"
    config = {
        **faulty(faults, refused=["openai/status=401"]),
        "cache": {"memcached": [nobody]},
        "limits": {"rates": [{"requests_per_minute": 1000}], "store_down": "admit"},
    }
    config["routes"]["kept"] = {"targets": ["openai/gpt-4o"], "cache": {"ttl": "1h"}}
    async with running(config) as gateway:
        models = ("default", "kept", "openai/no-such-model", "refused", "openai/status=503")
        codes = [await gateway.completion.Complete(request(model), timeout=5).code() for model in models]
        stream = gateway.completion.StreamComplete(request(), timeout=5)
        assert [event async for event in stream]
        assert [*[grpc.StatusCode.OK] * 3, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE] == codes
        workers = text_string_to_metric_families(page([Worker(0, (), lambda _: None)]))
        return [*gateway.app.metrics.registry.collect(), *workers]


async def test_a_server_has_their_series(families: list[Metric]) -> None:
    """Whatever an alert selects is there, under that name, with those labels and one of their values."""
    samples = [sample for family in families for sample in family.samples]
    for rule in rules():
        selected = _selectors(rule["expr"])
        assert selected, rule["alert"]
        for name, matchers in selected:
            assert [one for one in samples if one.name == name and _matches(one, matchers)], (rule["alert"], name)


def _selectors(expression: str) -> list[tuple[str, str]]:
    """Return the metrics that an expression selects, each with its matchers."""
    bare = re.sub(r"(by|without) \([^)]*\)", "", expression)
    return [(name, matchers) for name, matchers in _SELECTOR.findall(bare) if name not in _FUNCTIONS]


def _matches(sample: Sample, matchers: str) -> bool:
    return all(
        re.fullmatch(value if how == "=~" else re.escape(value), sample.labels.get(label, ""))
        for label, how, value in _MATCHER.findall(matchers)
    )


async def test_the_page_names_all_of_them(families: list[Metric]) -> None:
    """docs/monitoring.md has a row for each metric and each alert, and none that is not there."""
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    names = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}

    assert {rule["alert"] for rule in rules()} | {n for n in names if not n.startswith("process_")} == rows
