"""Calls at a steady rate, and which of them were answered."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import grpc

from gateway import request
from llmrpc.v1 import completion_pb2_grpc


@dataclass
class Load:
    """What became of calls.

    Attributes:
        answered: The ids of those whose answer arrived.
        failed: How many ended with each status.
    """

    answered: list[str] = field(default_factory=list)
    failed: Counter[grpc.StatusCode] = field(default_factory=Counter)
    _running: set["asyncio.Task[None]"] = field(default_factory=set)

    async def one(self, stub: Any, model: str) -> None:
        """Make one call."""
        try:
            answer = await stub.Complete(request(model), timeout=20)
        except grpc.aio.AioRpcError as error:
            self.failed[error.code()] += 1
        else:
            self.answered.append(answer.accounting.call_id)

    async def steady(self, address: str, model: str, *, per_second: int, until: asyncio.Event) -> None:
        """Make calls until the event, and wait for them to end; a server that has gone fails them."""
        async with grpc.aio.insecure_channel(address) as channel:
            stub = completion_pb2_grpc.CompletionServiceStub(channel)
            while not until.is_set():
                task = asyncio.create_task(self.one(stub, model))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                await asyncio.sleep(1 / per_second)
            await asyncio.gather(*self._running)
