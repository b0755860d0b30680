"""status: the only place that ends an RPC with anything but OK.

A `CallError` becomes a google.rpc.Status with details. Anything else is a fault of ours: it is logged with its
traceback and answered INTERNAL without its words.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import grpc
import structlog
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from typing_extensions import override

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.edge import rpc
from llmrpc_server.edge.rpc import CALL_ID_METADATA, Context, Rpc
from llmrpc_server.errors import CallError, Internal, RequestIdConflict
from llmrpc_server.interceptors.base import RpcInterceptor
from llmrpc_server.moments import duration
from llmrpc_server.money import picos_of

DOMAIN = "llmrpc"
# Many proxies and clients bound all response metadata at 8 KiB; base64 makes these details a third larger.
MAX_DETAILS_BYTES = 4096
# Of each detail: its tag and its length in the status.
_ANY_OVERHEAD = 8
_KEPT_WHEN_SHORTENED = 4

_STATUS_METADATA = "grpc-status-details-bin"
_USAGE_METADATA = "llmrpc-usage"
_PUSHBACK_METADATA = "grpc-retry-pushback-ms"
_NEVER = "-1"

log = structlog.get_logger()


class StatusInterceptor(RpcInterceptor):
    """Turns errors into statuses."""

    @override
    async def around(self, record: Rpc, context: Context, proceed: Callable[[], Awaitable[Any]]) -> Any:
        try:
            result = await proceed()
        except grpc.aio.AbortError:
            raise
        except CallError as error:
            await _abort(context, record, error)
        except asyncio.CancelledError:
            if rpc.cancelled(record):
                raise
            # grpc sends no status for a CancelledError that is not the RPC's own: the caller would wait for ever.
            log.exception("unexpected cancellation", call_id=record.call_id, method=record.method)
            await _abort(context, record, Internal())
        except Exception:
            log.exception("unexpected error", call_id=record.call_id, method=record.method)
            await _abort(context, record, Internal())
        else:
            context.set_trailing_metadata(_trailing(record))
            return result


async def _abort(context: Context, record: Rpc, error: CallError) -> None:
    details = status_details(error, record.call_id, _failure(record)).SerializeToString()
    metadata = (*_trailing(record), (_STATUS_METADATA, details), *_pushback(record, error))
    await context.abort(error.code, error.message, metadata)


def _failure(record: Rpc) -> completion_pb2.CompletionFailure | None:
    """Return the books of a call that reached a provider."""
    call = record.call
    if call is None or not (call.attempts or call.replayed):
        return None
    return completion_pb2.CompletionFailure(accounting=call.accounting(), output_sent=call.output_sent)


def _trailing(record: Rpc) -> tuple[tuple[str, str], ...]:
    metadata = ((CALL_ID_METADATA, record.call_id),)
    call = record.call
    return metadata if call is None or not call.attempts else (*metadata, (_USAGE_METADATA, _usage(call)))


def _usage(call: Call) -> str:
    """Say what a call used and cost in one line."""
    books = call.accounting()
    words = [f"input_tokens={books.usage.input_tokens}", f"output_tokens={books.usage.output_tokens}"]
    if books.HasField("cost"):
        words += [f"cost_picos={picos_of(books.cost)}", f"currency={books.cost.currency_code}"]
        words += ["incomplete"] * books.cost.incomplete
    return ",".join(words)


def _pushback(record: Rpc, error: CallError) -> Iterator[tuple[str, str]]:
    if record.committed:
        yield _PUSHBACK_METADATA, _NEVER
    elif error.retry_after is not None:
        yield _PUSHBACK_METADATA, str(int(error.retry_after * 1000))


def status_details(
    error: CallError, call_id: str, failure: completion_pb2.CompletionFailure | None = None
) -> status_pb2.Status:
    """Make the status that carries an error's details, at most `MAX_DETAILS_BYTES` long."""
    status = status_pb2.Status(code=error.code.value[0], message=error.message)
    for detail in _details(error, call_id, failure):
        packed = AnyMessage()
        packed.Pack(detail)
        if status.ByteSize() + packed.ByteSize() + _ANY_OVERHEAD > MAX_DETAILS_BYTES:
            packed.Pack(_shortened(detail))
        if status.ByteSize() + packed.ByteSize() + _ANY_OVERHEAD <= MAX_DETAILS_BYTES:
            status.details.append(packed)
    return status


def _details(error: CallError, call_id: str, failure: completion_pb2.CompletionFailure | None) -> Iterator[Message]:
    """Yield the details, most needed first: what does not fit is left out from the end."""
    info = error_details_pb2.ErrorInfo(reason=error.reason_name, domain=DOMAIN)
    info.metadata["call_id"] = call_id
    if isinstance(error, RequestIdConflict):
        info.metadata["first_call_id"] = error.first_call_id
    if failure is not None:
        info.metadata["provider"] = failure.accounting.attempts[-1].target.provider
    yield info
    if error.retry_after is not None:
        yield error_details_pb2.RetryInfo(retry_delay=duration(error.retry_after))
    if error.violations:
        yield error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field=v.field, description=v.description)
                for v in error.violations
            ]
        )
    if error.quotas:
        yield error_details_pb2.QuotaFailure(
            violations=[
                error_details_pb2.QuotaFailure.Violation(subject=subject, description=description)
                for subject, description in error.quotas
            ]
        )
    if failure is not None:
        yield failure


def _shortened(detail: Message) -> Message:
    """Cut a detail that is too long to the first of its violations or the last of its attempts."""
    match detail:
        case error_details_pb2.BadRequest():
            del detail.field_violations[_KEPT_WHEN_SHORTENED:]
        case completion_pb2.CompletionFailure():
            del detail.accounting.attempts[:-_KEPT_WHEN_SHORTENED]
    return detail
