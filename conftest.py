"""Fixtures for all tests, and the documents' code blocks as tests.

Blocks run in the order in which they stand, against a real server whose providers are the fault-injecting one; its
address stands for the one that a reader would use.
"""

import re
import subprocess
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, SkipParser

import toolchains
from gateway import settings_of
from llmrpc_server import providers
from llmrpc_server.config.loading import load

pytest_plugins = ["shared_fixtures"]

USUAL_ADDRESS = "localhost:50051"


# The fault-injecting provider answers in JSON where its model's name says so; a real one where it is asked to.
_ASKS_FOR_JSON = re.compile(r'(in JSON\.")(, output=)', re.IGNORECASE)


def _here(example: Example) -> str:
    text = str(example.parsed).replace(USUAL_ADDRESS, example.namespace["served"].address)
    text = _ASKS_FOR_JSON.sub(r'\1, model="openai/json"\2', text)
    return text.replace('"model": "default"', '"model": "openai/json"') if '"jsonSchema"' in text else text


def _python(example: Example) -> None:
    """Run a block in the document's namespace."""
    source = "\n" * (example.line + example.parsed.line_offset) + _here(example)
    exec(compile(source, example.path, "exec"), example.namespace)  # noqa: S102 - the documents are ours


def _bash(example: Example) -> None:
    """Run a block's commands; all must succeed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _here(example)],
        env=toolchains.environment(),
        cwd=toolchains.ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _yaml(example: Example) -> None:
    """Check a block as a configuration whose environment variables are set."""
    patch: pytest.MonkeyPatch = example.namespace["monkeypatch"]
    for name in re.findall(r"\$\{(\w+)\}", example.parsed):
        patch.setenv(name, "some-value")
    file = Path(example.namespace["tmp_path"]) / "llmrpc.yaml"
    file.write_text(example.parsed, encoding="utf-8")
    load(file, tuple(providers.KINDS), settings_of)


pytest_collect_file = Sybil(
    parsers=[
        SkipParser(),
        CodeBlockParser(language="python", evaluator=_python),
        CodeBlockParser(language="bash", evaluator=_bash),
        CodeBlockParser(language="yaml", evaluator=_yaml),
    ],
    patterns=["*.md"],
    fixtures=["served", "address_in_environment", "monkeypatch", "tmp_path"],
).pytest()
