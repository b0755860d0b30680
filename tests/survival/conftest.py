"""A server whose providers are the fault-injecting one, and addresses where no provider is."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest

import fault_provider
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, running
from llmrpc_server.config.document import FromOutside

NETWORK = ("refused", "unresolvable", "tls_failure", "black_hole")


@pytest.fixture(scope="module")
def nowhere() -> Iterator[Mapping[str, str]]:
    """Hand out addresses where no provider is, by what is wrong with them."""
    with contextlib.ExitStack() as opened:
        yield {name: opened.enter_context(getattr(fault_provider, name)()) for name in NETWORK}


def with_nowhere(faults: ThreadedFaultProvider, nowhere: Mapping[str, str]) -> dict[str, Any]:
    """Write a configuration with a provider at each address where none is."""
    config = faulty(faults)
    config["providers"] |= {
        name: {"kind": "openai", "api_key": FromOutside("sk-test-1"), "base_url": f"{address}/v1"}
        for name, address in nowhere.items()
    }
    return config


@pytest.fixture
async def lonely(faults: ThreadedFaultProvider, nowhere: Mapping[str, str]) -> AsyncIterator[Gateway]:
    """Run a server that knows the addresses where nobody is, too."""
    async with running(with_nowhere(faults, nowhere)) as gateway:
        yield gateway
