"""A failed RPC becomes one of the client's errors."""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    QuotaFailure,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from llmrpc.errors import CLASSES, ConnectionFailed, LlmrpcError
from llmrpc.v1.completion_pb2 import CompletionFailure

DOMAIN: Final = "llmrpc"
CALL_ID: Final = "llmrpc-call-id"
STATUS_DETAILS: Final = "grpc-status-details-bin"

Detail = TypeVar("Detail", bound=Message)


def error_from(rpc_error: grpc.RpcError) -> LlmrpcError:
    """Make the typed error; raise it `from rpc_error`. Details that are missing or garbled are left out."""
    trailers = _metadata(rpc_error, "trailing_metadata")
    details = _Details(trailers.get(STATUS_DETAILS, b""))
    info = next((info for info in details.of(ErrorInfo) if info.domain == DOMAIN), ErrorInfo())
    failure = next(details.of(CompletionFailure), None)
    retry = next(details.of(RetryInfo), None)
    call_id = (
        info.metadata.get("call_id") or _metadata(rpc_error, "initial_metadata").get(CALL_ID) or trailers.get(CALL_ID)
    )
    code = rpc_error.code()
    return _class_for(code, info.reason)(
        rpc_error.details() or code.name,
        code=code,
        reason=info.reason,
        call_id=str(call_id or ""),
        retry_delay=retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9 if retry else None,
        field_violations=[
            (violation.field, violation.description)
            for bad in details.of(BadRequest)
            for violation in bad.field_violations
        ],
        quota_violations=[
            (violation.subject, violation.description)
            for quota in details.of(QuotaFailure)
            for violation in quota.violations
        ],
        accounting=failure.accounting if failure else None,
        output_sent=failure.output_sent if failure else False,
    )


def _class_for(code: grpc.StatusCode, reason: str) -> type[LlmrpcError]:
    """Choose the class; UNAVAILABLE without a reason comes from the transport, not from an llmrpc server."""
    if code is grpc.StatusCode.UNAVAILABLE and not reason:
        return ConnectionFailed
    return CLASSES.get(reason) or CLASSES.get(code, LlmrpcError)


class _Details:
    """The details of a google.rpc.Status."""

    def __init__(self, serialized: bytes) -> None:
        try:
            self._packed: list[AnyMessage] = list(Status.FromString(serialized).details)
        except DecodeError:
            self._packed = []

    def of(self, kind: type[Detail]) -> Iterator[Detail]:
        """Give the details of one kind that can be read."""
        for packed in self._packed:
            if packed.TypeName() == kind.DESCRIPTOR.full_name:
                try:
                    yield kind.FromString(packed.value)
                except DecodeError:
                    continue


def _metadata(rpc_error: grpc.RpcError, which: str) -> dict[str, Any]:
    """Read one block of metadata; errors made by others than grpc's own calls may not have it."""
    read = getattr(rpc_error, which, None)
    # Through iter(), since dict() would use keys(), and those of older grpc.aio.Metadata are pairs.
    return dict(iter(read() or ())) if read else {}
