"""What SIGHUP means: that something is to be read again, or that the terminal is gone in which a person began this."""

import contextlib
import os


def has_terminal() -> bool:
    """Tell whether there is a terminal whose end ends what runs in it."""
    with contextlib.suppress(OSError):
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
        return True
    return False
