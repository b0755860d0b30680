"""Scripts of behaviours, and the HTTP interface for scripts and log."""

import json

import pytest

from fault_provider import CANONICAL_TEXT, Behaviour, BehaviourError, FaultProvider
from faults.wire import ANTHROPIC, OPENAI, ask, exchange, http


async def test_a_script_gives_successive_requests_their_behaviours(provider: FaultProvider) -> None:
    """Steps may be grammar, behaviours with any header and body, or raw bytes; the last repeats."""
    teapot = Behaviour(status=418, headers={"x-tea": "green"}, body=b"short and stout")
    provider.script("m", ["status=503", teapot, b"HTTP/1.1 200 OK\r\n\r\nnonsense", "ok"])
    answers = [await ask(provider, OPENAI, "m") for _ in range(5)]

    assert [503, 418, 200, 200, 200] == [raw.status for raw in answers]
    assert ("x-tea: green" in answers[1].head, b"short and stout") == (True, answers[1].sent)
    assert b"HTTP/1.1 200 OK\r\n\r\nnonsense" == answers[2].data
    assert [CANONICAL_TEXT] * 2 == [raw.text for raw in answers[3:]]
    with pytest.raises(BehaviourError):
        provider.script("m", [])


async def test_raw_bytes_can_end_as_one_likes(provider: FaultProvider) -> None:
    """Half a header, then RST."""
    provider.script("m", [Behaviour(raw=b"HTTP/1.1 200 OK\r\nconte", hang_up="reset")])
    raw = await ask(provider, OPENAI, "m")

    assert (b"HTTP/1.1 200 OK\r\nconte", "RST") == (raw.data, raw.ending)


async def test_scripts_and_log_over_http(provider: FaultProvider) -> None:
    """Other languages put scripts and read the log over HTTP; model names are URL-encoded."""
    steps = [
        {"status": 418, "headers": {"X-Tea": 1}, "body": {"a": 1}},
        {"raw": "HTTP/1.0 200 OK\r\n\r\nx"},
        "cut@1",
    ]
    put = await exchange(provider, http("PUT", "/script/a%2Fb", json.dumps(steps).encode()))
    answers = [await ask(provider, ANTHROPIC, "a/b") for _ in range(3)]
    log = await exchange(provider, http("GET", "/log"))
    cleared = await exchange(provider, http("DELETE", "/log"))

    assert (204, 204) == (put.status, cleared.status)
    assert (418, {"a": 1}, True) == (answers[0].status, answers[0].json, "x-tea: 1" in answers[0].head)
    assert (b"HTTP/1.0 200 OK\r\n\r\nx", "The") == (answers[1].data, answers[2].text)
    assert ["refused", "scripted", "cut"] == [attempt["outcome"] for attempt in log.json]
    assert ["a/b"] * 3 == [attempt["body"]["model"] for attempt in log.json]
    assert [] == provider.attempts


@pytest.mark.parametrize("script", ["{", "{}", "[]", "[1]", '["cut@x"]', '[{"status": "x"}]', '[{"stat": 1}]'])
async def test_malformed_scripts_are_400(provider: FaultProvider, script: str) -> None:
    """A malformed script is refused whole."""
    assert 400 == (await exchange(provider, http("PUT", "/script/m", script.encode()))).status
    assert 200 == (await ask(provider, OPENAI, "m")).status


async def test_unknown_paths_are_404_and_name_the_known(provider: FaultProvider) -> None:
    """A wrong base URL explains itself."""
    raw = await exchange(provider, http("POST", "/chat/completions", b"{}"))

    assert (404, True) == (raw.status, OPENAI in raw.json["error"]["message"])


async def test_what_is_not_http_is_400(provider: FaultProvider) -> None:
    """Garbage is answered, not crashed on."""
    assert 400 == (await exchange(provider, b"hello\r\n\r\n")).status
