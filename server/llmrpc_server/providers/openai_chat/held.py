"""What is held back of an answer until it can be told."""

from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import MAX_ANSWER_CHARACTERS


class Held:
    """Bounds what is held, as an answer itself is bounded."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._size = 0

    def add(self, size: int) -> None:
        """Count more.

        Raises:
            ProviderBadResponse: It is more than an answer can be.
        """
        self._size += size
        if self._size > MAX_ANSWER_CHARACTERS:
            raise ProviderBadResponse(f"{self._provider} sent an answer without end")
