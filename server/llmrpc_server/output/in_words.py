"""The shape of an answer, told to a model in words where its provider does not hold to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmrpc.v1 import completion_pb2, message_pb2

if TYPE_CHECKING:
    from llmrpc_server.output import Shape

_INSTRUCTIONS = {message_pb2.ROLE_SYSTEM, message_pb2.ROLE_DEVELOPER}


def told(
    said: Sequence[message_pb2.Message], shape: "Shape", native: completion_pb2.OutputFormat
) -> Sequence[message_pb2.Message]:
    """Tell the model of the shape where nothing else does, at the end of the instructions that there are.

    Args:
        native: What the provider holds the answer to.
    """
    if native.HasField("json_schema"):
        return said
    # Vendors demand that JSON be spoken of where they are to hold to it.
    if native.HasField("json") and not shape.schema and any(map(_speaks_of_json, said)):
        return said
    first = said[0] if said and said[0].role in _INSTRUCTIONS else message_pb2.Message()
    instructions = message_pb2.Message(role=message_pb2.ROLE_SYSTEM)
    instructions.MergeFrom(first)
    if instructions.parts and instructions.parts[-1].HasField("text"):
        instructions.parts[-1].text += f"\n\n{shape.instructions}"
    else:
        instructions.parts.add(text=shape.instructions)
    return [instructions, *said[1 if first.role else 0 :]]


def _speaks_of_json(message: message_pb2.Message) -> bool:
    return any("json" in part.text.lower() for part in message.parts)
