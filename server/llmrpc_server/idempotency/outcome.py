"""How a call ended, as bytes: its answer, or its error, with its books; replayed to whoever repeats the request."""

import time
from typing import cast

import msgspec
from google.protobuf.message import DecodeError

from llmrpc.v1 import accounting_pb2, completion_pb2, error_reason_pb2
from llmrpc_server.call import Call
from llmrpc_server.errors import CallError, Code, Internal, Replayed, Violation


class _Failure(msgspec.Struct, array_like=True, frozen=True):
    """An error.

    Attributes:
        again: When trying again made sense, in seconds since 1970; None where that was not known.
    """

    code: str
    reason: int
    message: str
    again: float | None
    violations: list[tuple[str, str]]
    quotas: list[tuple[str, str]]


class Outcome(msgspec.Struct, array_like=True, frozen=True):
    """How a call ended.

    Attributes:
        accounting: Its books, serialized.
        response: Its answer, serialized; None where it failed.
        output_sent: Whether its caller was ever given output.
    """

    fingerprint: str
    accounting: bytes
    response: bytes | None = None
    failure: _Failure | None = None
    output_sent: bool = False

    def books(self) -> accounting_pb2.Accounting:
        """Return the call's books."""
        return accounting_pb2.Accounting.FromString(self.accounting)

    def answer(self) -> completion_pb2.CompleteResponse:
        """Return the call's answer.

        Raises:
            Replayed: It failed, with this.
        """
        if self.response is not None:
            return completion_pb2.CompleteResponse.FromString(self.response)
        if self.failure is None:
            raise Internal
        failure = self.failure
        raise Replayed(
            getattr(Code, failure.code),
            cast("error_reason_pb2.ErrorReason.ValueType", failure.reason),
            failure.message,
            retry_after=None if failure.again is None else max(failure.again - time.time(), 0.0),
            violations=tuple(Violation(*pair) for pair in failure.violations),
            quotas=tuple(failure.quotas),
        )


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Outcome)


def answered(call: Call, fingerprint: str, response: completion_pb2.CompleteResponse) -> Outcome:
    """Make the outcome of a call that was answered."""
    kept = completion_pb2.CompleteResponse()
    kept.CopyFrom(response)
    kept.ClearField("accounting")
    kept.warnings.extend(call.warnings)
    return Outcome(
        fingerprint,
        call.accounting().SerializeToString(),
        response=kept.SerializeToString(),
        output_sent=call.output_sent,
    )


def failed(call: Call, fingerprint: str, error: Exception) -> Outcome:
    """Make the outcome of a call that failed; an unexpected error is told as everywhere, without its words."""
    known = error if isinstance(error, CallError) else Internal()
    failure = _Failure(
        known.code.name,
        known.reason,
        known.message,
        None if known.retry_after is None else time.time() + known.retry_after,
        [(violation.field, violation.description) for violation in known.violations],
        list(known.quotas),
    )
    return Outcome(fingerprint, call.accounting().SerializeToString(), failure=failure, output_sent=call.output_sent)


def write(outcome: Outcome) -> bytes:
    """Make an outcome's bytes."""
    return _ENCODER.encode(outcome)


def read(data: bytes) -> Outcome | None:
    """Read an outcome; None for bytes that are none."""
    try:
        outcome = _DECODER.decode(data)
        outcome.books()
        completion_pb2.CompleteResponse.FromString(outcome.response or b"")
    except (msgspec.MsgspecError, DecodeError, ValueError):
        return None
    return outcome
