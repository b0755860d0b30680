"""Faults in an unstreamed answer."""

import re

import pytest

from fault_provider import FaultProvider
from faults.wire import ANTHROPIC, PATHS, ask, connected, request_for


@PATHS
@pytest.mark.parametrize(("model", "ending"), [("cut@5", "FIN"), ("reset@5", "RST"), ("truncate@5", "FIN")])
async def test_breaking_off_a_whole_answer(provider: FaultProvider, path: str, model: str, ending: str) -> None:
    """Less arrives than content-length says; only with `truncate` the length is right and the JSON is not."""
    raw = await ask(provider, path, model, stream=False)
    length = re.search(r"content-length: (\d+)", raw.head)

    assert length is not None
    assert ending == raw.ending
    assert (model == "truncate@5") == (int(length[1]) == len(raw.sent))
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Extra"):
        _ = raw.json


@PATHS
async def test_stalling_in_a_whole_answer(provider: FaultProvider, path: str) -> None:
    """`stall@N` sends headers and part of the body, then nothing."""
    async with connected(provider) as (reader, writer):
        writer.write(request_for(path, "stall@1", stream=False))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert b"{" == await reader.readexactly(1)
        assert "running" == provider.attempts[0].outcome
    await provider.wait_until(lambda attempts: attempts[0].outcome == "client_gone")


@PATHS
async def test_errors_in_a_whole_answer(provider: FaultProvider, path: str) -> None:
    """`error@N` is the error's own status, `malformed@N` a 200 that is not JSON."""
    failed, malformed = [await ask(provider, path, m, stream=False) for m in ("error@3", "malformed@1")]

    assert (529 if path == ANTHROPIC else 503) == failed.status
    assert 200 == malformed.status
    with pytest.raises(ValueError, match="Expecting"):
        _ = malformed.json
