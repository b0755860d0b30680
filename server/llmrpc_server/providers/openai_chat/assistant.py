"""A message of the assistant: what it said, and what it must get back to go on from there."""

from collections.abc import Iterable
from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.call import Call
from llmrpc_server.errors import ProviderUnsupported
from llmrpc_server.providers.conversation import state_of
from llmrpc_server.providers.openai_chat.blocks import Block, content, text_block
from llmrpc_server.providers.openai_chat.settings import ReasoningField
from llmrpc_server.requests.media import data_uri

_State = dict[str, Any]


class AssistantMessage:
    """Renders one message.

    Args:
        reasoning_field: Where the vendor takes its reasoning back; None: nowhere.
    """

    def __init__(self, call: Call, reasoning_field: ReasoningField | None) -> None:
        self._call = call
        self._reasoning_field = reasoning_field
        self._blocks: list[Block] = []
        self._calls: list[dict[str, Any]] = []
        self._fields: dict[str, Any] = {}

    def rendered(self, parts: Iterable[message_pb2.ContentPart]) -> dict[str, Any]:
        """Render the parts, all fields but the role and the name.

        Raises:
            ProviderUnsupported: One cannot be said.
        """
        for part in parts:
            self._take(part, state_of(part, self._call, of_model=True))
        said = content(self._blocks)
        if isinstance(said, list) and len(said) == 1 and said[0]["type"] == "refusal":
            self._fields["refusal"] = said[0]["refusal"]
        elif said or not (self._calls or self._fields):
            self._fields["content"] = said
        if self._calls:
            self._fields["tool_calls"] = self._calls
        return self._fields

    def _take(self, part: message_pb2.ContentPart, state: _State) -> None:
        match part.WhichOneof("kind"):
            case "text":
                self._blocks.append(text_block(part.text))
                if "extra_content" in state:
                    self._fields["extra_content"] = state["extra_content"]
            case "refusal":
                self._blocks.append({"type": "refusal", "refusal": part.refusal})
            case "tool_call":
                self._calls.append(_tool_call(part.tool_call, state))
            case "reasoning":
                self._take_reasoning(part.reasoning, state)
            case "media":
                self._take_media(part.media, state)
            case kind:
                raise self._unsupported(f"a {kind}")

    def _take_reasoning(self, reasoning: message_pb2.Reasoning, state: _State) -> None:
        match self._reasoning_field:
            case "reasoning_details" if isinstance(details := state.get("reasoning_details"), list):
                self._fields.setdefault("reasoning_details", []).extend(details)
            case "reasoning_content" | "reasoning" as field if reasoning.text:
                self._fields[field] = self._fields.get(field, "") + reasoning.text
            case "thinking" if reasoning.text:
                signed = {name: value for name, value in state.items() if name == "signature"}
                self._blocks.append({"type": "thinking", "thinking": [text_block(reasoning.text)], **signed})
            case _:
                self._call.drop("messages[].parts[].reasoning")

    def _take_media(self, media: message_pb2.Media, state: _State) -> None:
        match state:
            case {"audio": {"id": str(id_)}}:
                self._fields["audio"] = {"id": id_}
            case {"images": True}:
                url = media.uri or data_uri(media)
                self._fields.setdefault("images", []).append({"type": "image_url", "image_url": {"url": url}})
            case _:
                raise self._unsupported("media of the assistant that is not its own")

    def _unsupported(self, what: str) -> ProviderUnsupported:
        return ProviderUnsupported(f"{self._call.target.name} does not take {what}")


def _tool_call(call: message_pb2.ToolCall, state: _State) -> dict[str, Any]:
    kept = {name: value for name, value in state.items() if name == "extra_content"}
    if state.get("type") == "custom":
        custom = {"name": call.name, "input": call.arguments_json}
        return {"id": call.id, "type": "custom", "custom": custom, **kept}
    function = {"name": call.name, "arguments": call.arguments_json or "{}"}
    return {"id": call.id, "type": "function", "function": function, **kept}
