"""Real-looking answers through the server: each gets its verdict; nothing rejected is returned, nothing is guessed."""

import json
from typing import Any

import grpc
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway
from llmrpc.v1 import completion_pb2
from output.asking import answering, complete, schema
from output.corpus.parsed import PARSED
from output.corpus.refused import MISFITS, UNREADABLE
from output.corpus.taken import AROUND, MENDED, WHOLE
from output.corpus.verdicts import ORDER_SCHEMA, Answers, Rejected

ORDERS: Answers = {**WHOLE, **AROUND, **MENDED, **UNREADABLE, **MISFITS}


async def verdict(gateway: Gateway, model: str, output: completion_pb2.OutputFormat) -> Any:
    """Return the value of an answer, or the reason why it has none."""
    output.max_repairs = 0
    try:
        answer = await complete(gateway, model, output)
    except grpc.aio.AioRpcError as error:
        return Rejected(f"{error.code().name}: {error.details()}")
    return json.loads(answer.parsed.json)


def agree(expected: Any, found: Any) -> bool:
    """Tell whether a verdict is the expected one; of a reason, whether it has the words."""
    if isinstance(expected, Rejected):
        words = found.words if isinstance(found, Rejected) else ""
        return words.startswith("FAILED_PRECONDITION") and expected.words in words
    return bool(expected == found)


async def test_orders(shaped: Gateway, faults: ThreadedFaultProvider) -> None:
    """Fences, prose, what can be mended, what cannot be read, what does not fit."""
    found = {text: await verdict(shaped, answering(faults, text), schema(ORDER_SCHEMA)) for text in ORDERS}

    assert [] == [(text, ORDERS[text], found[text]) for text in ORDERS if not agree(ORDERS[text], found[text])]


@pytest.mark.parametrize("parser", PARSED)
async def test_registered_parsers(shaped: Gateway, faults: ThreadedFaultProvider, parser: str) -> None:
    """Each registered parser reads what is meant and rejects the rest."""
    cases = PARSED[parser]
    asked = completion_pb2.OutputFormat(parser=parser)
    found = {text: await verdict(shaped, answering(faults, text), asked) for text in cases}

    assert [] == [(text, cases[text], found[text]) for text in cases if not agree(cases[text], found[text])]


def test_there_are_enough() -> None:
    """The corpus has at least three hundred answers, a good part of them to be taken."""
    assert len(ORDERS) + sum(map(len, PARSED.values())) >= 300
    assert len(WHOLE) + len(AROUND) + len(MENDED) >= 80


async def test_numbers_stay_as_they_were_written(shaped: Gateway, faults: ThreadedFaultProvider) -> None:
    """The value's JSON is the model's own, digit for digit, mended or not."""
    for text in ('{"a": 1.10, "b": 12345678901234567890}', '{"a": 1.10, "b": 12345678901234567890,}'):
        asked = completion_pb2.OutputFormat(json=completion_pb2.JsonFormat())
        answer = await complete(shaped, answering(faults, text), asked)

        assert "1.10" in answer.parsed.json
        assert "12345678901234567890" in answer.parsed.json


@pytest.mark.parametrize(
    ("parser", "text", "written"),
    [
        ("price", "19.90", "19.90"),
        ("price", "12", "12"),
        ("price", "9007199254740993", "9007199254740993"),
        ("price", "+1,234,567.1234567890123456789", "1234567.1234567890123456789"),
        ("price", "0.1", "0.1"),
        ("age", "42.0", "42"),
    ],
)
async def test_the_number_parser_rounds_nothing(
    shaped: Gateway, faults: ThreadedFaultProvider, parser: str, text: str, written: str
) -> None:
    """A number by itself is in the value's JSON with all its digits, and no others."""
    answer = await complete(shaped, answering(faults, text), completion_pb2.OutputFormat(parser=parser))

    assert written == answer.parsed.json
