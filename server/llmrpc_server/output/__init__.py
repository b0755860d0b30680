"""The shape of an answer: what a request may ask for, how an answer is read and checked, how it is asked for again.

lenient_json, extraction: from what a model wrote to one JSON text, or to the reason why there is none.
schema, protobuf, pydantic_shape, text_shapes: the shapes that can be asked for; registry finds the one that a request
names. burden: how much work a schema may make; message_schema: the schema of a protobuf message.
in_words: how a model is told of a shape where its provider does not hold to it.
partial: what can be known while an answer grows; metrics: what became of them all.
"""

from llmrpc_server.output.registry import Shapes
from llmrpc_server.output.shape import Misfit, Shape

__all__ = ["Misfit", "Shape", "Shapes"]
