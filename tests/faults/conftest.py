"""A running fault-injecting provider for its tests."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from fault_provider import FaultProvider


@pytest.fixture
async def provider() -> AsyncIterator[FaultProvider]:
    """Yield a running provider; afterwards no task of it is left."""
    others = asyncio.all_tasks()
    async with FaultProvider() as running:
        yield running
    assert {asyncio.current_task()} == asyncio.all_tasks() - others
