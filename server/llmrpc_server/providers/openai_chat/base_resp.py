"""MiniMax's way to tell of an error: a number beside an empty answer, under HTTP 200."""

from collections.abc import Mapping
from typing import Any

# As OpenAI calls it; other numbers are failures of MiniMax's own.
_CODES = {
    1001: "timeout_error",
    1002: "rate_limit_exceeded",
    1004: "invalid_api_key",
    1008: "insufficient_quota",
    1026: "content_policy_violation",
    1027: "content_policy_violation",
    1039: "rate_limit_exceeded",  # of tokens
    1041: "rate_limit_exceeded",  # of connections
    1042: "invalid_request_error",
    2013: "invalid_request_error",
    2045: "rate_limit_exceeded",
    2049: "invalid_api_key",
    2056: "insufficient_quota",  # of a plan, for some hours
}


def error_in(unknown: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the error that an answer's other fields tell of, as OpenAI would; None where they tell of none."""
    told = unknown.get("base_resp")
    if not isinstance(told, Mapping) or not (number := told.get("status_code")):
        return None
    return {"code": _CODES.get(number, "") if isinstance(number, int) else "", "message": told.get("status_msg")}
