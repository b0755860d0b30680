"""What SIGHUP means: that something is to be read again, or that the terminal is gone in which a person began this."""

import contextlib
import os
import signal


def hold_back() -> None:
    """Have one that comes wait for `let_come`: whoever does not hear it yet would be killed by it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def let_come() -> None:
    """Let it come, now that somebody hears it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


def follows_terminal() -> bool:
    """Tell, before anybody hears SIGHUP, whether the end of a terminal ends this process: not if begun with nohup."""
    return signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and has_terminal()


def has_terminal() -> bool:
    """Tell whether there is a terminal whose end ends what runs in it."""
    with contextlib.suppress(OSError):
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
        return True
    return False
