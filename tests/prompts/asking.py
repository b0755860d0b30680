"""Calls that name a prompt."""

import json
from collections.abc import Sequence
from typing import Any

from gateway import Gateway
from llmrpc.v1 import completion_pb2, message_pb2, prompt_pb2, prompt_pb2_grpc

Said = list[tuple[str, str]]


def value(of: Any) -> completion_pb2.PromptValue:
    """Make a variable's value: text, media, messages, or anything else as JSON."""
    match of:
        case str():
            return completion_pb2.PromptValue(text=of)
        case message_pb2.Media():
            return completion_pb2.PromptValue(media=of)
        case completion_pb2.MessageList():
            return completion_pb2.PromptValue(messages=of)
        case _:
            return completion_pb2.PromptValue(json=json.dumps(of))


def named(name: str, version: str = "", /, **variables: Any) -> completion_pb2.PromptReference:
    """Name a prompt and fill it."""
    filled = {key: value(of) for key, of in variables.items()}
    return completion_pb2.PromptReference(name=name, version=version, variables=filled)


def stub(gateway: Gateway) -> Any:
    """Return the stub of PromptService."""
    return prompt_pb2_grpc.PromptServiceStub(gateway.channel)


async def rendered(gateway: Gateway, reference: completion_pb2.PromptReference, model: str = "") -> Said:
    """Return role and text of the messages that a prompt makes for a target."""
    answer = await stub(gateway).RenderPrompt(prompt_pb2.RenderPromptRequest(prompt=reference, model=model), timeout=20)
    return said(answer.messages)


def said(messages: Sequence[message_pb2.Message]) -> Said:
    """Return role and text of messages; a part that is no text is told in brackets."""
    return [
        (
            message_pb2.Role.Name(message.role).removeprefix("ROLE_").lower(),
            "|".join(part.text or f"[{part.WhichOneof('kind')}]" for part in message.parts),
        )
        for message in messages
    ]
