"""Log probabilities: made up, and the same for the same tokens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Logprob:
    """A token with its log probability and, most probable first, the alternatives."""

    token: str
    value: float
    top: list[tuple[str, float]]

    @property
    def utf8(self) -> list[int]:
        """The token's bytes."""
        return list(self.token.encode())


def logprobs(tokens: Iterable[str], top: int) -> Iterator[Logprob]:
    """Yield those of the tokens, with so many alternatives; the first is the token itself."""
    for position, token in enumerate(tokens):
        value = -(position % 4 + 1) / 8  # Halves and quarters survive every decimal on the way.
        yield Logprob(token, value, [(token + "?" * rank, value - rank) for rank in range(top)])
