"""A message's JSON is protobuf's own, but for the bytes of media, and no more of it is made than is kept."""

import time
from collections.abc import Callable

import pytest
from google.protobuf.json_format import MessageToJson

from gateway import request
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.ledger.text_json import first_bytes
from llmrpc_server.ledger.texts import text_row
from rendering.conversations import CONVERSATIONS

_PLENTY = 10_000_000
_EVERYTHING = completion_pb2.CompleteRequest(
    model='x\N{SNOWMAN}\0"',
    labels={"b": "2", "a": "1"},
    provider_options_json={"openai": '{"a": 1}'},
    config=completion_pb2.GenerationConfig(temperature=0.1, top_k=0, stop_sequences=["a", "b"]),
    routing=completion_pb2.RoutingPolicy(fallback_models=["m"], attempt_timeout={"seconds": 1, "nanos": 5}),  # type: ignore[arg-type]
    cache=completion_pb2.CachePolicy(),
    max_cost_picos=2**60,
)


def _without_media(parts: "list[message_pb2.ContentPart]") -> None:
    for part in parts:
        if part.HasField("media"):
            part.media.ClearField("data")
        if part.HasField("tool_result"):
            _without_media(list(part.tool_result.parts))


@pytest.mark.parametrize("name", ["everything", *CONVERSATIONS])
def test_as_protobuf_writes_it(name: str) -> None:
    """Whatever a request holds, its JSON is protobuf's own without the bytes of media; a cut one begins so."""
    asked = {**CONVERSATIONS, "everything": _EVERYTHING}[name]
    bare = completion_pb2.CompleteRequest()
    bare.CopyFrom(asked)
    for message in bare.messages:
        _without_media(list(message.parts))
    expected = MessageToJson(bare, preserving_proto_field_name=True, ensure_ascii=False, indent=None)
    size = len(expected.encode())

    assert (expected, False) == first_bytes(asked, _PLENTY)
    assert (expected, False) == first_bytes(asked, size)
    for most in (0, 1, size // 2, size - 1):
        assert (expected.encode()[:most].decode(errors="ignore"), True) == first_bytes(asked, most)


def _fastest(work: Callable[[], object]) -> float:
    """Return the seconds of the best of five."""
    took = []
    for _ in range(5):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


def test_what_is_cut_off_costs_nothing() -> None:
    """Of 100,000 parts those that are kept are written."""
    asked = request("x", "a")
    asked.messages[0].parts.extend([message_pb2.ContentPart(text="a")] * 100_000)
    short = _fastest(lambda: text_row("c1", asked, None, 10_000))

    assert short * 10 < _fastest(lambda: text_row("c1", asked, None, _PLENTY))


def test_media_are_not_copied() -> None:
    """The size of a medium makes no difference."""
    asked = request("x", "a")
    asked.messages[0].parts.add(media=message_pb2.Media(mime_type="image/png", data=bytes(64_000_000)))
    copied = _fastest(lambda: completion_pb2.CompleteRequest().CopyFrom(asked))

    assert _fastest(lambda: text_row("c1", asked, None, 10_000)) * 5 < copied
