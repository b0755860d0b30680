"""How long a vendor asks to wait."""

import email.utils
import math
import time
from collections.abc import Mapping
from typing import Any

from llmrpc_server.errors import ProviderError

# A provider whose quota of the day is used up says a day. A person can raise it meanwhile, and a breaker that opens for
# so long as was said would not notice.
MAX_RETRY_AFTER_SECONDS = 3600.0


def add_wait(limit: ProviderError, headers: Mapping[str, str]) -> None:
    """Note on the error of a limit that an answer tells how long to wait, where its head knows.

    Of other errors a head knows nothing: Anthropic's have a wait for the limit whatever the answer is.
    """
    if limit.retry_after is None:
        limit.retry_after = retry_after(headers, {})


def retry_after(headers: Mapping[str, str], detail: Mapping[str, Any]) -> float | None:
    """Read how long to wait, in seconds: `retry-after-ms`, `retry-after` in seconds or as a date, or the body."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    text = headers.get("retry-after", "")
    wait = _until(text) if (number := _number(text)) is None else number
    # Azure says no milliseconds, and a second.
    if milliseconds is not None and (milliseconds > 0 or wait is None):
        wait = milliseconds / 1000
    if wait is None:
        wait = _told_delay(detail)
    return None if wait is None else min(max(wait, 0.0), MAX_RETRY_AFTER_SECONDS)


def _told_delay(detail: Mapping[str, Any]) -> float | None:
    """Read Gemini's google.rpc.RetryInfo."""
    told = detail.get("details")
    for one in told if isinstance(told, list) else ():
        delay = one.get("retryDelay") if isinstance(one, Mapping) else None
        if isinstance(delay, str) and delay.endswith("s"):
            return _number(delay.removesuffix("s"))
    return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _until(text: str) -> float | None:
    date = email.utils.parsedate_tz(text)
    try:
        return None if date is None else email.utils.mktime_tz(date) - time.time()
    except (ValueError, OverflowError):  # there is no such day
        return None
