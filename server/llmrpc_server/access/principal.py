"""Who calls, as the credential of an RPC tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. The tenant "default" while the configuration asks for no credentials.

    Attributes:
        key: The public id of the API key; empty for other credentials.
        user: The user whose credential this is; empty where it is not one user's.
        names_users: Whether the credential vouches for the user that its requests name.
        scopes: What it may do; see `Scope`.
    """

    tenant: str = "default"
    key: str = ""
    user: str = ""
    names_users: bool = False
    scopes: frozenset[str] = frozenset()
