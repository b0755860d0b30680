"""What checks signatures and certificates takes 8 MB: a server that has none to check does not load it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auth.book import Book
from auth.issuer import Issuer
from certificates import Authority

_MAKE = """
import asyncio, sys
from pathlib import Path
from llmrpc_server.app import App
from llmrpc_server.commands.configuration import load_or_exit

async def make():
    App(load_or_exit(Path(sys.argv[1])), listen="127.0.0.1:0")

asyncio.run(make())
print("cryptography" in sys.modules)
"""


@pytest.fixture
def sections(tmp_path: Path, book: Book, issuer: Issuer) -> dict[str, dict[str, Any]]:
    """Return sections of a configuration by what they ask for."""
    return {
        "nothing": {},
        "keys": {"auth": book.section},
        "tokens": {"auth": {"jwt": issuer.section()}},
        "tls": {"server": {"tls": Authority(tmp_path).pair("127.0.0.1").section}},
    }


@pytest.mark.parametrize(("asks_for", "loaded"), [("nothing", False), ("keys", False), ("tokens", True), ("tls", True)])
def test_loaded_where_it_is_needed(
    tmp_path: Path, sections: dict[str, dict[str, Any]], asks_for: str, *, loaded: bool
) -> None:
    """API keys need none of it; tokens and certificates do."""
    file = tmp_path / "llmrpc.yaml"
    providers = {"openai": {"kind": "openai", "base_url": "http://127.0.0.1:9/v1"}}
    everything = {"providers": providers, "routes": {"default": ["openai/m"]}, **sections[asks_for]}
    file.write_text(json.dumps(everything), encoding="utf-8")

    command = [sys.executable, "-c", _MAKE, str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)

    assert str(loaded) == done.stdout.strip()
