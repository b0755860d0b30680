"""API keys: who is let in, as whom, and what those are told who are not."""

import asyncio
import time
from pathlib import Path

import grpc
import pytest
import structlog
from google.rpc import error_details_pb2

from auth.book import Book, id_of
from details import detail, failure_of
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, bearer, faulty, request, running
from llmrpc.v1 import model_pb2
from llmrpc_server.auth import key_file
from llmrpc_server.auth.keys import new_id, new_text
from llmrpc_server.config.loading import BadSetting


def _bad(book: Book) -> dict[str, tuple[tuple[str, str], ...]]:
    """Make credentials that are no good, each in its way."""
    good, other = book.key(), book.key()
    return {
        "missing": (),
        "empty": (("authorization", ""),),
        "no bearer": (("authorization", good),),
        "twice": (*bearer(good), *bearer(good)),
        "unknown": bearer(new_text(new_id())),
        "wrong": bearer(f"{good[:-1]}{'a' if good[-1] != 'a' else 'b'}"),
        "longer": bearer(good + "a"),
        "another's secret": bearer(other.replace(id_of(other), id_of(good))),
        "expired": bearer(book.key(expires_in=-1)),
        "revoked": bearer(book.key(revoked=True)),
        "no key": bearer("sk-something"),
        "not ASCII": bearer("llmrpc_\\u00e9"),
    }


async def test_all_that_is_no_good_looks_the_same(faults: ThreadedFaultProvider, book: Book) -> None:
    """Every bad credential is UNAUTHENTICATED with the same words, and no provider is asked."""
    bad = _bad(book)
    async with running({**faulty(faults), "auth": book.section}) as gateway:
        found = {
            name: await failure_of(gateway.completion.Complete(request(), metadata=metadata))
            for name, metadata in bad.items()
        }

    assert dict.fromkeys(bad, grpc.StatusCode.UNAUTHENTICATED) == {name: error.code() for name, error in found.items()}
    assert 1 == len({error.details() for error in found.values()})
    assert {"UNAUTHENTICATED"} == {detail(error, error_details_pb2.ErrorInfo).reason for error in found.values()}
    assert [] == faults.attempts


async def test_a_good_key_is_its_principal(faults: ThreadedFaultProvider, book: Book) -> None:
    """A call with a good key runs, streamed too, and the log tells tenant and public id, never the key."""
    key = book.key(tenant="shop", expires_in=60)
    async with running({**faulty(faults), "auth": book.section}) as gateway:
        with structlog.testing.capture_logs() as lines:
            await gateway.completion.Complete(request(), metadata=bearer(key))
            events = [event async for event in gateway.completion.StreamComplete(request(), metadata=bearer(key))]

    assert events[-1].HasField("completed")
    assert [("shop", id_of(key))] * 2 == [(line["tenant"], line["key"]) for line in lines if line["event"] == "rpc"]
    assert key not in str(lines)


_LIST = model_pb2.ListModelsRequest()


async def _until(gateway: Gateway, key: str, code: grpc.StatusCode) -> None:
    """Call with a key until that is the outcome."""
    while await gateway.models.ListModels(_LIST, metadata=bearer(key)).code() != code:
        await asyncio.sleep(0.01)


async def test_the_file_is_read_again(faults: ThreadedFaultProvider, book: Book) -> None:
    """A new key is let in and a revoked one refused without a restart; the change is on the audit log."""
    old = book.key()
    async with running({**faulty(faults), "auth": book.section}) as gateway:
        with structlog.testing.capture_logs() as lines:
            new = book.key()
            await _until(gateway, new, grpc.StatusCode.OK)
            book.revoke(old)
            await _until(gateway, old, grpc.StatusCode.UNAUTHENTICATED)

    changes = [line for line in lines if line.get("action") == "keys changed"]
    assert [[id_of(new)], []] == [line["added"] for line in changes]
    assert [[], [id_of(old)]] == [line["changed"] for line in changes]


async def test_a_bad_file_changes_nothing(faults: ThreadedFaultProvider, book: Book) -> None:
    """A file that can no longer be read leaves the keys as they were, and the log says so."""
    key = book.key()
    async with running({**faulty(faults), "auth": book.section}) as gateway:
        with structlog.testing.capture_logs() as lines:
            good = book.path.read_bytes()
            book.path.write_text("keys: [{id: nothing}]", encoding="utf-8")
            while not any(line["event"].startswith("a bad file") for line in lines):
                await _until(gateway, key, grpc.StatusCode.OK)
            book.path.write_bytes(good)
            await _until(gateway, book.key(), grpc.StatusCode.OK)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"keys: [", "is not YAML"),
        (b"\xff", "is not YAML"),
        (b"keys: [{id: 1}]", "keys.0.id"),
        (b"keyz: []", "keyz"),
        (b"", "is empty"),
    ],
)
def test_a_bad_file_says_what_is_wrong(content: bytes, problem: str) -> None:
    """What is wrong with a file of keys is told, quoting nothing of it."""
    with pytest.raises(ValueError, match=problem):
        key_file.parse(content)


async def test_no_file_no_server(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Without its file of keys the server does not start, and says how to make one."""
    config = {**faulty(faults), "auth": {"keys": str(tmp_path / "none.yaml")}}
    with pytest.raises(BadSetting, match="llmrpc keys create"):
        async with running(config):
            pass


def test_unknown_and_wrong_take_the_same_time(book: Book) -> None:
    """Whether a key exists cannot be told by how long its refusal takes."""
    for _ in range(50):
        book.key()
    keys = key_file.parse(book.path.read_bytes())
    known = next(iter(keys.keys))
    wrong, unknown = f"llmrpc_{known}_" + "a" * 43, f"llmrpc_{'0' * 12}_" + "a" * 43
    taken: dict[str, list[int]] = {wrong: [], unknown: []}
    for _ in range(300):
        for text, times in taken.items():
            began = time.perf_counter_ns()
            for _ in range(10):
                assert keys.find(text) is None
            times.append(time.perf_counter_ns() - began)

    # The fastest of many says what the work is; all else is the machine's.
    assert 0.5 < min(taken[wrong]) / min(taken[unknown]) < 2
