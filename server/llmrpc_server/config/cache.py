"""What llmrpc.yaml may say of the cache."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from llmrpc_server.config.values import PositiveDuration, Section

_SIZE = re.compile(r"(\d+)\s*(KiB|MiB|GiB)")
_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
# An IPv6 address stands in brackets.
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]+\]")
_NAMESPACE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
# More would be a point in time for memcached.
_LONGEST_TTL = timedelta(days=30)


def _read_size(value: Any) -> Any:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        return int(match[1]) * _UNITS[match[2]]
    if value == 0 and not isinstance(value, bool):
        return value
    raise PydanticCustomError("size", "must be a size such as 64MiB, or 0")


def _check_address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if value.startswith("/") or (_HOST.fullmatch(host) and port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
        return value
    raise PydanticCustomError("address", "must be HOST:PORT, or the path of a Unix socket")


def _check_distinct(value: list[str]) -> list[str]:
    if len(set(value)) == len(value):
        return value
    raise PydanticCustomError("distinct", "must name each server once")


def _check_namespace(value: str) -> str:
    if _NAMESPACE.fullmatch(value):
        return value
    raise PydanticCustomError("namespace", 'must be 1 to 40 letters, digits, "_", "." or "-"')


def _check_ttl(value: timedelta) -> timedelta:
    if value <= _LONGEST_TTL:
        return value
    raise PydanticCustomError("ttl", f"must be at most {_LONGEST_TTL.days}d")


Size = Annotated[int, BeforeValidator(_read_size)]
Address = Annotated[str, AfterValidator(_check_address)]
Ttl = Annotated[PositiveDuration, AfterValidator(_check_ttl)]


class RouteCacheSettings(Section):
    """A route whose answers are kept without a call's asking for it.

    Attributes:
        ttl: For how long; else as the section `cache` says.
        shared: One tenant's answers are served to all others, too.
    """

    ttl: Ttl | None = None
    shared: bool = False


class CacheSettings(Section):
    """Where answers are kept, and for how long.

    Attributes:
        memcached: Servers that all processes share; none: each process keeps its own.
        timeout: What a call waits for memcached at most; then it goes on without.
        memory: How many bytes of answers a process keeps itself; 0 for none.
        ttl: For answers for which neither route nor call says another.
        max_ttl: The most that a call may ask for.
        namespace: Where memcached is others' too: the beginning of all keys.
    """

    memcached: Annotated[list[Address], AfterValidator(_check_distinct)] = Field(default_factory=list)
    timeout: PositiveDuration = timedelta(milliseconds=50)
    memory: Size = 64 * 2**20
    ttl: Ttl = timedelta(hours=1)
    max_ttl: Ttl = timedelta(days=30)
    namespace: Annotated[str, AfterValidator(_check_namespace)] = "llmrpc"
