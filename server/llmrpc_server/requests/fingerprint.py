"""Which requests ask the same: the ledger tells by it what was asked again and again."""

import hashlib

from llmrpc.v1 import completion_pb2

_OF_THE_CALLER = ("request_id", "user", "labels", "cache", "max_cost_picos", "stream", "routing")


def fingerprint(request: completion_pb2.CompleteRequest) -> str:
    """Make a digest that is the same for requests that ask the same of the same model, whoever asks."""
    asked = completion_pb2.CompleteRequest()
    asked.CopyFrom(request)
    for field in _OF_THE_CALLER:
        asked.ClearField(field)  # type: ignore[arg-type]
    return hashlib.blake2b(asked.SerializeToString(deterministic=True), digest_size=16).hexdigest()
