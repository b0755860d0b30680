"""Everything that can go wrong in a call, as one tree; each error knows its gRPC code and its reason.

CallError
├── InvalidRequest               the caller's to fix
│   └── UnknownModel
├── NotFound
│   └── PromptNotFound
├── Unsupported                  no target can do what the request needs
├── Unauthenticated              who calls is not known
├── PermissionDenied             and may not do this
├── DeadlineExceeded             the caller's, or the route's
├── NoTargetAvailable            every target is broken or excluded
├── Overloaded                   this server carries all that it can
├── RateLimited                  the caller asks for more than it may
├── RequestIdReused              the request_id was another request's
├── RequestIdConflict            its outcome is not kept any more
├── Replayed                     what the first call with this request_id failed with
├── CacheMiss                    only a stored answer was wanted
├── OutputInvalid                no answer had the shape that was asked for
├── ShuttingDown
├── BudgetExceeded
├── CostLimitReached             the one of the request itself
├── CallNotFound                 on the ledger
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
    │   └── ProviderRequestTimeout   it waited in vain for our request
    ├── ProviderConflict
    ├── ProviderUnsupported
    ├── ProviderConnection
    ├── ProviderBadResponse
    ├── ProviderStreamBroken
    └── ProviderStreamTruncated

Interceptors and providers raise them; only interceptors/status.py turns them into a gRPC status. Their messages go to
callers: they hold no secret, no URL and no word of a provider that could hold one.
"""

from llmrpc_server.errors.provider import (
    Blame,
    ContentPolicy,
    ContextLengthExceeded,
    Elsewhere,
    ProviderBadResponse,
    ProviderConflict,
    ProviderConnection,
    ProviderCredentials,
    ProviderError,
    ProviderFailed,
    ProviderInvalidRequest,
    ProviderModelNotFound,
    ProviderOverloaded,
    ProviderPermission,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRequestTimeout,
    ProviderRequestTooLarge,
    ProviderStreamBroken,
    ProviderStreamTruncated,
    ProviderTimeout,
    ProviderUnavailable,
    ProviderUnsupported,
)
from llmrpc_server.errors.server import (
    BudgetExceeded,
    CacheMiss,
    CallError,
    CallNotFound,
    Code,
    CostLimitReached,
    DeadlineExceeded,
    Internal,
    InvalidRequest,
    NoTargetAvailable,
    NotFound,
    OutputInvalid,
    Overloaded,
    PermissionDenied,
    PromptNotFound,
    RateLimited,
    Reason,
    Replayed,
    RequestIdConflict,
    RequestIdReused,
    ShuttingDown,
    StoreUnavailable,
    Unauthenticated,
    UnknownModel,
    Unsupported,
    Violation,
)

__all__ = [
    "Blame",
    "BudgetExceeded",
    "CacheMiss",
    "CallError",
    "CallNotFound",
    "Code",
    "ContentPolicy",
    "ContextLengthExceeded",
    "CostLimitReached",
    "DeadlineExceeded",
    "Elsewhere",
    "Internal",
    "InvalidRequest",
    "NoTargetAvailable",
    "NotFound",
    "OutputInvalid",
    "Overloaded",
    "PermissionDenied",
    "PromptNotFound",
    "ProviderBadResponse",
    "ProviderConflict",
    "ProviderConnection",
    "ProviderCredentials",
    "ProviderError",
    "ProviderFailed",
    "ProviderInvalidRequest",
    "ProviderModelNotFound",
    "ProviderOverloaded",
    "ProviderPermission",
    "ProviderQuotaExhausted",
    "ProviderRateLimited",
    "ProviderRequestTimeout",
    "ProviderRequestTooLarge",
    "ProviderStreamBroken",
    "ProviderStreamTruncated",
    "ProviderTimeout",
    "ProviderUnavailable",
    "ProviderUnsupported",
    "RateLimited",
    "Reason",
    "Replayed",
    "RequestIdConflict",
    "RequestIdReused",
    "ShuttingDown",
    "StoreUnavailable",
    "Unauthenticated",
    "UnknownModel",
    "Unsupported",
    "Violation",
]
