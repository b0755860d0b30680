"""Cohere counts what its model read and wrote, and tells apart what it charges for: that is what a call costs."""

from pathlib import Path

import pytest

import loopback
from gateway import request, running
from llmrpc_server.config.document import FromOutside
from llmrpc_server.money import picos_of
from providers.cohere_bodies import START, Fields, block, chat, end, stream

_TOKENS = {"input_tokens": 505, "output_tokens": 107}
# USD for a million tokens, in picos for one.
_INPUT, _OUTPUT = 2_500_000, 10_000_000


def _answered(body: bytes, kind: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("billed", "picos"),
    [
        ({"input_tokens": 10, "output_tokens": 104}, 10 * _INPUT + 104 * _OUTPUT),
        ({"input_tokens": 10, "output_tokens": 0}, 10 * _INPUT),
        ({"input_tokens": -1, "output_tokens": 104}, 505 * _INPUT + 107 * _OUTPUT),
        ({"search_units": 1}, 505 * _INPUT + 107 * _OUTPUT),
        (None, 505 * _INPUT + 107 * _OUTPUT),
    ],
)
async def test_what_is_billed(tmp_path: Path, streaming: bool, billed: Fields | None, picos: int) -> None:
    """The cost is that of the billed units where they are told whole, the usage that of the tokens."""
    usage = {"billed_units": billed, "tokens": _TOKENS, "cached_tokens": 448}
    if streaming:
        body = stream(START, *block(0, "text", "Hi"), end("COMPLETE", usage=usage))
        said = _answered(body, "text/event-stream")
    else:
        said = _answered(chat({"content": [{"type": "text", "text": "Hi"}]}, usage=usage), "application/json")
    async with loopback.listening(loopback.saying(said)) as address:
        config = {
            "providers": {"cohere": {"kind": "cohere", "api_key": FromOutside("sk-1"), "base_url": address}},
            "routes": {"default": ["cohere/command-a"]},
            "prices": {"cohere/*": {"input": "2.50", "output": "10"}},
            "ledger": {"url": f"sqlite:///{tmp_path}/books.db"},
        }
        async with running(config) as gateway:
            if streaming:
                events = [event async for event in gateway.completion.StreamComplete(request())]
                books = events[-1].completed.accounting
            else:
                books = (await gateway.completion.Complete(request())).accounting

    assert (505, 107, 448) == (books.usage.input_tokens, books.usage.output_tokens, books.usage.cache_read_tokens)
    assert picos == picos_of(books.cost)
