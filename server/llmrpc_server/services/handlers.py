"""How a method becomes a handler: what it takes and gives, as bytes on the wire."""

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import Message


def unary(method: Callable[..., Any], request: type[Message], response: type[Message]) -> Any:
    """Make the handler of a method that answers once."""
    return grpc.unary_unary_rpc_method_handler(method, request.FromString, response.SerializeToString)


def streaming(method: Callable[..., Any], request: type[Message], response: type[Message]) -> Any:
    """Make the handler of a method that answers with a stream."""
    return grpc.unary_stream_rpc_method_handler(method, request.FromString, response.SerializeToString)
