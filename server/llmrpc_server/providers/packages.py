"""Kinds of provider that installed packages add, by an entry point of the group "llmrpc.providers".

The entry point's name is the kind, what it names the class. A kind of our own cannot be replaced.
"""

import functools
import sys
from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import BaseModel

from llmrpc_server.config.loading import UnusableKind
from llmrpc_server.providers.base import Provider

GROUP = "llmrpc.providers"

# What the server asks of a class; an instance brings its own name.
_MEMBERS = sorted({*Provider.__annotations__, "settings", "stream", "probe", "close"} - {"name"})

Offers = Mapping[str, tuple[EntryPoint, ...]]


def offers() -> Offers:
    """Return the entry points of each kind."""
    return _offers(tuple(sys.path))


def load(kind: str) -> Any:
    """Import the class of a kind.

    Raises:
        KeyError: No package offers it.
        UnusableKind: Several do, or it cannot be used.
    """
    point, *others = offers()[kind]
    if others:
        raise UnusableKind(f"more than one package offers it: {', '.join(map(package, (point, *others)))}")
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:  # anybody's code runs here
        why = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UnusableKind(f"the package {package(point)} offers it, and does not load: {why}") from error
    settings = getattr(loaded, "settings", None)
    missing = [name for name in _MEMBERS if not hasattr(loaded, name)]
    if isinstance(loaded, type) and not loaded.__weakrefoffset__:
        # Health is kept of a provider for as long as anybody knows it.
        missing.append('"__weakref__" in __slots__')
    if missing or not (isinstance(settings, type) and issubclass(settings, BaseModel)):
        lacks = ", ".join(missing) or "settings that are a pydantic model"
        raise UnusableKind(f"the package {package(point)} offers it, and is no provider: {point.value} lacks {lacks}")
    return loaded


def package(point: EntryPoint) -> str:
    """Name the package that an entry point is of."""
    name = point.dist and point.dist.name
    return f"{name} {point.dist.version}" if name and point.dist else point.value


@functools.lru_cache(maxsize=1)
def _offers(_path: tuple[str, ...]) -> Offers:
    """Look through all packages, which takes some 15 ms."""
    found: defaultdict[str, tuple[EntryPoint, ...]] = defaultdict(tuple)
    for point in entry_points(group=GROUP):
        found[point.name] += (point,)
    return dict(found)
