"""What rendering costs grows with the conversation, and no faster.

Counted are the lines that run and the calls that are made, those into C included: the same on every machine and every
day.
"""

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

import pytest

from llmrpc.v1 import completion_pb2
from llmrpc.v1.message_pb2 import Citation, Media, Message
from rendering.media import IMAGE
from rendering.own_state import kept
from rendering.saying import asked, assistant, call, part, result, state, system, tool, user
from rendering.sending import KINDS, Sender
from rendering.tools import WEATHER

FEW, MANY = 100, 1000


def rounds(messages: int) -> list[Message]:
    """Make rounds of four messages with something of everything, instructions and another provider's state among it."""
    picture = Media(mime_type="image/png", data=IMAGE)
    said = part("Let me see.", citations=[Citation(uri="https://example.com")])
    return [
        message
        for number in range(messages // 4)
        for message in (
            system(f"Rule {number}"),
            user("Weather?", picture, name="ada"),
            assistant(kept("another", signature="s"), said, call(f"call_{number}", "weather", '{"city": "Köln"}')),
            tool(result(f"call_{number}", "Sunny.", "Warm.", is_error=True)),
        )
    ]


def one_role(messages: int) -> list[Message]:
    """Make messages of the user alone, which some formats make one turn of."""
    return [user("Hi") for _ in range(messages)]


def one_message(parts: int) -> list[Message]:
    """Make one answer of many parts, which belong to one item of the provider's."""
    said = [
        part("Hi", provider_state=state(kind, {"id": "msg_1", "status": "completed"}))
        for kind in KINDS
        for _ in range(parts // len(KINDS))
    ]
    return [user(*(["Hi"] * parts)), assistant(*said), user("Good.")]


class Counter:
    """Counts the lines and calls of this thread while it is open."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        gc.disable()
        self._tracing = sys.gettrace()
        sys.settrace(self._trace)
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        sys.settrace(self._tracing)
        gc.enable()

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.count += 1
        return self._trace

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        self.count += 1


def cost(sender: Sender, kind: str, messages: list[Message]) -> int:
    """Count what planning and rendering a conversation takes."""
    request: completion_pb2.CompleteRequest = asked(*messages, tools=[WEATHER])
    with Counter() as counter:
        sender.body(sender.call(request, f"{kind}/some-model", streaming=False))
    return counter.count


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("conversation", [rounds, one_role, one_message])
async def test_cost_grows_with_the_conversation(
    sender: Sender, kind: str, conversation: Callable[[int], list[Message]]
) -> None:
    """Ten times the conversation costs at most ten times as much."""
    # What only the first call does is no part of the cost.
    cost(sender, kind, conversation(FEW))
    few, many = cost(sender, kind, conversation(FEW)), cost(sender, kind, conversation(MANY))

    assert many <= 10 * few
    assert many > MANY


async def test_the_counter_sees_squares() -> None:
    """Work that grows with the square of its input is told from work that grows with it."""

    def squared(size: int) -> int:
        """Compare everything with everything."""
        with Counter() as counter:
            assert [other for one in range(size) for other in range(size) if one == other]
        return counter.count

    assert squared(MANY) > 50 * squared(FEW)
