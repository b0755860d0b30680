"""Clients that use gRPC in ways that ours do not."""

import asyncio
from collections import Counter
from typing import Any

import grpc

from gateway import GatewayProcess
from llmrpc.v1 import model_pb2, model_pb2_grpc


async def test_thousands_of_calls_on_one_connection(served: GatewayProcess) -> None:
    """Calls that come faster than a server can take them on wait for it; none is ended without a reason."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        stub: Any = model_pb2_grpc.ModelServiceStub(channel)

        async def code() -> str:
            """Call; return the status."""
            call = stub.ListModels(model_pb2.ListModelsRequest(), timeout=50)
            return str((await call.code()).name)

        assert {"OK": 4000} == Counter(await asyncio.gather(*(code() for _ in range(4000))))
