"""A server with registered parsers and message types; its providers are the fault-injecting one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, running
from output.protos import DESCRIPTORS

PARSERS: dict[str, dict[str, Any]] = {
    "items": {"kind": "list", "max_items": 3},
    "commas": {"kind": "list", "separator": ","},
    "mood": {"kind": "choice", "choices": ["good", "bad"]},
    "unit": {"kind": "choice", "choices": ["us", "US", "C*", "etc."]},
    "sure": {"kind": "boolean"},
    "age": {"kind": "number", "integer": True, "minimum": 0, "maximum": 150},
    "price": {"kind": "number"},
    "due": {"kind": "date"},
    "german": {"kind": "date", "format": "%d.%m.%Y"},
    "moment": {"kind": "date", "time": True},
    "sql": {"kind": "code_block", "language": "sql"},
    "facts": {"kind": "key_value", "keys": ["name", "age"]},
    "ticket": {"kind": "regex", "pattern": r"(?P<project>[A-Z]+)-(?P<number>\d+)"},
    "person": {"kind": "pydantic", "model": "output.person:Person"},
    "heights": {"kind": "pydantic", "model": "output.person:Heights"},
}


@pytest.fixture
async def shaped(faults: ThreadedFaultProvider, tmp_path: Path) -> AsyncIterator[Gateway]:
    """Run a server that knows all parsers and the message type acme.v1.Rich."""
    (tmp_path / "acme.binpb").write_bytes(DESCRIPTORS)
    config = faulty(faults) | {"output": {"parsers": PARSERS, "descriptors": [str(tmp_path / "acme.binpb")]}}
    async with running(config) as gateway:
        yield gateway
