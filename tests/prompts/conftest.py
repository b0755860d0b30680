"""A server with prompts; its providers are the fault-injecting one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, running
from prompts.files import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the prompts."""
    return write(tmp_path / "prompts")


@pytest.fixture
async def prompting(faults: ThreadedFaultProvider, folder: Path) -> AsyncIterator[Gateway]:
    """Run a server that serves the prompts of the folder."""
    async with running(faulty(faults) | {"prompts": {"path": str(folder)}}) as gateway:
        yield gateway
