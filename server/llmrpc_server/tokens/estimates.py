"""Token counts of requests: fast guesses for what a provider did not say, and bounds for what it may say.

No tokenizer runs: vendors' differ, and on the event loop a long text would hold up everybody.
"""

import functools
import json
import re
from typing import Any

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.tokens.encrypted_reasoning import sealed_tokens
from llmrpc_server.tokens.image_size import image_size
from llmrpc_server.tokens.manners import USUAL, Manner

_PIECES = re.compile(r"[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9\u0080-\U0010ffff]+|[\u0080-\U0010ffff]")
_LETTERS_PER_TOKEN = 6
_DIGITS_PER_TOKEN = 3
_SIGNS_PER_TOKEN = 2
_TOKENS_PER_OTHER = 0.7
# A longer text is like its beginning.
_SAMPLE = 20_000

_PER_MESSAGE = 4
_PER_TOOL = 12
# As OpenAI's cookbook counts tools for gpt-4o.
_PER_TOOL_OF_TYPES, _PER_PROPERTY, _PER_CHOICE = 7, 3, 3
BYTES_PER_TOKEN_OF_MEDIA = 60
_PER_MEDIUM_ELSEWHERE = 1500
# Vendors count pixels or tiles of them, of images that they make smaller first.
_PER_IMAGE, _LEAST_PER_IMAGE, _MOST_PER_IMAGE = 800, 85, 1600
_PIXELS_PER_TOKEN = 750

_MOST_PER_MESSAGE = 32
# Words of the vendor's own; Anthropic's for tools have up to 804 tokens.
_MOST_BESIDE_TOOLS, _MOST_BESIDE_SCHEMA = 1000, 250
_MOST_PER_MEDIUM = 6000
# Of documents the text is read, too, which can be packed.
_BYTES_PER_MOST_TOKENS = {"image": 20, "audio": 20, "video": 20, "text": 1}
_BYTES_PER_MOST_TOKENS_OF_DOCUMENT = 4


def estimate(text: str) -> int:
    """Guess a text's tokens: words, numbers, signs and other scripts each in their own measure."""
    if len(text) > _SAMPLE:
        return estimate(text[:_SAMPLE]) * len(text) // _SAMPLE
    tokens = others = 0
    for piece in _PIECES.findall(text):
        # A piece is of one sort: its first character tells whether it is ASCII.
        if piece[0] >= "\x80":
            others += 1
        elif piece.isalpha():
            tokens += 1 + (len(piece) - 1) // _LETTERS_PER_TOKEN
        elif piece.isdigit():
            tokens += -(-len(piece) // _DIGITS_PER_TOKEN)
        else:
            tokens += -(-len(piece) // _SIGNS_PER_TOKEN)
    return tokens + round(others * _TOKENS_PER_OTHER) if others else tokens


def estimate_input(request: completion_pb2.CompleteRequest, manner: Manner = USUAL) -> int:
    """Guess how many tokens a request has for a model of that manner."""
    tokens = manner.asked + _PER_MESSAGE * len(request.messages)
    tokens += sum(_estimate_part(part) for message in request.messages for part in message.parts)
    for tool in request.tools:
        function = tool.function
        tokens += _PER_TOOL_OF_TYPES if manner.typed else _PER_TOOL
        tokens += estimate(function.name + " " + function.description)
        schema = function.parameters_json_schema
        tokens += schema_as_types(schema) if manner.typed and len(schema) <= _SAMPLE else estimate(schema)
    tokens = round(tokens * manner.density)
    if shape := request.output.json_schema.schema_json:
        tokens += manner.shaped + round(estimate(shape) * manner.density)
    if request.tools:
        tokens += (
            manner.demanded if request.tool_choice.mode == message_pb2.TOOL_CHOICE_MODE_REQUIRED else manner.offered
        )
    if request.config.reasoning_effort > completion_pb2.REASONING_EFFORT_NONE or request.config.reasoning_budget_tokens:
        tokens += manner.thinking
    return tokens


def most_input(request: completion_pb2.CompleteRequest, options: str = "") -> int:
    """Bound how many tokens a request can have: no text has more of them than bytes, and vendors add a few.

    Args:
        request: All that is sent.
        options: The provider's own options that go with it.
    """
    tokens = len(options.encode())
    for message in request.messages:
        tokens += _MOST_PER_MESSAGE
        for part in message.parts:
            media = [part.media] if part.HasField("media") else []
            media += [inner.media for inner in part.tool_result.parts if inner.HasField("media")]
            data = sum(len(medium.data) for medium in media)
            tokens += part.ByteSize() - data
            tokens += sum(_most_of(medium) for medium in media)
    rest = sum(tool.ByteSize() + _MOST_PER_MESSAGE for tool in request.tools)
    added = _MOST_BESIDE_TOOLS if request.tools else 0
    added += _MOST_BESIDE_SCHEMA if request.output.json_schema.schema_json else 0
    return tokens + rest + request.output.ByteSize() + added


def _most_of(medium: message_pb2.Media) -> int:
    sort = medium.mime_type.partition("/")[0].lower()
    each = _BYTES_PER_MOST_TOKENS.get(sort, _BYTES_PER_MOST_TOKENS_OF_DOCUMENT)
    return _MOST_PER_MEDIUM + len(medium.data) // each


def _estimate_part(part: message_pb2.ContentPart) -> int:
    if part.HasField("media"):
        return _estimate_medium(part.media)
    if part.HasField("tool_call"):
        return _PER_TOOL + estimate(part.tool_call.name) + estimate(part.tool_call.arguments_json)
    if part.HasField("tool_result"):
        return _PER_MESSAGE + sum(_estimate_part(inner) for inner in part.tool_result.parts)
    if part.HasField("reasoning"):
        # The text can be a summary of what is encrypted.
        return max(sealed_tokens(part.provider_state), estimate(part.reasoning.text))
    # What a tool of the provider found is told again by the provider itself, or not at all.
    return estimate(part.text or part.refusal)


def _estimate_medium(medium: message_pb2.Media) -> int:
    if medium.mime_type.startswith("image/"):
        size = image_size(medium.data)
        if size is None:
            return _PER_IMAGE
        return min(max(size[0] * size[1] // _PIXELS_PER_TOKEN, _LEAST_PER_IMAGE), _MOST_PER_IMAGE)
    # Of one that the provider fetches by itself nothing is known.
    return len(medium.data) // BYTES_PER_TOKEN_OF_MEDIA or _PER_MEDIUM_ELSEWHERE


@functools.lru_cache(maxsize=256)
def schema_as_types(schema: str) -> int:
    """Guess the tokens of a schema that is told as types: names, sorts, words about them, and choices."""
    try:
        left = [json.loads(schema or "{}")]
    except (ValueError, RecursionError):
        return estimate(schema)
    tokens = 0
    while left:
        at = left.pop()
        if isinstance(at, list):
            left += at
        if not isinstance(at, dict):
            continue
        for word in ("description", "type"):
            if isinstance(at.get(word), str):
                tokens += estimate(at[word])
        for choice in _list_of(at, "enum"):
            tokens += _PER_CHOICE + estimate(str(choice))
        for name, told in _dict_of(at, "properties").items():
            tokens += _PER_PROPERTY + estimate(name)
            left.append(told)
        left += [at[inner] for inner in ("items", "anyOf", "oneOf", "allOf") if inner in at]
        left += _dict_of(at, "$defs").values()
    return tokens


def _list_of(at: dict[str, Any], name: str) -> list[Any]:
    found = at.get(name)
    return found if isinstance(found, list) else []


def _dict_of(at: dict[str, Any], name: str) -> dict[str, Any]:
    found = at.get(name)
    return found if isinstance(found, dict) else {}
