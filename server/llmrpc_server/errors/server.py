"""What goes wrong with a call in this server, before or beside the attempts at its targets."""

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
        quotas: The limits of this server that the call ran into: each one's subject, and what it says.
    """

    code: ClassVar[grpc.StatusCode]
    reason: ClassVar[error_reason_pb2.ErrorReason.ValueType]

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        violations: tuple[Violation, ...] = (),
        quotas: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.violations = violations
        self.quotas = quotas

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


class PromptNotFound(NotFound):
    """The request names a prompt, or a version of one, that is not there."""

    reason = Reason.ERROR_REASON_PROMPT_NOT_FOUND


class Unsupported(CallError):
    """The request needs what no target can do."""

    code = Code.UNIMPLEMENTED
    reason = Reason.ERROR_REASON_UNSUPPORTED


class Unauthenticated(CallError):
    """The credential is missing or no good; which, and why, is not told."""

    code = Code.UNAUTHENTICATED
    reason = Reason.ERROR_REASON_UNAUTHENTICATED

    def __init__(self) -> None:
        super().__init__("a good credential is needed: metadata authorization: Bearer ..., or a client certificate")


class PermissionDenied(CallError):
    """The credential is good and does not allow this; what it lacks is not told."""

    code = Code.PERMISSION_DENIED
    reason = Reason.ERROR_REASON_PERMISSION_DENIED

    def __init__(self) -> None:
        super().__init__("the credential does not allow this RPC, route or model")


class DeadlineExceeded(CallError):
    """The caller's deadline, or without one the route's total timeout, passed."""

    code = Code.DEADLINE_EXCEEDED
    reason = Reason.ERROR_REASON_DEADLINE_EXCEEDED


class NoTargetAvailable(CallError):
    """Every target that could answer is broken or excluded; nothing was sent."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_NO_TARGET_AVAILABLE


class Overloaded(CallError):
    """As many calls are under way and waiting as the configuration allows; nothing was sent."""

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_OVERLOADED


class RequestIdReused(InvalidRequest):
    """The request_id was used for another request."""

    reason = Reason.ERROR_REASON_REQUEST_ID_CONFLICT


class RequestIdConflict(CallError):
    """The request ran already, and its outcome is not kept any more.

    Attributes:
        first_call_id: The call that ran it.
    """

    code = Code.ABORTED
    reason = Reason.ERROR_REASON_REQUEST_ID_CONFLICT

    def __init__(self, first_call_id: str) -> None:
        super().__init__("this request_id ran, and its outcome is not kept any more: use a new one to run it again")
        self.first_call_id = first_call_id


class Replayed(CallError):
    """What the first call with this request_id failed with; each has the code and the reason of that."""

    code = Code.INTERNAL
    reason = Reason.ERROR_REASON_INTERNAL

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: error_reason_pb2.ErrorReason.ValueType,
        message: str,
        *,
        retry_after: float | None,
        violations: tuple[Violation, ...],
        quotas: tuple[tuple[str, str], ...],
    ) -> None:
        super().__init__(message, retry_after=retry_after, violations=violations, quotas=quotas)
        self.code = code  # type: ignore[misc]
        self.reason = reason  # type: ignore[misc]


class CacheMiss(CallError):
    """The call wanted a stored answer alone, and none fits."""

    code = Code.FAILED_PRECONDITION
    reason = Reason.ERROR_REASON_CACHE_MISS


class RateLimited(CallError):
    """A rate limit of this server is reached; `quotas` names it."""

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_RATE_LIMITED


class OutputInvalid(CallError):
    """No answer had the shape that was asked for, repairs included."""

    code = Code.FAILED_PRECONDITION
    reason = Reason.ERROR_REASON_OUTPUT_INVALID


class ShuttingDown(CallError):
    """This server process is going away."""

    code = Code.UNAVAILABLE
    reason = Reason.ERROR_REASON_SHUTTING_DOWN


class BudgetExceeded(CallError):
    """A budget on this server has no room for the call; nothing was sent.

    Attributes:
        whose: The id of the call whose budget it is. Of those that share its run it alone is told of it.
    """

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_BUDGET_EXCEEDED

    def __init__(self, message: str, *, whose: str, quotas: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message, quotas=quotas)
        self.whose = whose


class CostLimitReached(CallError):
    """The call reached the cost that its request allows."""

    code = Code.RESOURCE_EXHAUSTED
    reason = Reason.ERROR_REASON_COST_LIMIT_REACHED


class CallNotFound(CallError):
    """The ledger has no such call that its reader may see."""

    code = Code.NOT_FOUND
    reason = Reason.ERROR_REASON_INVALID_REQUEST


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
