"""JSON of a wire format, read into structs that name every field we know; what they do not name is kept.

The struct's own decoder refuses unknown fields, which makes the usual case the quick one. Only then the JSON is read a
second time, its unknown fields are taken out, and their values come back beside the struct.
"""

import functools
import json
import typing
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from llmrpc_server.errors import ProviderBadResponse

# Exact: a number keeps the digits that the provider sent.
_ENCODER = msgspec.json.Encoder(decimal_format="number")

_Fields = dict[str, "type[msgspec.Struct] | None"]


# What is decoded from JSON has no cycles for the garbage collector to look for.
class Known(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An object of a wire format. A field that providers may leave out or send as null is `X | None = None`."""


T = TypeVar("T", bound=Known)


class Reader(Generic[T]):
    """Reads JSON objects of one type.

    Args:
        noun: What it reads, for the error: "a chat completion".
    """

    def __init__(self, type_: type[T], noun: str) -> None:
        self._type = type_
        self._noun = noun
        # Some vendors count in strings and floats.
        self._decoder = msgspec.json.Decoder(type_, strict=False)

    def read(self, provider: str, data: bytes) -> tuple[T, dict[str, Any]]:
        """Return the object, and its unknown fields where they stood: objects of objects, lists by position.

        Raises:
            ProviderBadResponse: It is not JSON, or a field has another type than the format says.
        """
        try:
            if not data.isascii():
                # Strings are checked as they are decoded, but not what stays raw.
                data.decode()
            return self._decoder.decode(data), {}
        except msgspec.ValidationError:
            pass
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._bad(provider) from error
        try:
            whole = json.loads(data, parse_float=Decimal, parse_constant=_refuse)
            unknown = _take_unknown(whole, self._type)
            _ENCODER.encode(unknown)  # raises where it holds half a character
            known = self._decoder.decode(_ENCODER.encode(whole))
        except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
            raise self._bad(provider) from error
        return known, unknown

    def _bad(self, provider: str) -> ProviderBadResponse:
        return ProviderBadResponse(f"{provider} sent what is not {self._noun}")


def merge(into: dict[str, Any], new: dict[str, Any]) -> None:
    """Add values to an object: objects and lists of objects are merged, all else is replaced, but never by null."""
    for name, value in new.items():
        old = into.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            merge(old, value)
        elif _are_objects(value) and isinstance(old, list) and _are_objects(old[: len(value)]):
            for left, right in zip(old, value, strict=False):
                merge(left, right)
            # In place: a stream that names a long list again and again must not copy it each time.
            old += value[len(old) :]
        elif value is not None or old is None:
            into[name] = value


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _refuse(name: str) -> float:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _take_unknown(value: Any, type_: type[msgspec.Struct]) -> dict[str, Any]:
    """Take the fields out of an object that its type does not know; the object has only the known ones afterwards."""
    if not isinstance(value, dict):
        return {}
    fields = _fields(type_)
    unknown = {name: value.pop(name) for name in [name for name in value if name not in fields]}
    for name, inner in fields.items():
        if inner is not None and name in value:
            found = _take_inner(value[name], inner)
            if found:
                unknown[name] = found
    return unknown


def _take_inner(value: Any, type_: type[msgspec.Struct]) -> Any:
    if not isinstance(value, list):
        return _take_unknown(value, type_)
    found = [_take_unknown(item, type_) for item in value]
    return found if any(found) else None


@functools.cache
def _fields(type_: type[msgspec.Struct]) -> _Fields:
    """Map each field's name in JSON to the struct in it, or in its list; None where it holds neither."""
    hints = typing.get_type_hints(type_)
    names = zip(type_.__struct_fields__, type_.__struct_encode_fields__, strict=True)
    return {encoded: _struct_in(hints[name]) for name, encoded in names}


def _struct_in(hint: Any) -> type[msgspec.Struct] | None:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next(filter(None, map(_struct_in, typing.get_args(hint))), None)
