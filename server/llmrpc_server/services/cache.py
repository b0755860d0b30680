"""CacheService: makes stored answers unreachable, and counts."""

import asyncio
import re
from typing import Any

import grpc

from llmrpc.v1 import cache_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.access.scopes import Scope, allows
from llmrpc_server.cache.cache import Cache
from llmrpc_server.cache.generations import FRESH_SECONDS
from llmrpc_server.cache.scopes import EVERYBODY, scope
from llmrpc_server.edge import rpc
from llmrpc_server.errors import InvalidRequest, StoreUnavailable, Violation
from llmrpc_server.services.handlers import unary

NAME = "llmrpc.v1.CacheService"

_KEY = re.compile(r"[0-9a-f]{32}")


class CacheService:
    """Answers for the cache of this process, and for what it shares with others."""

    def __init__(self, cache: Cache) -> None:
        self._answers = cache.answers
        self._stats = cache.stats
        self._memcached = cache.memcached

    def handlers(self) -> grpc.GenericRpcHandler:
        """Make the handlers to register."""
        methods = {
            "InvalidateCache": unary(
                self.invalidate, cache_pb2.InvalidateCacheRequest, cache_pb2.InvalidateCacheResponse
            ),
            "GetCacheStats": unary(self.stats, cache_pb2.GetCacheStatsRequest, cache_pb2.GetCacheStatsResponse),
        }
        return grpc.method_handlers_generic_handler(NAME, methods)

    async def invalidate(self, request: cache_pb2.InvalidateCacheRequest, _context: Any) -> Any:
        """Give what was named a new generation, and answer once all processes know."""
        if not await self._answers.generations.renew(_scope(request, rpc.principal())):
            raise StoreUnavailable("no memcached server took the invalidation: answers may still be served")
        if self._memcached is not None:
            await asyncio.sleep(FRESH_SECONDS)
        return cache_pb2.InvalidateCacheResponse()

    async def stats(self, _request: cache_pb2.GetCacheStatsRequest, _context: Any) -> Any:
        """Return the counts of the caller's tenant; for those who may see it of all, with the state of the stores."""
        principal = rpc.principal()
        if not allows(principal.scopes, Scope.ADMIN):
            return cache_pb2.GetCacheStatsResponse(routes=self._stats.of(principal.tenant))
        nodes = {"local": "ok"}
        if self._memcached is not None:
            nodes |= {node.name: "down" if node.down else "ok" for node in self._memcached.nodes}
        return cache_pb2.GetCacheStatsResponse(routes=self._stats.all(), nodes=nodes)


def _scope(request: cache_pb2.InvalidateCacheRequest, principal: Principal) -> str:
    """Return the scope to renew: of the caller's own tenant, unless an administrator asks."""
    kind = request.WhichOneof("scope")
    if kind is None:
        raise InvalidRequest.of(Violation("scope", "must name a key, tag, model, prompt or tenant, or all"))
    whose = EVERYBODY if allows(principal.scopes, Scope.ADMIN) else principal.tenant
    match kind:
        case "all":
            if not request.all:
                raise InvalidRequest.of(Violation("all", "must be true"))
            return scope(whose, "all")
        case "tenant":
            if whose is not EVERYBODY and request.tenant != whose:
                raise InvalidRequest.of(Violation("tenant", f'must be "{whose}", the caller\'s own'))
            return scope(request.tenant, "all")
        case "key":
            if not _KEY.fullmatch(request.key):
                raise InvalidRequest.of(Violation("key", "must be the cache.key of an answer: 32 hexadecimal digits"))
    name = str(getattr(request, kind))
    if not name:
        raise InvalidRequest.of(Violation(kind, "must not be empty"))
    return scope(whose, kind, name)
