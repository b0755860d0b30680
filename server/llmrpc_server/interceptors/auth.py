"""auth: who calls, and whether the credential allows this RPC.

While the configuration asks for no credentials, everybody is the principal "default", who may do everything.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from typing_extensions import override

from llmrpc_server.access import audit
from llmrpc_server.access.principal import Principal
from llmrpc_server.access.scopes import AUDITED, NEEDED, Scope, allows
from llmrpc_server.auth import forwarded
from llmrpc_server.auth.credentials import Credentials
from llmrpc_server.edge.rpc import Context, Rpc
from llmrpc_server.errors import PermissionDenied
from llmrpc_server.interceptors.base import RpcInterceptor

Authenticate = Callable[[Credentials], Awaitable[Principal]]

DEFAULT = Principal(tenant="default", scopes=frozenset({Scope.ADMIN}))
# Of what needs no credential, and of what was refused.
NOBODY = Principal(tenant="")

_SAN = "x509_subject_alternative_name"


class AuthInterceptor(RpcInterceptor):
    """Gives every RPC its principal, and refuses those that it may not do.

    Args:
        authenticate: Tells whose an RPC is, or raises Unauthenticated; None lets everybody in.
        open_to_all: Rights that need no credential.
    """

    def __init__(self, authenticate: Authenticate | None, open_to_all: Collection[str] = ()) -> None:
        self._authenticate = authenticate
        self._open = frozenset(open_to_all)

    @override
    async def around(self, record: Rpc, context: Context, proceed: Callable[[], Awaitable[Any]]) -> Any:
        needed = NEEDED.get(record.method)
        record.principal = NOBODY
        if self._authenticate is None:
            record.principal = DEFAULT
        elif needed not in self._open:
            record.principal = await self._authenticate(_credentials(context))
        # What stands in no table is for nobody.
        allowed = needed is not None and allows(record.principal.scopes, needed)
        if needed is None or needed in AUDITED:
            audit.record(record.method.removeprefix("/"), record.principal, call_id=record.call_id, allowed=allowed)
        if not allowed:
            raise PermissionDenied
        return await proceed()


def _credentials(context: Context) -> Credentials:
    authorization: list[str] = []
    seen: list[str] = []
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            authorization.append(str(value))
        elif key == forwarded.HEADER:
            seen.append(str(value))
    if authorization:  # decides alone
        return Credentials(authorization)
    names = [bytes(name).decode(errors="replace") for name in context.auth_context().get(_SAN, ())]
    return Credentials((), seen, context.peer(), names)
