"""A Pydantic model as an operator writes it, with a rule that no schema tells."""

import datetime as dt

from pydantic import BaseModel, field_validator

Heights = list[float]


class Person(BaseModel):
    """Somebody."""

    name: str
    born: dt.date

    @field_validator("name")
    @classmethod
    def _begins(cls, value: str) -> str:
        if not value[:1].isupper():
            raise ValueError("a name begins with a capital")
        return value
