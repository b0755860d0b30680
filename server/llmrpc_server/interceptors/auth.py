"""auth: who calls. While the configuration asks for no credentials, everybody is the principal "default"."""

from collections.abc import Awaitable, Callable
from typing import Any

from typing_extensions import override

from llmrpc_server.call import Principal
from llmrpc_server.interceptors.base import RpcInterceptor
from llmrpc_server.rpc import Context, Rpc

DEFAULT = Principal(tenant="default", scopes=frozenset({"admin"}))


class AuthInterceptor(RpcInterceptor):
    """Gives every RPC its principal."""

    @override
    async def around(self, record: Rpc, context: Context, proceed: Callable[[], Awaitable[Any]]) -> Any:
        record.principal = DEFAULT
        return await proceed()
