"""Every fault of a provider, and what must follow from it. docs/faults.md is made from what the suite then sees."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a provider fails.

    Attributes:
        name: For people.
        behaviour: The fault provider's word for it; for a network fault its name in `fault_provider`.
        reason: What the attempt's record and, where nothing is left, the error say.
        code: The status where nothing is left.
        repeats: How often the same target is asked again although another is left.
        alone: How often it is where no other is left, as far as the attempts allow.
        elsewhere: Whether another target is asked.
        shown: The caller of a stream has some of the answer by then.
        wait: The least time between two attempts at one target, in seconds.
        timed: It shows only by timeouts.
        network: It is not the provider's doing.
        whole: The reason for an unstreamed answer, where it differs; "" for the same, "OK" for no fault at all.
        whole_code: The code for it.
    """

    name: str
    behaviour: str
    reason: str
    code: str = "UNAVAILABLE"
    repeats: int = 0
    alone: int = 0
    elsewhere: bool = True
    shown: bool = False
    wait: float = 0.0
    timed: bool = False
    network: bool = False
    whole: str = ""
    whole_code: str = ""


# Of a call that says nothing else.
MAX_ATTEMPTS = 3
ALWAYS = MAX_ATTEMPTS - 1

_REFUSED = "INVALID_ARGUMENT"
_EXHAUSTED = "RESOURCE_EXHAUSTED"

FAULTS = (
    Fault("malformed request", "status=400", "PROVIDER_INVALID_REQUEST", _REFUSED, elsewhere=False),
    Fault("wrong field", "status=422", "PROVIDER_INVALID_REQUEST", _REFUSED, elsewhere=False),
    Fault("context too long", "code=context_length_exceeded", "CONTEXT_LENGTH_EXCEEDED", _REFUSED, elsewhere=False),
    Fault("content policy", "code=content_filter", "CONTENT_POLICY", _REFUSED, elsewhere=False),
    Fault("request too large", "status=413", "REQUEST_TOO_LARGE", _REFUSED, elsewhere=False),
    Fault("wrong key", "status=401", "PROVIDER_CREDENTIALS", "INTERNAL"),
    Fault("forbidden", "status=403", "PROVIDER_PERMISSION", "INTERNAL"),
    Fault("nothing left to pay with", "code=insufficient_quota", "PROVIDER_QUOTA_EXHAUSTED", _EXHAUSTED),
    Fault("no such model", "status=404", "MODEL_NOT_FOUND", "NOT_FOUND"),
    Fault("request timed out", "status=408", "PROVIDER_TIMEOUT", repeats=1, alone=1),
    Fault("conflict", "status=409", "PROVIDER_CONFLICT", "ABORTED", repeats=1, alone=1),
    Fault("rate limit", "status=429", "PROVIDER_RATE_LIMITED", _EXHAUSTED, alone=ALWAYS),
    Fault(
        "rate limit, back soon",
        "status=429+retry-after-ms=300",
        "PROVIDER_RATE_LIMITED",
        _EXHAUSTED,
        repeats=1,
        alone=ALWAYS,
        wait=0.3,
    ),
    Fault("rate limit, back too late", "status=429+retry-after=3600", "PROVIDER_RATE_LIMITED", _EXHAUSTED),
    Fault("internal error", "status=500", "PROVIDER_ERROR", repeats=1, alone=1),
    Fault("not implemented", "status=501", "PROVIDER_UNSUPPORTED", "UNIMPLEMENTED"),
    Fault("bad gateway", "status=502", "PROVIDER_UNAVAILABLE", repeats=1, alone=1),
    Fault("down", "status=503", "PROVIDER_UNAVAILABLE", repeats=1, alone=1),
    Fault("down, says a proxy's page", "status=503+html", "PROVIDER_UNAVAILABLE", repeats=1, alone=1),
    Fault("gateway timed out", "status=504", "PROVIDER_TIMEOUT"),
    Fault("overloaded", "status=529", "PROVIDER_OVERLOADED", alone=ALWAYS),
    Fault("a page where an answer should be", "status=200+html", "PROVIDER_BAD_RESPONSE", "INTERNAL"),
    Fault("reset before it answers", "reset", "PROVIDER_CONNECTION", repeats=1, alone=1),
    Fault("closed before it answers", "close", "PROVIDER_CONNECTION", repeats=1, alone=1),
    Fault("port refused", "refused", "PROVIDER_CONNECTION", repeats=1, alone=1, network=True),
    Fault("name unknown", "unresolvable", "PROVIDER_CONNECTION", repeats=1, alone=1, network=True),
    Fault("TLS fails", "tls_failure", "PROVIDER_CONNECTION", repeats=1, alone=1, network=True),
    Fault("connecting hangs", "black_hole", "PROVIDER_TIMEOUT", timed=True, network=True),
    Fault("silence", "silent", "PROVIDER_TIMEOUT", timed=True),
    Fault("late headers", "slow-headers=60m", "PROVIDER_TIMEOUT", timed=True),
    Fault("late first token", "slow-first=60m", "PROVIDER_TIMEOUT", timed=True),
    Fault("stall before the first token", "stall@0", "PROVIDER_TIMEOUT", timed=True),
    Fault("cut before the first token", "cut@0", "PROVIDER_STREAM_BROKEN", alone=1),
    Fault("error as the first event", "error@1+status=500", "PROVIDER_ERROR", repeats=1, alone=1),
    Fault("first event is no JSON", "malformed@1", "PROVIDER_BAD_RESPONSE", "INTERNAL"),
    Fault("stall after three tokens", "stall@3", "PROVIDER_TIMEOUT", timed=True, shown=True),
    Fault("cut after three tokens", "cut@3", "PROVIDER_STREAM_BROKEN", alone=1, shown=True),
    Fault("reset after three tokens", "reset@3", "PROVIDER_STREAM_BROKEN", alone=1, shown=True),
    Fault(
        "clean end without the end marker",
        "truncate@3",
        "PROVIDER_STREAM_TRUNCATED",
        alone=1,
        shown=True,
        whole="PROVIDER_BAD_RESPONSE",
        whole_code="INTERNAL",
    ),
    Fault(
        "all but the end marker",
        "no-end",
        "PROVIDER_STREAM_TRUNCATED",
        alone=1,
        shown=True,
        whole="OK",
        whole_code="OK",
    ),
    Fault("error in the middle", "error@5+status=500", "PROVIDER_ERROR", repeats=1, alone=1, shown=True),
    Fault("an event that is no JSON", "malformed@5", "PROVIDER_BAD_RESPONSE", "INTERNAL", shown=True),
)
