"""llmrpc: one gRPC API in front of every LLM provider. This is its client.

    import llmrpc

    with llmrpc.Client("localhost:50051") as client:
        print(client.complete("Why is the sky blue?").text)

The messages and stubs themselves are in `llmrpc.v1`, generated from the protos.
"""

from llmrpc._channel import TLS
from llmrpc._requests import RequestOptions
from llmrpc.aio import AsyncClient, AsyncCompletionStream
from llmrpc.assembler import RESET, Assembler
from llmrpc.client import Client, CompletionStream
from llmrpc.completion import Completion
from llmrpc.errors import (
    BrokenStream,
    BudgetExceeded,
    CacheMiss,
    Cancelled,
    Conflict,
    ConnectionFailed,
    ContextLengthExceeded,
    DeadlineExceeded,
    InternalError,
    InvalidRequest,
    LlmrpcError,
    ModelNotFound,
    OutputInvalid,
    PermissionDenied,
    RateLimited,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unsupported,
)

__all__ = [
    "RESET",
    "TLS",
    "Assembler",
    "AsyncClient",
    "AsyncCompletionStream",
    "BrokenStream",
    "BudgetExceeded",
    "CacheMiss",
    "Cancelled",
    "Client",
    "Completion",
    "CompletionStream",
    "Conflict",
    "ConnectionFailed",
    "ContextLengthExceeded",
    "DeadlineExceeded",
    "InternalError",
    "InvalidRequest",
    "LlmrpcError",
    "ModelNotFound",
    "OutputInvalid",
    "PermissionDenied",
    "RateLimited",
    "RequestOptions",
    "ResourceExhausted",
    "Unauthenticated",
    "Unavailable",
    "Unsupported",
]
