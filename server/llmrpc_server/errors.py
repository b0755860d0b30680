"""Everything that can go wrong in a call, as one tree; each error knows its gRPC code and its reason.

CallError
├── InvalidRequest               the caller's to mend
│   └── UnknownModel
├── NotFound
├── Unsupported                  no target can do what the request needs
├── DeadlineExceeded             the caller's, or the route's
├── StoreUnavailable             the database does not answer
├── Internal                     ours
└── ProviderError                one attempt at one target failed
    ├── ProviderInvalidRequest
    ├── ContextLengthExceeded
    ├── ContentPolicy
    ├── ProviderRequestTooLarge
    ├── ProviderModelNotFound
    ├── ProviderCredentials
    ├── ProviderPermission
    ├── ProviderQuotaExhausted
    ├── ProviderRateLimited
    ├── ProviderOverloaded
    ├── ProviderFailed
    ├── ProviderUnavailable
    ├── ProviderTimeout
    ├── ProviderConflict
    ├── ProviderUnsupported
    ├── ProviderConnection
    ├── ProviderBadResponse
    ├── ProviderStreamBroken
    └── ProviderStreamTruncated

Interceptors and providers raise them; only interceptors/status.py turns them into a gRPC status. Their messages go to
callers: they hold no secret, no URL and no word of a provider that could hold one.
"""

from dataclasses import dataclass
from typing import ClassVar

import grpc

from llmrpc.v1 import error_reason_pb2

Code = grpc.StatusCode
Reason = error_reason_pb2.ErrorReason

MAX_VIOLATIONS_NAMED = 4


@dataclass(frozen=True, slots=True)
class Violation:
    """A field of the request, as a path like "messages[0].role", and what would be right."""

    field: str
    description: str


class CallError(Exception):
    """A call ends with a status other than OK.

    Attributes:
        message: What happened, for the caller to read.
        retry_after: Seconds after which trying again makes sense; None where waiting does not help or is not known.
        violations: The request's fields that are wrong.
    """

    code: ClassVar[grpc.StatusCode]
    reason: ClassVar[error_reason_pb2.ErrorReason.ValueType]

    def __init__(
        self, message: str, *, retry_after: float | None = None, violations: tuple[Violation, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.violations = violations

    @property
    def reason_name(self) -> str:
        """The reason as ErrorInfo has it, for example "PROVIDER_OVERLOADED"."""
        return Reason.Name(self.reason).removeprefix("ERROR_REASON_")


class InvalidRequest(CallError):
    """The request breaks a rule of the API."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_INVALID_REQUEST

    @classmethod
    def of(cls, *violations: Violation) -> "InvalidRequest":
        """Make the error whose message names the first violations; a status has no room for many."""
        named = [f"{v.field}: {v.description}" for v in violations[:MAX_VIOLATIONS_NAMED]]
        if len(violations) > len(named):
            named.append("and more")
        return cls("; ".join(named), violations=violations)


class UnknownModel(InvalidRequest):
    """The request names a route or provider that is not configured."""

    reason = Reason.ERROR_REASON_MODEL_NOT_FOUND


class NotFound(CallError):
    """A resource that a caller asked to see does not exist."""

    code = Code.NOT_FOUND
    reason = Reason.ERROR_REASON_MODEL_NOT_FOUND


class Unsupported(CallError):
    """The request needs what no target can do."""

    code = Code.UNIMPLEMENTED
    reason = Reason.ERROR_REASON_UNSUPPORTED


class DeadlineExceeded(CallError):
    """The caller's deadline, or without one the route's total timeout, passed."""

    code = Code.DEADLINE_EXCEEDED
    reason = Reason.ERROR_REASON_DEADLINE_EXCEEDED


class StoreUnavailable(CallError):
    """A store that the call needs does not answer; what was asked of it may or may not have been done."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_STORE_UNAVAILABLE


class Internal(CallError):
    """A fault of this server; the log has the story."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_INTERNAL

    def __init__(self) -> None:
        super().__init__("internal error")


class ProviderError(CallError):
    """An attempt at a target failed.

    Attributes:
        http_status: The provider's HTTP status; 0 where there was none.
        request_id: The provider's own id for the request; empty where it gave none.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, http_status: int = 0, request_id: str = ""
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.http_status = http_status
        self.request_id = request_id


class ProviderInvalidRequest(ProviderError):
    """The provider refused the request as malformed."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_PROVIDER_INVALID_REQUEST


class ContextLengthExceeded(ProviderError):
    """The conversation is longer than the model's context window."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_CONTEXT_LENGTH_EXCEEDED


class ContentPolicy(ProviderError):
    """The provider's content policy refused the request."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_CONTENT_POLICY


class ProviderRequestTooLarge(ProviderError):
    """The provider refused the size of the request."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_REQUEST_TOO_LARGE


class ProviderModelNotFound(ProviderError):
    """The provider has no such model."""

    code = Code.NOT_FOUND
    reason = Reason.ERROR_REASON_MODEL_NOT_FOUND


class ProviderCredentials(ProviderError):
    """The provider refused this server's key: the operator's to mend, hence INTERNAL."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_PROVIDER_CREDENTIALS


class ProviderPermission(ProviderError):
    """This server's account may not do that: the operator's to mend, hence INTERNAL."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_PROVIDER_PERMISSION


class ProviderQuotaExhausted(ProviderError):
    """This server's account has no money or quota left."""

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_PROVIDER_QUOTA_EXHAUSTED


class ProviderRateLimited(ProviderError):
    """The provider limits the rate."""

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_PROVIDER_RATE_LIMITED


class ProviderOverloaded(ProviderError):
    """The provider says that it is overloaded."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_OVERLOADED


class ProviderFailed(ProviderError):
    """The provider failed by itself."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_ERROR


class ProviderUnavailable(ProviderError):
    """The provider, or a proxy before it, is down."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_UNAVAILABLE


class ProviderTimeout(ProviderError):
    """The provider was too slow; the caller's deadline has not passed."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_TIMEOUT


class ProviderConflict(ProviderError):
    """The provider reports a conflict with another request."""

    code = Code.ABORTED
    reason = Reason.ERROR_REASON_PROVIDER_CONFLICT


class ProviderUnsupported(ProviderError):
    """The provider does not have what was asked for."""

    code = Code.UNIMPLEMENTED
    reason = Reason.ERROR_REASON_PROVIDER_UNSUPPORTED


class ProviderConnection(ProviderError):
    """The provider could not be reached, or went away before it answered."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_CONNECTION


class ProviderBadResponse(ProviderError):
    """The provider answered with something that is not its own format."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_PROVIDER_BAD_RESPONSE


class ProviderStreamBroken(ProviderError):
    """The connection broke in the middle of the answer."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_STREAM_BROKEN


class ProviderStreamTruncated(ProviderError):
    """The answer ended without the provider's end marker."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_STREAM_TRUNCATED
