"""What a wire format does with the events of a streamed answer."""

import abc


class StreamParser(abc.ABC):
    """Reads events into an answer.

    Attributes:
        done: The vendor's end marker was read.
    """

    done: bool = False

    @abc.abstractmethod
    def take(self, name: bytes, data: bytes) -> None:
        """Read one event.

        Raises:
            ProviderError: It reports an error, or is not of this format.
        """

    @property
    def may_end(self) -> bool:
        """Whether the answer is whole if the body ends here."""
        return self.done
