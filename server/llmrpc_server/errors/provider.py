"""What goes wrong with one attempt at one target, and what that means for the next."""

from enum import Enum, auto
from typing import ClassVar

from llmrpc_server.errors.server import CallError, Code, Reason

# As often as the call's attempts allow.
_AS_ALLOWED = 1_000_000


class Elsewhere(Enum):
    """Whether another target may be asked after a failure."""

    NO = auto()
    YES = auto()
    # Only a model with a larger context window.
    LARGER_WINDOW = auto()
    # Only where the route says so.
    IF_ALLOWED = auto()


class Blame(Enum):
    """Whether a failure speaks against its target."""

    # It is the caller's own mistake, or says nothing.
    NONE = auto()
    TARGET = auto()
    # The account behind the key: it stays so until a person fixes it.
    ACCOUNT = auto()


class ProviderError(CallError):
    """An attempt at a target failed.

    What follows from it stands on the class. Source: the table of provider errors in docs/faults.md.

    Attributes:
        retries: How often the same target may be asked again after it, in a row.
        yields: Another target goes before asking the same one again.
        elsewhere: Whether another target may be asked.
        blame: Whether it speaks against the target.
        other_key: Another of the provider's keys has not failed lately.
        http_status: The provider's HTTP status; 0 where there was none.
        request_id: The provider's own id for the request; empty where it gave none.
    """

    retries: ClassVar[int] = 0
    yields: ClassVar[bool] = False
    elsewhere: ClassVar[Elsewhere] = Elsewhere.YES
    blame: ClassVar[Blame] = Blame.TARGET

    def __init__(
        self, message: str, *, retry_after: float | None = None, http_status: int = 0, request_id: str = ""
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.http_status = http_status
        self.request_id = request_id
        self.other_key = False


class ProviderInvalidRequest(ProviderError):
    """The provider refused the request as malformed."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_PROVIDER_INVALID_REQUEST
    elsewhere = Elsewhere.NO
    blame = Blame.NONE


class ContextLengthExceeded(ProviderError):
    """The conversation is longer than the model's context window."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_CONTEXT_LENGTH_EXCEEDED
    elsewhere = Elsewhere.LARGER_WINDOW
    blame = Blame.NONE


class ContentPolicy(ProviderError):
    """The provider's content policy refused the request."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_CONTENT_POLICY
    elsewhere = Elsewhere.IF_ALLOWED
    blame = Blame.NONE


class ProviderRequestTooLarge(ProviderError):
    """The provider refused the size of the request."""

    code = Code.INVALID_ARGUMENT
    reason = Reason.ERROR_REASON_REQUEST_TOO_LARGE
    elsewhere = Elsewhere.IF_ALLOWED
    blame = Blame.NONE


class ProviderModelNotFound(ProviderError):
    """The provider has no such model."""

    code = Code.NOT_FOUND
    reason = Reason.ERROR_REASON_MODEL_NOT_FOUND
    blame = Blame.NONE


class ProviderCredentials(ProviderError):
    """The provider refused this server's key: the operator's to fix, hence INTERNAL."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_PROVIDER_CREDENTIALS
    blame = Blame.ACCOUNT


class ProviderPermission(ProviderError):
    """This server's account may not do that: the operator's to fix, hence INTERNAL."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_PROVIDER_PERMISSION


class ProviderQuotaExhausted(ProviderError):
    """This server's account has no money or quota left."""

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_PROVIDER_QUOTA_EXHAUSTED
    blame = Blame.ACCOUNT


class ProviderRateLimited(ProviderError):
    """The provider limits the rate."""

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_PROVIDER_RATE_LIMITED
    retries = _AS_ALLOWED
    yields = True


class ProviderOverloaded(ProviderError):
    """The provider says that it is overloaded."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_OVERLOADED
    retries = _AS_ALLOWED
    yields = True


class ProviderFailed(ProviderError):
    """The provider failed by itself."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_ERROR
    retries = 1


class ProviderUnavailable(ProviderError):
    """The provider, or a proxy before it, is down."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_UNAVAILABLE
    retries = 1


class ProviderTimeout(ProviderError):
    """The provider was too slow; the caller's deadline has not passed."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_TIMEOUT


class ProviderRequestTimeout(ProviderTimeout):
    """The provider waited in vain for the whole request (HTTP 408)."""

    retries = 1


class ProviderConflict(ProviderError):
    """The provider reports a conflict with another request."""

    code = Code.ABORTED
    reason = Reason.ERROR_REASON_PROVIDER_CONFLICT
    retries = 1
    blame = Blame.NONE


class ProviderUnsupported(ProviderError):
    """The provider does not have what was asked for."""

    code = Code.UNIMPLEMENTED
    reason = Reason.ERROR_REASON_PROVIDER_UNSUPPORTED
    blame = Blame.NONE


class ProviderConnection(ProviderError):
    """The provider could not be reached, or went away before it answered.

    Attributes:
        sent: The provider can have got the request, and charge for it.
    """

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_CONNECTION
    retries = 1

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        http_status: int = 0,
        request_id: str = "",
        sent: bool = True,
    ) -> None:
        super().__init__(message, retry_after=retry_after, http_status=http_status, request_id=request_id)
        self.sent = sent


class ProviderBadResponse(ProviderError):
    """The provider answered with something that is not its own format."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_PROVIDER_BAD_RESPONSE


class ProviderStreamBroken(ProviderError):
    """The connection broke in the middle of the answer."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_STREAM_BROKEN
    retries = 1
    yields = True


class ProviderStreamTruncated(ProviderError):
    """The answer ended without the provider's end marker."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_PROVIDER_STREAM_TRUNCATED
    retries = 1
    yields = True
