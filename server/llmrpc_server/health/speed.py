"""How fast a target answers: streams, and whole answers, which have no first token and take as long as they are."""

from llmrpc_server.call import Pace
from llmrpc_server.health.latency import Latency

# A whole answer takes as long as this many tokens more than it has.
_TOKENS_OF_AN_ANSWER = 50


class Speed:
    """The latencies of one target.

    Attributes:
        first_token: Of streams, to their first output.
        whole: Of whole answers.
    """

    __slots__ = ("_token", "_whole_token", "first_token", "whole")

    def __init__(self) -> None:
        self.first_token, self.whole = Latency(), Latency()
        self._token, self._whole_token = Latency(), Latency()

    @property
    def degraded(self) -> bool:
        """Whether it answers much more slowly than usual."""
        return self.first_token.degraded or self._token.degraded or self._whole_token.degraded

    def expected(self, *, streaming: bool) -> float:
        """Return how long it usually takes to its first output, in seconds; 0 where that is not known."""
        return (self.first_token if streaming else self.whole).seconds

    def observe(self, pace: Pace, *, streaming: bool, tokens: int) -> None:
        """Take in an answer.

        Args:
            pace: How fast it was.
            streaming: Whether it came as it grew.
            tokens: Of the output; 0 where it is not known.
        """
        if streaming:
            self.first_token.observe(pace.first)
            if tokens > 1:
                self._token.observe(pace.whole - pace.first, tokens)
        else:
            self.whole.observe(pace.whole)
            if tokens:
                self._whole_token.observe(pace.whole, tokens + _TOKENS_OF_AN_ANSWER)
