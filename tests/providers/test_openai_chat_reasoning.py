"""Reasoning in a Chat Completions answer, in its vendors' several fields."""

import pytest

from providers.openai_chat_bodies import Fields, calling, piece, stream, told, whole


def text(words: str, **fields: object) -> Fields:
    """Write a piece of OpenRouter's details."""
    return {"type": "reasoning.text", "text": words, "index": 0, **fields}


SEALED: Fields = {"type": "reasoning.encrypted", "data": "gAAA", "id": "rs_1", "index": 0}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"reasoning_content": "Hm."}, [("reasoning", "Hm.")]),
        ({"reasoning": "Hm."}, [("reasoning", "Hm.")]),
        ({"reasoning": "Hm.", "reasoning_content": "Hm."}, [("reasoning", "Hm.")]),
        ({"reasoning": "", "reasoning_content": None}, []),
        # Details repeat the reasoning; where they do not, they are it.
        ({"reasoning": "Hm.", "reasoning_details": [text("Hm.")]}, [("reasoning", "Hm.")]),
        ({"reasoning_details": [text("Hm."), {"type": "reasoning.summary", "summary": "!"}]}, [("reasoning", "Hm.!")]),
        # Mistral's list.
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True},
                    {"type": "thinking", "thinking": [{"type": "text", "text": " So."}]},
                    {"type": "text", "text": "Hi"},
                ]
            },
            [("reasoning", "Hm. So."), ("text", "Hi")],
        ),
        ({"content": [{"type": "thinking", "thinking": "Hm."}]}, [("reasoning", "Hm.")]),
    ],
)
def test_reasoning(message: Fields, said: list[tuple[str, str]]) -> None:
    """Each vendor's field is read once, whole or in a stream."""
    assert said == told(whole(message)).said
    assert said == told(stream(message)).said


@pytest.mark.parametrize(
    ("details", "kept"),
    [
        (
            [[text("", signature="")], [text("Hm")], [text(".")], [text("", signature="sig", format="f")]],
            [text("Hm.", signature="sig", format="f")],
        ),
        ([[text("Hm."), text("So.", index=1)]], [text("Hm."), text("So.", index=1)]),
        ([[text("Hm.")], [text("So.", index=None)]], [text("Hm."), text("So.", index=None)]),
        ([[text("Hm.")], [SEALED]], [text("Hm."), SEALED]),
        # What is sealed comes whole: two are two.
        ([[text("Hm."), SEALED], [{**SEALED, "data": "gBBB"}]], [text("Hm."), SEALED, {**SEALED, "data": "gBBB"}]),
    ],
)
def test_details(details: list[list[Fields]], kept: list[Fields]) -> None:
    """Pieces are put together by index: what OpenRouter must get back is what an unstreamed answer would have held."""
    deltas = [{"content": "", "reasoning_details": some} for some in details]
    answer = told(stream({"reasoning": "Hm."}, *deltas, {"content": "Hi"}))

    assert ["Hm.", ""] == [part.reasoning.text for part in answer.parts]
    assert [{"reasoning_details": kept}, {}] == answer.states


@pytest.mark.parametrize(
    "deltas",
    [
        [{"content": "", "reasoning_details": [SEALED]}, {"content": "Hi"}],
        [{"content": "Hi", "reasoning_details": [SEALED]}],
    ],
)
def test_sealed_reasoning(deltas: list[Fields]) -> None:
    """Reasoning without a word is a part all the same: what goes back must not be lost."""
    answer = told(stream(*deltas))
    hidden, spoken = answer.parts

    assert ("", True, "Hi") == (hidden.reasoning.text, hidden.reasoning.redacted, spoken.text)
    assert [{"reasoning_details": [SEALED]}, {}] == answer.states


def test_late_details() -> None:
    """Details that come after the text belong to a part of their own: the first was told as ended."""
    answer = told(stream({"reasoning": "Hm."}, {"content": "Hi"}, {"content": "!", "reasoning_details": [SEALED]}))

    assert [("reasoning", "Hm."), ("text", "Hi!"), ("reasoning", "")] == answer.said
    assert [{}, {}, {"reasoning_details": [SEALED]}] == answer.states


def test_details_after_a_tool_call() -> None:
    """A tool call leaves the reasoning open for what still comes of it."""
    deltas: list[Fields] = [{"reasoning": "Hm."}, calling(piece(0, "1", "look", "{}")), {"reasoning_details": [SEALED]}]

    assert [{"reasoning_details": [SEALED]}, {}] == told(stream(*deltas)).states


def test_each_reasoning_has_its_own_details() -> None:
    """Details go with the reasoning that they came with."""
    deltas: list[Fields] = [
        {"reasoning": "Hm.", "reasoning_details": [text("Hm.")]},
        {"content": "Hi"},
        {"reasoning": "So.", "reasoning_details": [text("So.")]},
    ]

    assert [[text("Hm.")], None, [text("So.")]] == [
        state.get("reasoning_details") for state in told(stream(*deltas)).states
    ]


def test_details_that_say_nothing() -> None:
    """Empty details are no reasoning."""
    assert [("text", "Hi")] == told(stream({"content": "Hi", "reasoning_details": [text("", signature="")]})).said
    assert [{}] == told(stream({"content": "Hi", "reasoning_details": []})).states


def test_a_signature_in_a_block() -> None:
    """Mistral signs a block of thinking."""
    block = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "signature": "sig"}

    assert [{"signature": "sig"}] == told(whole({"content": [block]})).states
