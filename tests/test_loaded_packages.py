"""What a server loads: packages that take megabytes come with the configuration that needs them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auth.book import Book
from auth.issuer import Issuer
from certificates import Authority

# What checks signatures and certificates, and what makes spans.
PACKAGES = ("cryptography", "opentelemetry.sdk")

_MAKE = """
import asyncio, sys
from pathlib import Path
from llmrpc_server.app import App
from llmrpc_server.commands.configuration import load_or_exit

async def make():
    App(load_or_exit(Path(sys.argv[1])), listen="127.0.0.1:0")

asyncio.run(make())
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


@pytest.fixture
def sections(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Return sections of a configuration by what they ask for."""
    return {
        "nothing": {},
        "keys": {"auth": Book(tmp_path).section},
        "tokens": {"auth": {"jwt": Issuer(tmp_path).section()}},
        "tls": {"server": {"tls": Authority(tmp_path).pair("127.0.0.1").section}},
        "traces": {"tracing": {}},
    }


@pytest.mark.parametrize(
    ("asks_for", "loaded"),
    [("nothing", ""), ("keys", ""), ("tokens", PACKAGES[0]), ("tls", PACKAGES[0]), ("traces", PACKAGES[1])],
)
def test_loaded_where_it_is_needed(
    tmp_path: Path, sections: dict[str, dict[str, Any]], asks_for: str, loaded: str
) -> None:
    """A server that asks for none of it loads none; each section loads what it needs alone."""
    Book(tmp_path).key()
    file = tmp_path / "llmrpc.yaml"
    providers = {"openai": {"kind": "openai", "base_url": "http://127.0.0.1:9/v1"}}
    everything = {"providers": providers, "routes": {"default": ["openai/m"]}, **sections[asks_for]}
    file.write_text(json.dumps(everything), encoding="utf-8")

    command = [sys.executable, "-c", _MAKE, str(file), *PACKAGES]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)

    assert loaded == done.stdout.strip()
