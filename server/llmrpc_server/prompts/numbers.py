"""Numbers in a prompt, as their caller wrote them."""

import json
from decimal import Decimal
from typing import Any, Self

from typing_extensions import override


class WrittenNumber(float):
    """A float that stands in a text as it was written: 19.90, not 19.9; templates count with it as with any other."""

    _written: str

    def __new__(cls, written: str) -> Self:
        """Read a number of JSON."""
        made = super().__new__(cls, written)
        made._written = written
        return made

    @override
    def __repr__(self) -> str:
        return self._written

    __str__ = __repr__


def as_written(text: str) -> Any:
    """Read JSON text that was found to be good, with its numbers as they were written."""
    return json.loads(text, parse_float=WrittenNumber)


def whole(text: str) -> int:
    """Read a whole number that may be written as 3.0, exactly, however many digits it has."""
    return int(Decimal(text))
