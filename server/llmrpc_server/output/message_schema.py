"""The JSON Schema of a protobuf message type: what proto3's JSON mapping makes of it.

It is derived twice. What a model is shown has one spelling for each value; what an answer is checked with has all
that the mapping takes: numbers in strings, null for a field that is not set, an enum's numbers, one field of a oneof.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

MAX_TYPES = 500
MAX_FIELDS = 5_000
# Pairs of a larger one would be too many to list; the message's own parser refuses them all the same.
_MOST_IN_ONEOF = 16

_Schema = dict[str, Any]

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_IN_STRINGS = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}
_FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}
_MAX_FLOAT = 3.4028234663852886e38
_FLOAT_WORDS = ["NaN", "Infinity", "-Infinity"]
_FLOAT = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
_WELL_KNOWN: dict[str, _Schema] = {
    "Timestamp": {"type": "string", "pattern": _TIME, "description": 'RFC 3339, for example "2026-11-25T12:00:00Z"'},
    "Duration": {
        "type": "string",
        "pattern": r"^-?\d+(\.\d{1,9})?s$",
        "description": 'Seconds, for example "1.5s"',
    },
    "FieldMask": {"type": "string", "description": "Names of fields, separated by commas"},
    "Struct": {"type": "object"},
    "ListValue": {"type": "array"},
    "Value": {},
    "Empty": {"type": "object", "additionalProperties": False},
}
_WRAPPERS = {
    f"{name}Value" for name in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
}
_GOOGLE = "google.protobuf."


class Inexpressible(ValueError):
    """A message type has no JSON Schema; the text names the field and says why."""


def derive(root: Descriptor, comments: Mapping[str, str], *, lenient: bool) -> _Schema:
    """Derive the schema of a message type.

    Args:
        root: The message type.
        comments: What its file says, by full name.
        lenient: Take all that the mapping takes; else what a model is shown.

    Raises:
        Inexpressible: A field has a type that has no schema, or the type is too large.
    """
    derivation = _Derivation(comments, lenient=lenient)
    schema = derivation.reference(root, root.full_name)
    derivation.finish()
    if root.full_name not in derivation.definitions:
        return schema
    others = {name: made for name, made in derivation.definitions.items() if name != root.full_name}
    if derivation.recursive:
        others = derivation.definitions
    made = dict(derivation.definitions[root.full_name])
    return {**made, "$defs": others} if others else made


class _Derivation:
    def __init__(self, comments: Mapping[str, str], *, lenient: bool) -> None:
        self._comments = comments
        self._lenient = lenient
        self._left: list[Descriptor] = []
        self._fields = 0
        self._root = ""
        self.definitions: dict[str, _Schema] = {}
        self.recursive = False

    def finish(self) -> None:
        """Derive what is referred to."""
        while self._left:
            message = self._left.pop()
            self.definitions[message.full_name] = self._message(message)

    def reference(self, message: Descriptor, path: str) -> _Schema:
        """Return a schema that says: a message of that type."""
        name = message.full_name
        if name.startswith(_GOOGLE):
            short = name.removeprefix(_GOOGLE)
            if short in _WELL_KNOWN:
                return dict(_WELL_KNOWN[short])
            if short in _WRAPPERS:
                return self._scalar(message.fields_by_name["value"])
            if short == "Any":
                raise Inexpressible(f"{path}: a google.protobuf.Any can be of any type, which no schema can say")
        if name not in self.definitions:
            if len(self.definitions) == MAX_TYPES:
                raise Inexpressible(f"{path}: has more than {MAX_TYPES} message types in it")
            self._root = self._root or name
            self.definitions[name] = {}
            self._left.append(message)
        elif name == self._root:
            self.recursive = True
        return {"$ref": f"#/$defs/{name}"}

    def _message(self, message: Descriptor) -> _Schema:
        self._fields += len(message.fields)
        if self._fields > MAX_FIELDS:
            raise Inexpressible(f"{message.full_name}: has more than {MAX_FIELDS} fields in it")
        schema: _Schema = {
            "type": "object",
            **self._described(message.full_name),
            "properties": {field.json_name: self._field(field) for field in message.fields},
            "additionalProperties": False,
        }
        if self._lenient:
            schema["properties"] |= {field.name: schema["properties"][field.json_name] for field in message.fields}
            if rules := [*_one_of_each(message), *_one_spelling_of_each(message)]:
                schema["allOf"] = rules
        elif required := [field.json_name for field in message.fields if field.is_required]:
            # What the message's own parser refuses in any case, whichever of its names a field has.
            schema["required"] = required
        return schema

    def _field(self, field: FieldDescriptor) -> _Schema:
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            schema = self._map(entry)
        elif field.is_repeated:
            schema = {"type": "array", "items": self._single(field)}
        else:
            schema = self._single(field)
        schema |= self._described(field.full_name)
        siblings = [other.json_name for other in field.containing_oneof.fields] if field.containing_oneof else []
        if len(siblings) > 1 and not self._lenient:
            text = f"At most one of {', '.join(siblings)}."
            schema["description"] = f"{schema['description']} {text}" if "description" in schema else text
        return {"anyOf": [schema, {"type": "null"}]} if self._lenient else schema

    def _map(self, entry: Descriptor) -> _Schema:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        schema: _Schema = {"type": "object", "additionalProperties": self._single(value)}
        if key.cpp_type in _INTEGERS:
            schema["propertyNames"] = {"pattern": _digits(*_INTEGERS[key.cpp_type])}
        elif key.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            schema["propertyNames"] = {"enum": ["true", "false"]}
        return schema

    def _single(self, field: FieldDescriptor) -> _Schema:
        if field.message_type is not None:
            return self.reference(field.message_type, field.full_name)
        return self._scalar(field)

    def _scalar(self, field: FieldDescriptor) -> _Schema:
        cpp = field.cpp_type
        if cpp in _INTEGERS:
            return self._integer(*_INTEGERS[cpp], text=cpp in _IN_STRINGS)
        if cpp in _FLOATS:
            number: _Schema = {"type": "number"}
            if cpp == FieldDescriptor.CPPTYPE_FLOAT:
                number |= {"minimum": -_MAX_FLOAT, "maximum": _MAX_FLOAT}
            words: _Schema = {"enum": _FLOAT_WORDS}
            string: _Schema = {"type": "string", "pattern": _FLOAT}
            return {"anyOf": [number, words, string]} if self._lenient else number
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if cpp == FieldDescriptor.CPPTYPE_BOOL:
            return {"type": "boolean"}
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/_-]*={0,2}$"}
        return {"type": "string"}

    def _integer(self, low: int, high: int, *, text: bool) -> _Schema:
        number: _Schema = {"type": "integer", "minimum": low, "maximum": high}
        string: _Schema = {"type": "string", "pattern": _digits(low, high)}
        if self._lenient:
            return {"anyOf": [number, string]}
        return {"type": "string", "pattern": "^-?[0-9]+$" if low else "^[0-9]+$"} if text else number

    def _enum(self, enum: EnumDescriptor) -> _Schema:
        if enum.full_name == f"{_GOOGLE}NullValue":
            return {"type": "null"}
        names: _Schema = {"type": "string", "enum": [value.name for value in enum.values]}
        if self._lenient:
            low, high = _INTEGERS[FieldDescriptor.CPPTYPE_INT32]
            numbers: _Schema = (
                {"enum": [value.number for value in enum.values]}
                if enum.is_closed
                else {"type": "integer", "minimum": low, "maximum": high}
            )
            return {"anyOf": [names, numbers]}
        told = {value.name: self._comments.get(f"{enum.full_name}.{value.name}") for value in enum.values}
        said = [f"{name}: {comment}" for name, comment in told.items() if comment]
        return names | self._described(enum.full_name) | ({"description": "; ".join(said)} if said else {})

    def _described(self, name: str) -> _Schema:
        return {"description": self._comments[name]} if name in self._comments and not self._lenient else {}


def _one_of_each(message: Descriptor) -> list[_Schema]:
    """Say that of each oneof at most one field is set; null sets none."""
    rules: list[_Schema] = []
    for oneof in message.oneofs:
        fields = [field.json_name for field in oneof.fields]
        if not 1 < len(fields) <= _MOST_IN_ONEOF:
            continue
        for index, one in enumerate(fields):
            rules += [{"not": {"allOf": [_is_set(one), _is_set(other)]}} for other in fields[index + 1 :]]
    return rules


def _one_spelling_of_each(message: Descriptor) -> list[_Schema]:
    """Say that no field is there under both of its names: parsers take the last one, and lose the other."""
    spelt = [(field.name, field.json_name) for field in message.fields]
    return [{"not": {"required": [one, other]}} for one, other in spelt if one != other]


def _is_set(name: str) -> _Schema:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _digits(low: int, high: int) -> str:
    """Make the pattern of the integers from `low`, which is 0 or negative, to `high`, in digits."""
    positive = _up_to(high)
    return f"^(?:{positive}|-(?:{_up_to(-low)}))$" if low else f"^(?:{positive})$"


def _up_to(bound: int) -> str:
    digits = str(bound)
    length = len(digits)
    patterns = ["0", rf"[1-9][0-9]{{0,{length - 2}}}"] if length > 1 else ["0"]
    for index, digit in enumerate(digits):
        lowest, highest = (1 if index == 0 else 0), int(digit) - 1
        if highest >= lowest:
            patterns.append(f"{digits[:index]}[{lowest}-{highest}][0-9]{{{length - index - 1}}}")
    return "|".join([*patterns, digits])
