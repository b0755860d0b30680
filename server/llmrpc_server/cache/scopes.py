"""What can be invalidated together: each stored answer lies in several scopes, each of which has a generation.

Every scope is there twice: for one tenant, and for all tenants together, which an administrator may invalidate.
"""

from collections.abc import Iterator
from functools import lru_cache

from llmrpc_server.cache.key import digest
from llmrpc_server.call import Call

# A key shares its generation with those that begin like it: one for each would have to be fetched for each call.
_KEY_DIGITS = 2

EVERYBODY = None


def scopes_of(call: Call, key: str) -> dict[str, list[str]]:
    """Return the scopes in which an answer to a call lies, by the target that makes it."""
    request, tenant = call.request, call.principal.tenant
    common = [*both(tenant, "all"), *both(tenant, "key", key)]
    if request.HasField("prompt"):
        common += both(tenant, "prompt", request.prompt.name)
    for tag in request.cache.tags:
        common += both(tenant, "tag", tag)
    return {target.name: [*common, *both(tenant, "model", target.name)] for target in call.plan.targets}


def both(tenant: str, kind: str, name: str = "") -> Iterator[str]:
    """Yield a scope for all tenants and for one."""
    yield scope(EVERYBODY, kind, name)
    yield scope(tenant, kind, name)


@lru_cache(maxsize=4096)
def scope(tenant: str | None, kind: str, name: str = "") -> str:
    """Return the name of a scope as a key of a store; of all tenants where none is named.

    Args:
        tenant: Whose answers.
        kind: "all", "key", "model", "prompt" or "tag".
        name: Which of that kind.
    """
    if kind == "key":
        name = name[:_KEY_DIGITS]
    whose = b"" if tenant is None else b"tenant " + tenant.encode()
    return digest(whose, kind.encode(), name.encode())
