"""Fixtures for the tests of what is sent."""

from collections.abc import AsyncIterator

import pytest

from rendering.sending import KINDS, Sender, make


@pytest.fixture(scope="session")
async def sender() -> AsyncIterator[Sender]:
    """Return a provider of each kind, ready to render."""
    providers = {kind: make(kind) for kind in KINDS}
    yield Sender(providers)
    for provider in providers.values():
        await provider.close()
