"""Why a server does not start, for operators; no RPC hears of it."""


class CannotStart(Exception):
    """Something that the server needs is not there; the text tells an operator what."""


class CannotListen(CannotStart):
    """An address is taken, not one of this machine's, or not for this user."""
