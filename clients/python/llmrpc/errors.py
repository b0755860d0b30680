"""What can go wrong with a call.

LlmrpcError                      anything below; has the code, the reason and the call's id
├── InvalidRequest               the request breaks a rule: fix it
│   ├── ModelNotFound            no such route, provider or model
│   └── ContextLengthExceeded    the conversation is longer than the model's context window
├── Unauthenticated              the token is missing, unknown, expired or revoked
├── PermissionDenied             the token does not allow this
├── ResourceExhausted            a limit or a quota is used up
│   ├── RateLimited              too much at once: wait `retry_delay` and try again
│   └── BudgetExceeded           the money or tokens that the call may use are used up
├── DeadlineExceeded             the call's deadline passed; nothing goes on behind it
├── Unavailable                  no provider could answer: try again
│   ├── ConnectionFailed         no llmrpc server answers, or the connection to it broke
│   └── OutputInvalid            no answer had the shape that was asked for
├── Unsupported                  no target can do what the request needs
├── Conflict                     another call is in the way
├── CacheMiss                    asked for a cached answer alone, and there is none
├── Cancelled                    the call was cancelled, for example by closing its stream
├── InternalError                a fault of the server or its configuration: tell the operator the call id
└── BrokenStream                 the server ended a stream with OK, but its events do not add up
"""

from collections.abc import Sequence
from typing import Final

import grpc

from llmrpc.v1.accounting_pb2 import Accounting, Attempt


class LlmrpcError(Exception):
    """A call failed."""

    code: grpc.StatusCode
    """The gRPC status code."""
    reason: str
    """Name in `ErrorReason` without its prefix, such as "PROVIDER_OVERLOADED"; empty where there is none."""
    message: str
    """For people; it may be worded anew at any time."""
    call_id: str
    """Names the call on the server's ledger and in its log; empty where no server saw it."""
    retry_delay: float | None
    """Seconds to wait before another try; None where the server does not say."""
    field_violations: list[tuple[str, str]]
    """The request's bad fields: path and what would be right."""
    quota_violations: list[tuple[str, str]]
    """The limits that were hit: subject and description."""
    accounting: Accounting | None
    """What the failed call used and cost; None where no provider was asked."""
    output_sent: bool
    """Some output had been sent before the call failed."""

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        reason: str = "",
        call_id: str = "",
        retry_delay: float | None = None,
        field_violations: Sequence[tuple[str, str]] = (),
        quota_violations: Sequence[tuple[str, str]] = (),
        accounting: Accounting | None = None,
        output_sent: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.call_id = call_id
        self.retry_delay = retry_delay
        self.field_violations = list(field_violations)
        self.quota_violations = list(quota_violations)
        self.accounting = accounting
        self.output_sent = output_sent

    @property
    def attempts(self) -> list[Attempt]:
        """The requests to providers that the call made, oldest first; at most the last 8."""
        return list(self.accounting.attempts) if self.accounting else []

    @property
    def cause(self) -> grpc.RpcError | None:
        """The error of the RPC; None where the client itself found the fault."""
        return self.__cause__ if isinstance(self.__cause__, grpc.RpcError) else None

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override is 3.12
        text = f"{self.reason or self.code.name}: {self.message}"
        for field, description in self.field_violations:
            if (violation := f"{field}: {description}") not in text:
                text += f"; {violation}"
        return f"{text} (call {self.call_id})" if self.call_id else text


class InvalidRequest(LlmrpcError):
    """The request breaks a rule; `field_violations` names the fields. Fix it: the same one fails again."""


class ModelNotFound(InvalidRequest):
    """The server has no such route or provider, or the provider has no such model; see `list_models`."""


class ContextLengthExceeded(InvalidRequest):
    """The conversation is longer than the model's context window."""


class Unauthenticated(LlmrpcError):
    """The token is missing, unknown, expired or revoked; which of them is not told."""


class PermissionDenied(LlmrpcError):
    """The token is good and does not allow this call, route or model."""


class ResourceExhausted(LlmrpcError):
    """A limit or a quota is used up."""


class RateLimited(ResourceExhausted):
    """The server or a provider takes no more for now. Wait as long as `retry_delay` says."""


class BudgetExceeded(ResourceExhausted):
    """A budget on the server, or the request's own `max_cost_picos`, is used up."""


class DeadlineExceeded(LlmrpcError):
    """The call's deadline passed. Nothing goes on behind it: the upstream request was closed."""


class Unavailable(LlmrpcError):
    """No provider could answer, after all retries and fallbacks. Trying again later may help."""


class ConnectionFailed(Unavailable):
    """No llmrpc server answers at the address, or the connection to it broke (then `call_id` is known)."""


class OutputInvalid(Unavailable):
    """The answers did not have the shape that was asked for, repairs included."""


class Unsupported(LlmrpcError):
    """No target that may be asked can do what the request needs; or the server is older than the RPC."""


class Conflict(LlmrpcError):
    """Another call is in the way: a request id that was used before, or a conflict at the provider."""


class CacheMiss(LlmrpcError):
    """The call asked for a cached answer alone, and there is none."""


class Cancelled(LlmrpcError):
    """The call was cancelled: its stream was closed, or the server said so."""


class InternalError(LlmrpcError):
    """A fault of the server or of its configuration. The operator finds the whole story under `call_id`."""


class BrokenStream(LlmrpcError):
    """A stream's events do not add up: one is missing, or it ended with OK but without `completed`."""


CLASSES: Final[dict[str | grpc.StatusCode, type[LlmrpcError]]] = {
    # A reason is narrower than its code, hence asked first.
    "MODEL_NOT_FOUND": ModelNotFound,
    "CONTEXT_LENGTH_EXCEEDED": ContextLengthExceeded,
    "REQUEST_TOO_LARGE": InvalidRequest,
    "RATE_LIMITED": RateLimited,
    "PROVIDER_RATE_LIMITED": RateLimited,
    "OVERLOADED": RateLimited,
    "BUDGET_EXCEEDED": BudgetExceeded,
    "COST_LIMIT_REACHED": BudgetExceeded,
    "OUTPUT_INVALID": OutputInvalid,
    "CACHE_MISS": CacheMiss,
    grpc.StatusCode.ABORTED: Conflict,
    grpc.StatusCode.CANCELLED: Cancelled,
    grpc.StatusCode.DATA_LOSS: InternalError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.INTERNAL: InternalError,
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.NOT_FOUND: InvalidRequest,
    grpc.StatusCode.OUT_OF_RANGE: InvalidRequest,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.UNIMPLEMENTED: Unsupported,
    grpc.StatusCode.UNKNOWN: InternalError,
}
"""Which class an error gets: by its reason, else by its code, else LlmrpcError."""
