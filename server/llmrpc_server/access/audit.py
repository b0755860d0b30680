"""The audit log: a line for each action that must be traced to whoever did it."""

import structlog

from llmrpc_server.access.principal import Principal

log = structlog.get_logger()

# What happens by itself, because a file or an address changed.
ITSELF = Principal(tenant="", key="", user="")


def record(action: str, principal: Principal = ITSELF, **about: object) -> None:
    """Write the line. Nothing in it may be secret."""
    who = {"tenant": principal.tenant, "key": principal.key, "user": principal.user}
    log.info("audit", action=action, **{name: value for name, value in who.items() if value}, **about)
