"""Many calls at once, and how they end."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc

OK, EXHAUSTED = grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED


async def refused(calls: Sequence[Any], number: int) -> None:
    """Wait until so many calls have been refused; none may end otherwise before that."""
    outcomes = asyncio.as_completed([asyncio.ensure_future(call.code()) for call in calls])
    for _ in range(number):
        assert EXHAUSTED == await next(outcomes)
