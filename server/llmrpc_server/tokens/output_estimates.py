"""Token counts of answers whose provider did not say them: guessed as they grow, from all that can be seen of them."""

import json
from typing import Any

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.tokens.echoes import Echoes
from llmrpc_server.tokens.encrypted_reasoning import sealed_tokens
from llmrpc_server.tokens.estimates import BYTES_PER_TOKEN_OF_MEDIA, estimate
from llmrpc_server.tokens.manners import Manner

# What a provider's own item holds if the model wrote it; results are not the model's.
_WRITTEN = ("input", "arguments", "action", "code", "queries")
_NAMES = ("name", "server_name")
# OpenAI counts twenty tokens for a second of speech: 24,000 samples of two bytes, as streams have them, or 64 kbit.
_BYTES_OF_SAMPLES, _BYTES_OF_SOUND = 2400, 400
# Of an action, what came of it, and a query that stands among the queries once more.
_FOUND = frozenset({"sources", "type"})


class OutputEstimate:
    """Follows the events of one answer.

    Args:
        manner: Its model's.

    Attributes:
        tokens: What it has come to.
    """

    __slots__ = ("_counted", "_echoes", "_manner", "_thoughts", "tokens")

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._echoes = Echoes() if manner.echoes else None
        self._thoughts: dict[int, int] = {}
        self._counted = 0
        self.tokens = 0

    def add(self, event: completion_pb2.StreamCompleteResponse) -> None:
        """Count what an event shows; what a vendor takes back in the middle of its answer stays counted."""
        match event.WhichOneof("event"):
            case "part_delta":
                delta = event.part_delta
                tokens = _of_delta(delta, self._manner, self._echoes)
                if delta.HasField("reasoning"):
                    self._thoughts[delta.part_index] = self._thoughts.get(delta.part_index, 0) + tokens
            case "part_started":
                part = event.part_started.part
                tokens = _of_part(part, self._manner)
                if part.HasField("reasoning"):
                    self._thoughts[event.part_started.part_index] = tokens
            case "part_finished" if event.part_finished.HasField("provider_state"):
                # It has all of them, what is shown is a summary, or the same once more.
                sealed = sealed_tokens(event.part_finished.provider_state)
                tokens = sealed and sealed - self._thoughts.get(event.part_finished.part_index, 0)
            case _:
                return
        self._counted += tokens
        self.tokens = int(self._counted * self._manner.density)


def estimate_answer(message: message_pb2.Message, manner: Manner) -> int:
    """Guess the tokens of a whole answer."""
    return int(sum(_of_part(part, manner) for part in message.parts) * manner.density)


def _of_delta(delta: completion_pb2.PartDelta, manner: Manner, echoes: Echoes | None) -> int:
    sort = delta.WhichOneof("delta")
    if sort == "text":
        return estimate(delta.text)
    if sort == "reasoning":
        return estimate(echoes.left_out(delta.reasoning) if echoes else delta.reasoning)
    if sort == "citation":
        return manner.citation
    if sort == "media_data":
        return len(delta.media_data) // _BYTES_OF_SAMPLES
    return 0 if sort is None else estimate(getattr(delta, sort))


def _of_part(part: message_pb2.ContentPart, manner: Manner) -> int:
    match part.WhichOneof("kind"):
        case "tool_call":
            return manner.call + estimate(part.tool_call.name) + estimate(part.tool_call.arguments_json)
        case "provider_part":
            return _written(part.provider_part, manner)
        case "media":
            return _of_media(part.media)
        case "reasoning":
            text = part.reasoning.text
            return sealed_tokens(part.provider_state) or estimate(Echoes().left_out(text) if manner.echoes else text)
    return manner.frame + estimate(part.text or part.refusal) + manner.citation * len(part.citations)


def _of_media(media: message_pb2.Media) -> int:
    if media.mime_type in {"audio/pcm", "audio/wav"}:
        return len(media.data) // _BYTES_OF_SAMPLES
    if media.mime_type.startswith("audio/"):
        return len(media.data) // _BYTES_OF_SOUND
    return len(media.data) // BYTES_PER_TOKEN_OF_MEDIA


def _written(part: message_pb2.ProviderPart, manner: Manner) -> int:
    """Guess what the model wrote for a provider's own tool."""
    try:
        item = json.loads(part.json)
    except (ValueError, RecursionError):
        return 0
    told = [item[name] for name in _WRITTEN if name in item] if isinstance(item, dict) else []
    if not told:
        return 0
    told += [item[name] for name in _NAMES if isinstance(item.get(name), str)]
    return manner.call + sum(_of_value(value) for value in told)


def _of_value(value: Any) -> int:
    if isinstance(value, dict):
        left_out = _FOUND | {"query"} if "queries" in value else _FOUND
        value = {name: one for name, one in value.items() if name not in left_out}
    if not value:
        return 0
    return estimate(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
