"""What every shape of an answer has in common."""

from typing import Protocol

from llmrpc.v1 import completion_pb2

MAX_ERRORS = 8
MAX_ERROR_CHARACTERS = 300


class Misfit(Exception):
    """An answer does not have the shape.

    Attributes:
        errors: What is wrong, in words that a model can act upon; none of them long.
    """

    def __init__(self, *errors: str) -> None:
        self.errors = tuple(_short(error) for error in errors[:MAX_ERRORS])
        super().__init__("; ".join(self.errors))


class Shape(Protocol):
    """A shape that answers can be asked to have."""

    @property
    def name(self) -> str:
        """Shown to the model where the wire format has a place for it."""
        ...

    @property
    def schema(self) -> str:
        """The JSON Schema for targets that can hold an answer to one; empty where there is none."""
        ...

    @property
    def is_json(self) -> bool:
        """Whether the answer is JSON."""
        ...

    @property
    def is_object(self) -> bool:
        """Whether it is a JSON object."""
        ...

    @property
    def instructions(self) -> str:
        """What tells a model of it where nothing else does."""
        ...

    @property
    def digest(self) -> str:
        """Changes with what the server's own side says of it; empty where the request says it all."""
        ...

    def parse(self, text: str) -> completion_pb2.ParsedOutput:
        """Return the value of an answer's text.

        Raises:
            Misfit: It does not have the shape.
        """
        ...


def _short(error: str) -> str:
    return error if len(error) <= MAX_ERROR_CHARACTERS else f"{error[: MAX_ERROR_CHARACTERS - 1]}…"
