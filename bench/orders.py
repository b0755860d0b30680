"""What the harness asks the client process for, and what it hears back; a line of JSON each."""

import msgspec


class Order(msgspec.Struct, frozen=True):
    """Load to put on one server.

    Attributes:
        model: As the request names it: "provider/model" or a route.
        calls: How many calls to make.
        concurrency: How many of them at once.
        seconds: No call begins later than this, however many are left.
        distinct: Whether each call asks something else.
        connections: Over how many they go, in turns.
    """

    address: str
    method: str
    model: str
    calls: int
    concurrency: int
    seconds: float
    distinct: bool = False
    connections: int = 1


class Outcome(msgspec.Struct, frozen=True):
    """What came of an order.

    Attributes:
        calls: How many were answered.
        seconds: From the first call's begin to the last one's end.
        messages: How many messages came for each call, on average.
        failure: What went wrong first; then the figures are worth nothing.
    """

    calls: int
    seconds: float
    messages: float
    failure: str = ""
