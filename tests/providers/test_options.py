"""A provider's own options."""

from typing import Any

import pytest

from llmrpc_server.providers.options import merge_options, owned_in

OWNED = frozenset({"model", "reasoning.effort", "text.format"})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"store": True}, []),
        ({"model": "x"}, ["model"]),
        ({"reasoning": {"summary": "auto"}}, []),
        ({"reasoning": {"summary": "auto", "effort": "low"}}, ["reasoning.effort"]),
        ({"reasoning": None, "text": [1]}, ["reasoning", "text"]),
        ({"modelling": 1, "reasoningx": 1}, []),
        ({"text": {"format": {}, "verbosity": "low"}, "model": 1}, ["text.format", "model"]),
    ],
)
def test_what_the_api_owns(options: dict[str, Any], expected: list[str]) -> None:
    """An option that would set what the request's own fields set is named; so is one that would replace it."""
    assert expected == list(owned_in(options, OWNED))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"text": {"format": 1}, "include": ["a"]}),
        ({"store": True}, {"text": {"format": 1}, "include": ["a"], "store": True}),
        ({"text": {"verbosity": "low"}}, {"text": {"format": 1, "verbosity": "low"}, "include": ["a"]}),
        ({"include": ["b", "a"]}, {"text": {"format": 1}, "include": ["a", "b"]}),
        ({"include": None}, {"text": {"format": 1}, "include": None}),
    ],
)
def test_merge_options(options: dict[str, Any], expected: dict[str, Any]) -> None:
    """Objects are merged, lists go on, anything else is replaced."""
    body: dict[str, Any] = {"text": {"format": 1}, "include": ["a"]}
    merge_options(body, options)

    assert expected == body
