"""What is expected of a wire format for one conversation, and how it is compared with what is sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from llmrpc_server.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Sent:
    """The format can say it: the body is that of the official SDK.

    Attributes:
        arguments: What a programmer writes into the SDK's call.
        warnings: What the caller is told: reason and path of the field.
    """

    arguments: Mapping[str, Any]
    warnings: frozenset[tuple[str, str]] = frozenset()

    def beside(self, **fields: Any) -> "Sent":
        """Expect fields that the SDK's call has no argument for; it sends what a programmer sets as its extra_body."""
        return replace(self, arguments={**self.arguments, "extra_body": fields})

    def dropping(self, *paths: str) -> "Sent":
        """Expect that the caller is warned of fields that are left out."""
        return self._warning("PARAMETER_DROPPED", paths)

    def changing(self, *paths: str) -> "Sent":
        """Expect that the caller is warned of fields that go with another value."""
        return self._warning("PARAMETER_CHANGED", paths)

    def _warning(self, reason: str, paths: tuple[str, ...]) -> "Sent":
        return replace(self, warnings=self.warnings | {(reason, path) for path in paths})


@dataclass(frozen=True, slots=True)
class Refused:
    """The format cannot say it, and no target of it is planned: the caller learns which fields are too much."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unsayable:
    """Only the format itself can tell that it cannot say it; it does so before anything is sent."""

    error: type[ProviderError]


Expectation = Sent | Refused | Unsayable


def refused(*paths: str) -> Refused:
    """Expect that these fields are refused."""
    return Refused(frozenset(paths))


def merged(*tables: Mapping[str, Expectation]) -> dict[str, Expectation]:
    """Put the expectations of several topics together; each conversation stands in one of them."""
    together = {name: expectation for table in tables for name, expectation in table.items()}
    assert sum(map(len, tables)) == len(together)
    return together


def comparable(body: bytes, ordered: frozenset[str]) -> Any:
    """Read a body so that `==` tells true from 1, and the order of keys inside the fields named in `ordered`."""
    return _comparable(json.loads(body), ordered, inside=False)


def _comparable(value: Any, ordered: frozenset[str], *, inside: bool) -> Any:
    match value:
        case dict():
            members = {
                name: _comparable(member, ordered, inside=inside or name in ordered) for name, member in value.items()
            }
            return [*members.items()] if inside else members
        case list():
            return [_comparable(member, ordered, inside=inside) for member in value]
        case bool() | None:
            return json.dumps(value)
        case _:
            return value
