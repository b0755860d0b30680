"""Reads the google.rpc details of a failed RPC, for asserts."""

from typing import Any, TypeVar

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import status_pb2

M = TypeVar("M", bound=Message)


def raw(error: grpc.aio.AioRpcError) -> bytes:
    """Return the serialized google.rpc.Status of an error's trailers."""
    return bytes(metadata_of(error.trailing_metadata())["grpc-status-details-bin"])


def metadata_of(metadata: Any) -> dict[str, Any]:
    """Return metadata by key; to `dict` itself that of older versions of gRPC looks like a mapping, and is none."""
    return dict(iter(metadata or ()))


def detail(error: grpc.aio.AioRpcError, kind: type[M]) -> M:
    """Return the detail of a kind; fails where there is none."""
    status = status_pb2.Status.FromString(raw(error))
    assert status.code == error.code().value[0]
    for packed in status.details:
        message = kind()
        if packed.Unpack(message):
            return message
    raise AssertionError(f"no {kind.__name__} in {status}")


async def failure_of(call: Any) -> grpc.aio.AioRpcError:
    """Return the error that an RPC ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await (drained(call) if isinstance(call, grpc.aio.UnaryStreamCall) else call)
    return failed.value


async def drained(call: Any, into: list[Any] | None = None) -> None:
    """Read a stream to its end, perhaps into a list."""
    async for event in call:
        (into if into is not None else []).append(event)
