"""The grammar of behaviours in a model name: `name`, `name=value` or `name@n`, joined with `+`."""

import re
from typing import Any

from .behaviour import BehaviourError
from .rules import RULES

_PART = re.compile(r"(?P<name>[a-z][a-z0-9-]*)(?P<value>[=@].*)?", re.DOTALL)
_RULE_OF = {rule.key: rule for rule in RULES}


def fields_of(model: str) -> dict[str, Any]:
    """Return the Behaviour fields that a model name asks for; raises BehaviourError.

    The first part may be any model's name (`gpt-4o`, `claude@20250929`, `gpt-4o+cut@5`). Anything else has
    to be a behaviour, so that a typo fails loudly instead of answering well.
    """
    fields: dict[str, Any] = {}
    for position, part in enumerate(model.split("+")):
        for name, value in _read(part, may_be_a_name=position == 0).items():
            if name == "headers":
                value = {**fields.get(name, {}), **value}  # noqa: PLW2901
            elif name in fields:
                raise BehaviourError(f"{part!r} in model {model!r} contradicts another part of it")
            fields[name] = value
    return fields


def _read(part: str, *, may_be_a_name: bool) -> dict[str, Any]:
    """Return the fields of one part."""
    found = _PART.fullmatch(part)
    name, value = (found["name"], found["value"] or "") if found else (part, "")
    rule = _RULE_OF.get(name + value[:1])
    if rule is None:
        misspelt = value.startswith("=") or any(key.rstrip("=@") == name for key in _RULE_OF)
        if may_be_a_name and not misspelt:
            return {}
        raise BehaviourError(f"{part!r} is not a behaviour; known are {', '.join(r.form for r in RULES)}")
    if value in ("=", "@"):
        raise BehaviourError(f"{part!r}: {rule.form} needs a value")
    try:
        return rule.fields(value[1:])
    except BehaviourError as error:
        raise BehaviourError(f"{part!r}: {rule.form} {error}") from None
