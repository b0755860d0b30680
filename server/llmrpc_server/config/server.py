"""The section `server`: the process itself."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.tls import TlsSettings
from llmrpc_server.config.values import Duration, PositiveDuration, Section

# gRPC counts milliseconds in 32 bits.
_LONGEST_AGE = timedelta(days=24)


def _refuse_age(value: timedelta) -> timedelta:
    if value <= _LONGEST_AGE:
        return value
    raise PydanticCustomError("age", f"must be at most {_LONGEST_AGE.days}d")


class ServerSettings(Section):
    """The server process itself.

    Attributes:
        drain_wait: Between SIGTERM, when health turns to NOT_SERVING, and the last new call: load balancers need it.
        drain_grace: For calls under way, after that.
        max_connection_age: After which a client is asked to connect anew, so that load spreads over new replicas.
        reflection: Whether clients may ask what the API looks like.
        tls: What it shows and asks for; None: plain HTTP/2.
    """

    drain_wait: Duration = timedelta(seconds=1)
    drain_grace: Duration = timedelta(minutes=10)
    max_connection_age: Annotated[PositiveDuration, AfterValidator(_refuse_age)] = timedelta(minutes=30)
    reflection: bool = True
    tls: TlsSettings | None = None
