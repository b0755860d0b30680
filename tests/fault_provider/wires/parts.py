"""Reads the parts of messages that Chat Completions and Cohere have alike."""

from fault_provider import media
from fault_provider.fields import Described, Fields, said
from fault_provider.prompt import tool_call


def read_text(part: Fields) -> Described:
    """Read a text."""
    return {"type": "text", "text": part.need("text", str)}


def read_image_url(part: Fields) -> Described:
    """Read an image, by address or as a data URL."""
    with part.need_fields("image_url") as image:
        return media.from_url("image", image, "url") | said(detail=image.choice("detail", "auto", "low", "high"))


def read_call(call: Fields) -> Described:
    """Read a tool call of the assistant's."""
    with call:
        call.choice("type", "function")
        with call.need_fields("function") as function:
            return tool_call(call.need("id", str), function.need("name", str), function.need("arguments", str))
