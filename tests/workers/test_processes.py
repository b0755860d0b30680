"""`llmrpc serve --workers 2` with real signals, memcached and calls."""

import asyncio
import contextlib
import json
import os
import signal
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import GatewayProcess, channel_to, free_port, request
from llmrpc.v1 import completion_pb2_grpc
from llmrpc_server.database import Database
from llmrpc_server.ledger.tables import calls
from memcached import Memcached
from money.load import Load
from workers.command import connections, two_workers, write_config
from workers.made_up import alive, children

Samples = dict[tuple[str, str], float]


@pytest.fixture(scope="module")
def metrics_port() -> int:
    """Return a free port."""
    return free_port()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for several tests."""
    return tmp_path_factory.mktemp("two-workers")


@pytest.fixture(scope="module")
def server(
    fault_server: ThreadedFaultProvider, memcached: Memcached, folder: Path, metrics_port: int
) -> Iterator[GatewayProcess]:
    """Run two workers for several tests, with a Prometheus endpoint."""
    write_config(folder, fault_server, memcached)
    with two_workers(folder, "--metrics", f"127.0.0.1:{metrics_port}") as server:
        yield server


@contextlib.asynccontextmanager
async def reaching_both(server: GatewayProcess, at_least: int = 1) -> AsyncIterator[list[Any]]:
    """Open connections until each worker has so many, and make stubs of them."""
    async with contextlib.AsyncExitStack() as stack:
        stubs: list[Any] = []
        while min((found := connections(server)).values()) < at_least or len(found) < 2:
            assert len(stubs) < 100
            channel = await stack.enter_async_context(channel_to(server.address))
            await asyncio.wait_for(channel.channel_ready(), 30)
            stubs.append(completion_pb2_grpc.CompletionServiceStub(channel))
        yield stubs


def page(port: int) -> Samples:
    """Ask the Prometheus endpoint; return the sums over all labels but the worker's."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            place = sample.name, sample.labels["worker"]
            found[place] = found.get(place, 0) + sample.value
    return found


async def test_workers_share_cache_and_port(
    server: GatewayProcess, faults: ThreadedFaultProvider, metrics_port: int
) -> None:
    """Both take calls on the one port, one's answer is the other's hit, and both are counted at the one endpoint."""
    before = await asyncio.to_thread(page, metrics_port)
    async with reaching_both(server) as stubs:
        for stub in stubs:
            await stub.Complete(request("kept"), timeout=30)
    after = await asyncio.to_thread(page, metrics_port)

    started = [
        after.get(place, 0) - before.get(place, 0)
        for place in (("grpc_server_started_total", str(n)) for n in range(2))
    ]
    assert 1 == len(faults.attempts)
    assert all(started)
    assert len(stubs) == sum(started)
    assert [1, 1] == [after["llmrpc_worker_up", str(n)] for n in range(2)]


async def test_a_worker_that_hangs_is_left_out(server: GatewayProcess, metrics_port: int) -> None:
    """One that does not say what it counts is shown as down; the other one's series are there."""
    hanging = children(server.pid)[0]
    os.kill(hanging, signal.SIGSTOP)
    try:
        during = await asyncio.to_thread(page, metrics_port)
    finally:
        os.kill(hanging, signal.SIGCONT)
    after: Samples = {}
    async with asyncio.timeout(30):
        while not all(after.get(("llmrpc_worker_up", str(n))) for n in range(2)):
            after = await asyncio.to_thread(page, metrics_port)

    up = [during["llmrpc_worker_up", str(n)] for n in range(2)]
    there = [("llmrpc_ledger_up", str(n)) in during for n in range(2)]
    assert [0, 1] == sorted(up)
    assert [value == 1 for value in up] == there
    assert {("llmrpc_ledger_up", "0"), ("llmrpc_ledger_up", "1")} <= after.keys()


async def test_another_configuration(server: GatewayProcess, folder: Path) -> None:
    """Each worker goes over to it when its supervisor gets SIGHUP; the processes stay."""
    workers = children(server.pid)
    server.send(signal.SIGHUP)
    told: list[int] = []
    async with asyncio.timeout(30):
        while len(told) < 2:
            lines = (folder / "log").read_text(encoding="utf-8").splitlines()
            told = [json.loads(line)["worker"] for line in lines if "the configuration was reloaded" in line]
            await asyncio.sleep(0.01)

    assert [0, 1] == sorted(told)
    assert workers == children(server.pid)


async def test_a_drain_breaks_no_stream(faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path) -> None:
    """SIGTERM to all processes at once, as systemd sends it, lets every stream finish; the exit code is 0."""
    write_config(tmp_path, faults, memcached)
    with two_workers(tmp_path) as server:
        async with reaching_both(server, at_least=2) as stubs:
            streams = [asyncio.create_task(_read(stub)) for stub in stubs]
            await faults.wait_until(lambda attempts: len(attempts) == len(stubs))
            for pid in (*children(server.pid), server.pid):
                os.kill(pid, signal.SIGTERM)
            texts = await asyncio.gather(*streams)
            code = await asyncio.to_thread(server.wait)
        events = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]

    assert [CANONICAL_TEXT] * len(stubs) == texts
    assert 0 == code
    assert {0, 1} == {event["worker"] for event in events if event["event"] == "rpc"}
    assert [0, 1] == sorted(event["worker"] for event in events if event["event"] == "stopped")


async def test_a_drain_while_one_starts(faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path) -> None:
    """A worker that is just about to take a dead one's place drains, too, when SIGTERM comes to all processes."""
    write_config(tmp_path, faults, memcached)
    with two_workers(tmp_path) as server:
        before = children(server.pid)
        os.kill(before[0], signal.SIGKILL)
        await _until(lambda: len(set(children(server.pid)) - set(before)) == 1)
        for pid in (*children(server.pid), server.pid):
            os.kill(pid, signal.SIGTERM)

        assert 0 == await asyncio.to_thread(server.wait)


async def test_a_second_signal_ends_at_once(
    faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path
) -> None:
    """Calls under way at all workers are ended by it, their callers are told, and the exit code is 0."""
    write_config(tmp_path, faults, memcached)
    with two_workers(tmp_path) as server:
        async with reaching_both(server) as stubs:
            silent = [stub.Complete(request("openai/silent"), timeout=100) for stub in stubs]
            await faults.wait_until(lambda attempts: len(attempts) == len(stubs))
            server.send(signal.SIGINT)
            await _until(lambda: (tmp_path / "log").read_text(encoding="utf-8").count('"event":"draining"') == 2)
            server.send(signal.SIGINT)
            code = await asyncio.to_thread(server.wait)
            codes = [await call.code() for call in silent]

    assert 0 == code
    # Whether the stream's reset or the connection's end arrives first is the network's to say.
    assert {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED} >= set(codes)


async def test_a_killed_supervisor(faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path) -> None:
    """Workers that lost it finish what is under way, and end."""
    write_config(tmp_path, faults, memcached)
    with two_workers(tmp_path) as server:
        workers = children(server.pid)
        async with reaching_both(server) as stubs:
            streams = [asyncio.create_task(_read(stub)) for stub in stubs]
            await faults.wait_until(lambda attempts: len(attempts) == len(stubs))
            server.send(signal.SIGKILL)
            texts = await asyncio.gather(*streams)
            await _until(lambda: not any(map(alive, workers)))

    assert [CANONICAL_TEXT] * len(stubs) == texts


async def _read(stub: Any) -> str:
    call = stub.StreamComplete(request("openai/slow-tokens=100ms"), timeout=60)
    events = [event async for event in call]
    assert events[-1].HasField("completed")
    return "".join(event.part_delta.text for event in events)


async def test_a_killed_worker(faults: ThreadedFaultProvider, memcached: Memcached, tmp_path: Path) -> None:
    """Calls at the other worker go on, the place is taken anew, and each answer that arrived is on the ledger, once."""
    write_config(tmp_path, faults, memcached)
    with two_workers(tmp_path) as server:
        async with reaching_both(server, at_least=2) as stubs:
            loads, over = [Load() for _ in stubs], asyncio.Event()
            calling = [asyncio.create_task(_call(load, stub, over)) for load, stub in zip(loads, stubs, strict=True)]
            await _until(lambda: all(len(load.answered) > 3 for load in loads))
            (killed, _), (other, safe) = connections(server).items()
            os.kill(killed, signal.SIGKILL)
            await _until(lambda: any(load.failed for load in loads))
            answered = [len(load.answered) for load in loads]
            await _until(lambda: all(len(load.answered) > n + 3 for load, n in zip(loads, answered, strict=True)))
            await _until(lambda: len(set(children(server.pid)) - {killed}) == 2)
            over.set()
            await asyncio.gather(*calling)
        wanted = {call for load in loads for call in load.answered}
        on_ledger = await _books(tmp_path, wanted)
        survivors = children(server.pid)
        server.send(signal.SIGTERM)
        code = await asyncio.to_thread(server.wait)

    assert {grpc.StatusCode.UNAVAILABLE} == {status for load in loads for status in load.failed}
    assert sum(not load.failed for load in loads) >= safe
    assert wanted <= set(on_ledger)
    assert len(on_ledger) == len(set(on_ledger))
    assert other in survivors
    assert 0 == code


async def _call(load: Load, stub: Any, over: asyncio.Event) -> None:
    while not over.is_set():
        await load.one(stub, "openai/slow-first=60ms")


async def _until(true: Any) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


async def _books(folder: Path, wanted: set[str]) -> list[str]:
    """Read whose books are on the ledger once those are that are wanted."""
    database = Database(f"sqlite:///{folder}/llmrpc.db", [])
    try:
        async with asyncio.timeout(30):
            while True:
                async with database.reading() as connection:
                    found = list((await connection.execute(select(calls.c.call_id))).scalars())
                if wanted <= set(found):
                    return found
                await asyncio.sleep(0.05)
    finally:
        await database.close()
