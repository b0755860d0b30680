"""Token counts of answers whose provider did not say them: guessed as they grow, from all that can be seen of them."""

import functools
import json
from dataclasses import dataclass

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.plans.estimates import BYTES_PER_TOKEN_OF_MEDIA, estimate


@dataclass(frozen=True, slots=True)
class Manner:
    """What models of a family write down beside what is shown, in tokens.

    Attributes:
        call: For each call of a tool, beside its name and arguments.
        citation: For each source that is named.
    """

    call: int = 8
    citation: int = 0


# By a word in the provider's kind or the model's name; measured over recorded answers.
_MANNERS = {
    "anthropic": Manner(26, 21),
    "claude": Manner(26, 21),
    "cohere": Manner(18, 10),
    "deepseek": Manner(24),
    "mistral": Manner(2),
}
# Encrypted thoughts, by kind: the bytes that one without any has, and those of each token more; measured, not told.
_SEALED = {"anthropic": (300, 6.0), "openai_responses": (1000, 7.2)}
# What a provider's own item holds if the model wrote it; results are not the model's.
_WRITTEN = ("input", "arguments", "action", "code", "queries")


@functools.lru_cache(maxsize=1024)
def manner(kind: str, model: str) -> Manner:
    """Return how a model at a kind of provider writes."""
    name = f"{kind}/{model}".lower()
    return next((found for word, found in _MANNERS.items() if word in name), Manner())


class OutputEstimate:
    """Follows the events of one answer.

    Args:
        manner: Its model's.

    Attributes:
        tokens: What it has come to.
    """

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._thoughts: dict[int, int] = {}
        self.tokens = 0

    def add(self, event: completion_pb2.StreamCompleteResponse) -> None:
        """Count what an event shows; what a vendor takes back in the middle of its answer stays counted."""
        match event.WhichOneof("event"):
            case "part_delta":
                tokens = estimate_delta(event.part_delta, self._manner)
                if event.part_delta.HasField("reasoning"):
                    index = event.part_delta.part_index
                    self._thoughts[index] = self._thoughts.get(index, 0) + tokens
                self.tokens += tokens
            case "part_started":
                self.tokens += estimate_output_part(event.part_started.part, self._manner)
                self._thoughts[event.part_started.part_index] = 0
            case "part_finished" if event.part_finished.HasField("provider_state"):
                shown = self._thoughts.get(event.part_finished.part_index, 0)
                self.tokens += max(0, _sealed(event.part_finished.provider_state) - shown)


def estimate_delta(delta: completion_pb2.PartDelta, manner: Manner) -> int:
    """Guess the tokens of a piece of an answer."""
    sort = delta.WhichOneof("delta")
    if sort == "citation":
        return manner.citation
    if sort == "media_data":
        return len(delta.media_data) // BYTES_PER_TOKEN_OF_MEDIA
    return 0 if sort is None else estimate(getattr(delta, sort))


def estimate_answer(message: message_pb2.Message, manner: Manner) -> int:
    """Guess the tokens of a whole answer."""
    return sum(estimate_output_part(part, manner) for part in message.parts)


def estimate_output_part(part: message_pb2.ContentPart, manner: Manner) -> int:
    """Guess the tokens of a part of an answer."""
    if part.HasField("tool_call"):
        call = part.tool_call
        return manner.call + estimate(call.name) + estimate(call.arguments_json)
    if part.HasField("provider_part"):
        return _written(part.provider_part, manner)
    if part.HasField("media"):
        return len(part.media.data) // BYTES_PER_TOKEN_OF_MEDIA
    if part.HasField("reasoning"):
        # Where the text is a summary, or none, the sealed form has all of it.
        return max(estimate(part.reasoning.text), _sealed(part.provider_state))
    return estimate(part.text or part.refusal) + manner.citation * len(part.citations)


def _sealed(state: message_pb2.ProviderState) -> int:
    if state.kind not in _SEALED:
        return 0
    empty, each = _SEALED[state.kind]
    return max(0, round((len(state.data) - empty) / each))


def _written(part: message_pb2.ProviderPart, manner: Manner) -> int:
    """Guess what the model wrote for a provider's own tool."""
    try:
        item = json.loads(part.json)
    except ValueError:
        return 0
    told = [item[name] for name in _WRITTEN if item.get(name)] if isinstance(item, dict) else []
    if not told:
        return 0
    return manner.call + sum(
        estimate(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)) for one in told
    )
