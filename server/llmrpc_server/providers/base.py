"""What a provider is."""

from typing import ClassVar, Protocol

from llmrpc_server.call import Call, Events
from llmrpc_server.requests.features import Feature, Harmless


class Provider(Protocol):
    """A vendor, reached with its own wire format. It can be referred to weakly, as whatever has no `__slots__` can.

    Attributes:
        kind: The wire format's name in the configuration, for example "openai".
        name: The provider's own name in the configuration.
        features: What it can do beyond text; targets that lack what a request needs are not asked.
        drops: The harmless parameters that it does not have, and drops with a Warning.
        owned: What its own options may not set, because a request sets it through the API: dotted paths of its body.
    """

    kind: ClassVar[str]
    name: str
    features: frozenset[Feature]
    drops: frozenset[Harmless]
    owned: frozenset[str]

    def stream(self, call: Call) -> Events:
        """Make one attempt at `call.target` and yield its events, `completed` last.

        It asks the vendor once: no retry, no fallback. Without `call.streaming` it may ask for an unstreamed answer and
        yield `completed` alone. Closing the iterator closes the upstream request. It keeps `call.attempt` informed:
        the vendor's request id, the model as reported, usage. An attempt that fails is paid for as estimated, but for
        what the vendor refused; one that sets `call.reached` to False until its request leaves costs nothing before.

        Raises:
            ProviderError: The attempt failed. An answer that ends without the vendor's end marker is a failure.
        """
        ...

    async def probe(self) -> list[str]:
        """Ask the vendor whether it answers and knows our keys, at no cost; return the problems, a line each."""
        ...

    async def close(self) -> None:
        """Let go of connections and processes, as soon as nothing is under way any more.

        A call that was planned before can still come after: it is answered as ever, and what it took is let go, too.
        """
        ...
