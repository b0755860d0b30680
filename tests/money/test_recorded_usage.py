"""What the vendors said they counted is what stands on the ledger."""

from pathlib import Path

import pytest

from gateway import request, running
from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.ledger.rows import TOKENS
from money.books import rows
from replay.expected import expected
from replay.reading import Answer
from replay.recordings import KINDS, recordings
from replay.server import serving


async def test_the_ledger_holds_the_recordings_counts(tmp_path: Path) -> None:
    """Over all recorded answers the ledger's counts are those that an independent reading of the bytes finds."""
    answers = {one.name: found for one in recordings() if isinstance(found := expected(one), Answer)}
    if not answers:
        pytest.skip("no recordings: ../shared/wire is absent")
    file = tmp_path / "books.db"
    told = {}
    async with serving(recordings(), piece=1000) as address:
        providers = {kind: {"kind": kind, "base_url": address} for kind in KINDS.values()}
        config = {"providers": providers, "routes": {"default": ["openai/any"]}}
        async with running({**config, "ledger": {"url": f"sqlite:///{file}"}}) as gateway:
            for recording in (one for one in recordings() if one.name in answers):
                asked = request(f"{recording.kind}/{recording.name}", routing={"max_attempts": 1})
                asked.stream.on_interruption = completion_pb2.INTERRUPTION_POLICY_RESTART
                rpc = gateway.completion.StreamComplete(asked) if recording.streamed else None
                if rpc is None:
                    answer = await gateway.completion.Complete(asked)
                else:
                    answer = [event async for event in rpc][-1].completed
                told[answer.accounting.call_id] = recording.name

    entered = {row["call_id"]: row for row in rows(file, "SELECT * FROM calls")}
    assert told.keys() == entered.keys()
    checked = 0
    for call_id, name in told.items():
        row, usage = entered[call_id], answers[name].usage
        if usage is None:
            assert accounting_pb2.USAGE_SOURCE_ESTIMATED == row["usage_source"], name
            continue
        counts = [getattr(usage, field.removesuffix("_tokens")) for field in TOKENS]
        assert counts == [row[field] for field in TOKENS], name
        checked += 1
    assert checked >= 100
