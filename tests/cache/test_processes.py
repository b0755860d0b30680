"""Two server processes that share memcached, and the command line."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from cache.calls import HIT, MISS, asked
from fault_provider import ThreadedFaultProvider
from gateway import LLMRPC, GatewayProcess, serving
from llmrpc.v1 import completion_pb2, completion_pb2_grpc
from memcached import Memcached

Two = tuple[GatewayProcess, GatewayProcess]

_CONFIG = """
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}
routes:
  default: {{targets: [openai/gpt-4o], cache: {{ttl: 1h}}}}
  slow: {{targets: ["openai/slow-first=1s"], cache: {{ttl: 1h}}}}
cache: {{memcached: [{nodes}], timeout: 10s}}
"""


@pytest.fixture
def two(faults: ThreadedFaultProvider, nodes: list[Memcached], tmp_path: Path) -> Iterator[Two]:
    """Run two servers that share memcached and keep copies of their own."""
    addresses = ", ".join(node.address for node in nodes)
    text = _CONFIG.format(base=faults.base_url, nodes=addresses)
    (tmp_path / "llmrpc.yaml").write_text(text, encoding="utf-8")
    with ExitStack() as stack:
        yield (
            stack.enter_context(serving(cwd=tmp_path, env={"TEST_KEY": "sk-test-1"})),
            stack.enter_context(serving(cwd=tmp_path, env={"TEST_KEY": "sk-test-1"})),
        )


def complete(server: GatewayProcess, wanted: completion_pb2.CompleteRequest) -> completion_pb2.CompleteResponse:
    """Ask one server."""
    with grpc.insecure_channel(server.address) as channel:
        answer: completion_pb2.CompleteResponse = completion_pb2_grpc.CompletionServiceStub(channel).Complete(
            wanted, timeout=30
        )
        return answer


def command(server: GatewayProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command against one server."""
    return subprocess.run(
        [LLMRPC, "cache", *arguments, "--address", server.address],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def served(server: GatewayProcess, wanted: completion_pb2.CompleteRequest) -> completion_pb2.CompleteResponse:
    """Ask until the answer is a stored one: the other server stores it after it has answered."""
    while (answer := complete(server, wanted)).accounting.cache.status != HIT:
        pass
    return answer


def test_what_one_has_the_other_serves(two: Two, faults: ThreadedFaultProvider) -> None:
    """An answer that one process made is a hit at the other, until somebody invalidates it at either of them."""
    wanted = asked("", tags=["nightly"])
    made = complete(two[0], wanted)
    hit = served(two[1], wanted)
    assert made.accounting.call_id == served(two[0], wanted).accounting.cache.origin_call_id
    told = command(two[1], "invalidate", "--tag", "nightly")
    after = complete(two[0], wanted)

    assert (0, "", "") == (told.returncode, told.stdout, told.stderr)
    assert (MISS, HIT, MISS) == tuple(one.accounting.cache.status for one in (made, hit, after))
    assert made.message == hit.message


def test_identical_calls_at_both(two: Two, faults: ThreadedFaultProvider) -> None:
    """Of 200 identical calls at two processes at the same time at most one at each asks; all get a complete answer."""
    wanted = asked("slow")
    with ExitStack() as stack:
        channels = [stack.enter_context(grpc.insecure_channel(server.address)) for server in two]
        stubs = [completion_pb2_grpc.CompletionServiceStub(channel) for channel in channels]
        calls = [stub.Complete.future(wanted, timeout=60) for _ in range(100) for stub in stubs]
        answers = [call.result() for call in calls]

    assert len(faults.attempts) <= 2
    assert len(faults.attempts) == sum(answer.accounting.attempts_total for answer in answers)
    assert {completion_pb2.FINISH_REASON_STOP} == {answer.finish_reason for answer in answers}


def test_stats_command(two: Two, nodes: list[Memcached]) -> None:
    """`llmrpc cache stats` tells the counts by route, and how each store is."""
    complete(two[0], asked(""))
    served(two[0], asked(""))
    told = command(two[0], "stats")

    lines = [line.split("\t") for line in told.stdout.splitlines()]
    assert "route" == lines[0][0]
    assert "default" == lines[1][0]
    assert int(lines[1][1]) > 0
    assert {"local: ok", *(f"{node.address}: ok" for node in nodes)} == {line[0] for line in lines[2:]}
    assert '"routes"' in command(two[0], "stats", "--json").stdout


def test_one_scope_at_a_time(two: Two) -> None:
    """`llmrpc cache invalidate` wants exactly one scope, and tells which there are."""
    for arguments in ((), ("--all", "--tag", "t")):
        told = command(two[0], "invalidate", *arguments)
        assert 2 == told.returncode
        assert "--tenant" in told.stderr
