"""Whether a deadline has passed."""

import asyncio

# uvloop's clock and timers go in whole milliseconds: one that waits for a deadline can be over half of one before it.
_CLOCK_STEP_SECONDS = 0.001


def passed(deadline: float | None) -> bool:
    """Tell whether a deadline has passed, also to what the timer that waited for it has just woken.

    Args:
        deadline: On the event loop's clock; None for none.
    """
    return deadline is not None and asyncio.get_running_loop().time() + _CLOCK_STEP_SECONDS >= deadline
