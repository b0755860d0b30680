"""The server's ledger as tests read it: straight from the database."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from fault_provider import ThreadedFaultProvider
from gateway import faulty

# Picos for a token of gpt-4o and of claude-sonnet-4-5.
OPENAI_INPUT, OPENAI_OUTPUT = 2_500_000, 10_000_000
ANTHROPIC_INPUT, ANTHROPIC_OUTPUT = 3_000_000, 15_000_000


def priced(faults: ThreadedFaultProvider, ledger: str, **more: Any) -> dict[str, Any]:
    """Write a configuration with prices whose books are in a file that the test can read."""
    prices = {
        "openai/*": {"input": "2.50", "output": "10", "cache_read": "1.25"},
        "anthropic/*": {"input": "3", "output": "15", "cache_read": "0.30", "cache_write": "3.75"},
    }
    return {**faulty(faults), "prices": prices, "ledger": {"url": ledger}, **more}


def rows(file: Path, query: str, *parameters: Any) -> list[dict[str, Any]]:
    """Run a query on the ledger's file."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, parameters)]


def held_in(file: Path) -> list[dict[str, Any]]:
    """Return the rows that calls under way would have if their process died now."""
    return [json.loads(row["book"])["call"] for row in rows(file, "SELECT book FROM holds")]


async def row_of(file: Path, call_id: str, seconds: float = 10) -> dict[str, Any]:
    """Return a call's row; one of a call that was cancelled comes soon after."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := rows(file, "SELECT * FROM calls WHERE call_id = ?", call_id):
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError(f"call {call_id} is not on the ledger")


async def all_entered(file: Path) -> None:
    """Wait until the database has what its server has reported done."""
    async with asyncio.timeout(10):
        while any(journal.stat().st_size for journal in file.parent.glob("llmrpc-journal/*.jsonl")):
            await asyncio.sleep(0.01)


def attempts_of(file: Path, call_id: str) -> list[dict[str, Any]]:
    """Return the rows of a call's attempts."""
    return rows(file, "SELECT * FROM attempts WHERE call_id = ? ORDER BY number", call_id)


def picked(row: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    """Return some of a row's values."""
    return tuple(row[name] for name in names)
