"""What was told of an answer, whichever wire format it came in."""

import json
from dataclasses import dataclass
from typing import Any

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.call import Event


@dataclass(frozen=True)
class Told:
    """What was told of an answer.

    Attributes:
        response: The whole answer.
        events: Those before it.
        attempt: What the attempt under way knows.
    """

    response: completion_pb2.CompleteResponse
    events: list[Event]
    attempt: accounting_pb2.Attempt

    @property
    def parts(self) -> list[message_pb2.ContentPart]:
        """The answer's parts."""
        return list(self.response.message.parts)

    @property
    def states(self) -> list[dict[str, Any]]:
        """What the provider wants back with each part."""
        return [json.loads(part.provider_state.data or b"{}") for part in self.parts]

    @property
    def metadata(self) -> dict[str, Any]:
        """The provider's fields that have no place of their own."""
        fields: dict[str, Any] = json.loads(self.response.provider_metadata_json or "{}")
        return fields

    @property
    def usage(self) -> accounting_pb2.Usage:
        """The attempt's."""
        return self.attempt.usage
