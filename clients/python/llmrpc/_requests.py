"""Plain Python values become a CompleteRequest."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from llmrpc.v1.completion_pb2 import CompleteRequest, GenerationConfig
from llmrpc.v1.message_pb2 import ContentPart, Message, Role

ROLES: Final = {
    "system": Role.ROLE_SYSTEM,
    "developer": Role.ROLE_DEVELOPER,
    "user": Role.ROLE_USER,
    "assistant": Role.ROLE_ASSISTANT,
}

MessageLike = Message | tuple[str, str] | Mapping[str, str]
"""A Message, or for plain text ("user", "Hello") or {"role": "user", "content": "Hello"}."""

Messages = str | Sequence[MessageLike]
"""A conversation; a str alone is one message by the user."""


class RequestOptions(TypedDict, total=False):
    """Keyword arguments of `complete`, `stream` and `plan`. Left out, or None: the server's default."""

    model: str
    """A route of the server's configuration, or "provider/model". Default: the route "default"."""
    system: str
    """Instructions; they go before all messages."""
    temperature: float | None
    """0 to 2."""
    max_output_tokens: int | None
    """At least 1; a model's reasoning counts."""
    stop_sequences: Sequence[str]
    """At most 16; the answer ends before the first that appears."""
    user: str
    """Pseudonym of the end user on whose behalf the call is made, at most 256 characters."""
    labels: Mapping[str, str] | None
    """What the cost is attributed to: team, feature, environment, ..."""
    request: CompleteRequest | None
    """All else that the API has. The other arguments are laid over a copy; its messages come first."""


def build_request(
    messages: Messages = (),
    *,
    model: str = "",
    system: str = "",
    temperature: float | None = None,
    max_output_tokens: int | None = None,
    stop_sequences: Sequence[str] = (),
    user: str = "",
    labels: Mapping[str, str] | None = None,
    request: CompleteRequest | None = None,
) -> CompleteRequest:
    """Build the request that RequestOptions describes.

    Raises ValueError or TypeError for what cannot be a request at all; the server checks the rest.
    """
    if isinstance(stop_sequences, str):
        raise TypeError("stop_sequences is a sequence of str, not one str")
    built = CompleteRequest()
    if request is not None:
        built.CopyFrom(request)
    if system:
        built.messages.insert(0, _text_message("system", system))
    built.messages.extend(_messages(messages))
    # Merging sets what is set, adds to lists and overwrites entries of maps.
    built.MergeFrom(CompleteRequest(model=model, user=user, labels=labels))
    config = GenerationConfig(
        temperature=temperature, max_output_tokens=max_output_tokens, stop_sequences=stop_sequences
    )
    if config.ListFields():
        built.config.MergeFrom(config)
    return built


def repeatable(request: CompleteRequest) -> CompleteRequest:
    """Give the request an id where it has none: should the channel send it twice, the server runs it once."""
    if not request.request_id:
        request.request_id = uuid.uuid4().hex
    return request


def _messages(messages: Messages) -> list[Message]:
    """Make all of them Messages."""
    if isinstance(messages, str):
        return [_text_message("user", messages)]
    return [_message(message) for message in messages]


def _message(message: MessageLike) -> Message:
    """Make it a Message."""
    match message:
        case Message():
            return message
        case (str(role), str(content)) | {"role": str(role), "content": str(content)}:
            return _text_message(role, content)
        case _:
            raise TypeError(
                'a message is a Message, ("user", "text") or {"role": "user", "content": "text"}, '
                f"not {type(message).__name__}"
            )


def _text_message(role: str, text: str) -> Message:
    """Make a message of one text part."""
    if role not in ROLES:
        raise ValueError(f"no role {role!r} for plain text; there are: {', '.join(ROLES)}")
    return Message(role=ROLES[role], parts=[ContentPart(text=text)])
