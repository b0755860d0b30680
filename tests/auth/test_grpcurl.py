"""A client of another make over TLS: grpcurl, which speaks gRPC as Go does."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import toolchains
from auth.book import Book
from certificates import Authority
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import faulty, running

BODY = '{"messages": [{"role": "ROLE_USER", "parts": [{"text": "Why is the sky blue?"}]}]}'
METHODS = ["llmrpc.v1.CompletionService/Complete", "llmrpc.v1.CompletionService/StreamComplete"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Make an authority."""
    return Authority(tmp_path)


async def grpcurl(authority: Authority, address: str, method: str, *options: str) -> tuple[str, str]:
    """Call a method; return what is printed, and the complaints."""
    command = [toolchains.require("grpcurl"), "-cacert", str(authority.bundle), *options, "-d", BODY, address, method]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    printed, complaints = await process.communicate()
    return printed.decode(), complaints.decode()


@pytest.mark.parametrize("method", METHODS)
async def test_a_key_over_tls(faults: ThreadedFaultProvider, authority: Authority, book: Book, method: str) -> None:
    """The server's certificate is good for it, and a key in the metadata lets it in; reflection too."""
    tls, header = authority.pair("127.0.0.1").section, ("-H", f"authorization: Bearer {book.key()}")
    async with running({**faulty(faults), "server": {"tls": tls}, "auth": book.section}) as gateway:
        printed, _ = await grpcurl(authority, gateway.address, method, *header)
        _, refused = await grpcurl(authority, gateway.address, method)

    assert CANONICAL_TEXT in _texts(printed)
    assert "Unauthenticated" in refused


@pytest.mark.parametrize("method", METHODS)
async def test_a_certificate(faults: ThreadedFaultProvider, authority: Authority, method: str) -> None:
    """Its certificate lets it in; without one there is no connection."""
    tls = {**authority.pair("127.0.0.1").section, "client_ca": str(authority.bundle)}
    auth = {"certificates": [{"san": "batch.example.com", "tenant": "batch"}]}
    mine = authority.pair("batch.example.com", file="client")
    async with running({**faulty(faults), "server": {"tls": tls}, "auth": auth}) as gateway:
        shown = ("-cert", str(mine.cert), "-key", str(mine.key))
        printed, _ = await grpcurl(authority, gateway.address, method, *shown)
        # It tries a connection that is refused again and again, for ten seconds unless told otherwise.
        nothing, refused = await grpcurl(authority, gateway.address, method, "-connect-timeout", "2")

    assert CANONICAL_TEXT in _texts(printed)
    assert ("", True) == (nothing, bool(refused))


def _texts(printed: str) -> list[str]:
    """Return the texts of whole answers in what grpcurl printed."""
    decoder, at, found = json.JSONDecoder(), 0, list[str]()
    while at < len(printed):
        event: dict[str, Any]
        event, at = decoder.raw_decode(printed, at)
        at += len(printed[at:]) - len(printed[at:].lstrip())
        message = event.get("completed", event).get("message", {})
        found += [part["text"] for part in message.get("parts", ()) if "text" in part]
    return found
