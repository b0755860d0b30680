"""The command that a user types, from a test whose event loop runs the server."""

import asyncio
import os
from collections.abc import Mapping

from gateway import LLMRPC


async def llmrpc(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run `llmrpc` and return what it prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        LLMRPC,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    printed, errors = await process.communicate()
    assert 0 == process.returncode, errors.decode()
    return printed.decode()
