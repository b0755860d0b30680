"""`llmrpc usage savings`."""

import json
from pathlib import Path

from client_command import llmrpc
from fault_provider import ThreadedFaultProvider
from gateway import request, running
from llmrpc_server.money import picos_of
from money.books import priced

_CONFIG = """
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}
  elsewhere: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}
routes: {{default: [openai/gpt-4o, elsewhere/acme/gpt-4o]}}
prices:
  openai/gpt-4o: {{input: 2.50, output: 10}}
  elsewhere/acme/gpt-4o: {{input: 1, output: 1}}
ledger: {{url: "sqlite:///{file}"}}
"""


async def test_savings(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Repeated requests and a dearer target of the same model are named, with what they cost more, largest first."""
    file = tmp_path / "books.db"
    prices = {"openai/*": {"input": 2.50, "output": 10}}
    async with running(priced(faults, f"sqlite:///{file}", prices=prices)) as gateway:
        asked = [request("openai/gpt-4o", text) for text in ("a", "a", "a", "b", "c")]
        books = [(await gateway.completion.Complete(one)).accounting for one in asked]
    config = tmp_path / "llmrpc.yaml"
    config.write_text(_CONFIG.format(base=faults.base_url, file=file))
    environment = {"TEST_KEY": "sk-1"}

    found = json.loads(await llmrpc("usage", "savings", "--config", str(config), "--json", env=environment))
    told = await llmrpc("usage", "savings", "--config", str(config), env=environment)

    spent = sum(picos_of(book.cost) for book in books)
    elsewhere = sum(book.usage.input_tokens + book.usage.output_tokens for book in books) * 1_000_000
    assert [
        (spent - elsewhere, "openai/gpt-4o: 5 calls; the same model is cheaper at elsewhere/acme/gpt-4o"),
        (
            2 * picos_of(books[0].cost),
            "route openai/gpt-4o: 2 calls repeated an earlier request; cache: {ttl: ...} answers them",
        ),
    ] == [(saving["picos"], saving["advice"]) for saving in found]
    assert 2 == len(told.splitlines())
