"""The conversation: instructions by themselves, then turns of the user and the assistant, each a list of blocks."""

import itertools
import operator
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server import errors
from llmrpc_server.call import Call
from llmrpc_server.providers.anthropic_messages.render_blocks import render_blocks

Fields = dict[str, Any]

_INSTRUCTIONS = frozenset({message_pb2.ROLE_SYSTEM, message_pb2.ROLE_DEVELOPER})


def system(call: Call) -> list[Fields]:
    """Render the instructions, wherever they stand in the conversation.

    Raises:
        ProviderUnsupported: They hold something other than text.
    """
    parts = [part for message in call.messages if message.role in _INSTRUCTIONS for part in message.parts]
    if any(part.WhichOneof("kind") != "text" for part in parts):
        name = call.target.provider.name
        raise errors.ProviderUnsupported(f"{name} takes nothing but text in messages of the system")
    return render_blocks(parts, call)


def messages(call: Call) -> list[Fields]:
    """Render the turns: neighbours of one role are one turn, and one that says nothing is left out."""
    turns = [
        ("assistant" if message.role == message_pb2.ROLE_ASSISTANT else "user", render_blocks(message.parts, call))
        for message in call.messages
        if message.role not in _INSTRUCTIONS
    ]
    said = [turn for turn in turns if turn[1]]
    return [
        {"role": role, "content": [block for _, blocks in group for block in blocks]}
        for role, group in itertools.groupby(said, operator.itemgetter(0))
    ]
