"""`llmrpc prices`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from llmrpc.cli.app import app

_CONFIG = """
providers:
  openai: {kind: openai, api_key: ${KEY}}
  corp: {kind: openai, api_key: ${KEY}, base_url: "http://127.0.0.1:9/v1"}
routes:
  default: [openai/gpt-5.5, corp/own]
  known: [openai/gpt-4o]
prices:
  openai/gpt-4o: {input: 2.50, output: 10, request: 0.001}
"""


@pytest.fixture(autouse=True)
def _configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a configuration."""
    (tmp_path / "llmrpc.yaml").write_text(_CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "sk-1")


def test_a_route_with_its_own_prices() -> None:
    """A route's targets are told with their prices and the table that these are from."""
    done = CliRunner().invoke(app, ["prices", "known", "--json"])

    told = json.loads(done.stdout)["openai/gpt-4o"]
    assert told.pop("version").startswith("configuration-")
    assert {"currency": "USD", "input": "2.50", "output": "10.00", "request": "0.001", "tiers": []} == told
    assert 0 == done.exit_code


def test_tiers_and_what_is_not_known() -> None:
    """Tiers are told below the prices; a price that is not known is told as that, and is exit code 1."""
    done = CliRunner().invoke(app, ["prices"])

    lines = done.stdout.splitlines()
    assert "  with more than 272,000 tokens of input" in lines
    assert "corp/own: not known; a row under prices gives one" in lines
    assert 1 == done.exit_code


def test_a_model_of_no_provider() -> None:
    """A name that is neither a route nor a model of a provider is refused."""
    done = CliRunner().invoke(app, ["prices", "nobody/x"])

    assert (2, True) == (done.exit_code, 'must be a route or "provider/model"' in done.stderr)
