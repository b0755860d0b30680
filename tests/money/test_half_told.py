"""A provider that says half of what it used: what lacks is counted here."""

import json
from pathlib import Path

import pytest

from fault_provider import Behaviour, ThreadedFaultProvider
from gateway import request, running
from llmrpc.v1 import accounting_pb2
from llmrpc_server.money import picos_of
from money.books import OPENAI_INPUT, OPENAI_OUTPUT, priced, row_of


@pytest.mark.parametrize(
    "usage",
    [
        {"total_tokens": 99},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 700},
        {"completion_tokens": 80},
    ],
)
async def test_half_a_usage(faults: ThreadedFaultProvider, tmp_path: Path, usage: dict[str, int]) -> None:
    """Of a usage that lacks a count, or says that nothing was read, the rest is counted here, and it is marked so."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "The sky is blue."}}
    answer = {"object": "chat.completion", "choices": [choice], "usage": usage}
    faults.script("half", [Behaviour(status=200, body=json.dumps(answer).encode())])
    file = tmp_path / "books.db"

    async with running(priced(faults, f"sqlite:///{file}")) as gateway:
        books = (await gateway.completion.Complete(request("openai/half"))).accounting
        used, row = books.usage, await row_of(file, books.call_id)

    assert accounting_pb2.USAGE_SOURCE_ESTIMATED == used.source == row["usage_source"]
    assert (usage.get("prompt_tokens") or used.input_tokens) == used.input_tokens > 0
    assert (usage.get("completion_tokens") or used.output_tokens) == used.output_tokens > 0
    assert OPENAI_INPUT * used.input_tokens + OPENAI_OUTPUT * used.output_tokens == picos_of(books.cost)
