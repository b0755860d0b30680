"""Corrections belong to the minute that was counted in."""

from typing import Any

import pytest

from attempts import attempt
from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.config import LimitSettings
from llmrpc_server.rates.rates import Rates


class Minute:
    """Counters whose minute has some seconds left."""

    def __init__(self, seconds_left: float) -> None:
        self.taken_back: list[int] = []
        self._left = seconds_left

    async def add(self, _counter: str, _amount: int, *, seconds: float) -> int:
        """Count."""
        assert seconds
        return 1

    async def get(self, _counter: str) -> int:
        """Tell nothing."""
        return 0

    async def take_back(self, _counter: str, amount: int) -> None:
        """Note what is taken back."""
        self.taken_back.append(amount)

    async def seconds_left(self, _counter: str) -> float:
        """Tell."""
        return self._left

    async def close(self) -> None:
        """Close nothing."""


@pytest.mark.parametrize(("seconds_left", "corrections"), [(30.0, 1), (0.0, 0)])
async def test_what_was_not_used_is_given_back_in_its_own_minute(seconds_left: float, corrections: int) -> None:
    """A call that ends in the next minute makes no room there for what it had guessed in the last."""
    minute: Any = Minute(seconds_left)
    settings = LimitSettings.model_validate({"rates": [{"tokens_per_minute": 10_000}]})
    config = completion_pb2.GenerationConfig(max_output_tokens=9_000)
    call = attempt(completion_pb2.CompleteRequest(config=config))
    async with Rates(settings, minute, lambda: None).admitted(call):
        call.attempt.usage.CopyFrom(accounting_pb2.Usage(input_tokens=50, output_tokens=50))

    assert corrections == len(minute.taken_back)
