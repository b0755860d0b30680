"""The real model takes over a stream that broke off: it goes on from what was said."""

from fault_provider import ThreadedFaultProvider, canonical_text
from gateway import faulty, running
from llmrpc.v1 import completion_pb2
from llmrpc_server.local_model import weights
from survival.asking import CONTINUE, scripted, see


async def test_the_real_model_goes_on(faults: ThreadedFaultProvider) -> None:
    """The words that were sent are the beginning of its answer, and more words of its own follow."""
    weights.fetch()
    config = faulty(faults)
    config["providers"]["local"] = {"kind": "local"}
    primary = scripted(faults, "cut@5")
    short = completion_pb2.GenerationConfig(temperature=0, max_output_tokens=24)
    async with running(config) as gateway:
        targets = [f"openai/{primary}", f"local/{weights.NAME}"]
        seen = await see(gateway, targets, stream=CONTINUE, deadline=60, config=short)

    begun = " ".join(canonical_text().split(" ")[:4])
    assert ("OK", ["FIRST", "CONTINUATION"]) == (seen.code, seen.causes)
    assert "output_reset" not in seen.events
    assert seen.text == seen.whole
    assert seen.whole.startswith(begun)
    assert len(seen.whole.split()) > len(begun.split()) + 4
