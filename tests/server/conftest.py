"""What several tests of the server's inner rooms share."""

import pytest

from server.flights import Source


@pytest.fixture
def source() -> Source:
    """Make a run that waits for the test."""
    return Source()
