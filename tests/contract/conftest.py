"""One server for all of the contract, in which every kind of provider is the fault provider."""

from collections.abc import AsyncIterator

import pytest

from contract.targets import over_faults
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, running


@pytest.fixture(scope="module")
async def contracted(fault_server: ThreadedFaultProvider) -> AsyncIterator[Gateway]:
    """Run the real server."""
    async with running(over_faults(fault_server)) as gateway:
        yield gateway


@pytest.fixture
def gateway(contracted: Gateway, faults: ThreadedFaultProvider) -> Gateway:
    """Return the server, its provider with an empty log."""
    assert not faults.attempts
    return contracted
