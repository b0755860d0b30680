"""The supervisor, above workers that a test writes."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workers.made_up import alive, children, supervised, until

SERVES = "serves()\n"
# Ends with the second order.
DRAINS = f"{SERVES}ordered(); ordered()\n"
_ORDERED = '{"worker":%d,"event":"ordered %s"}'


def _orders(lines: list[str]) -> list[str]:
    return [line for line in lines if "ordered" in line]


def test_announced_when_all_serve(tmp_path: Path) -> None:
    """The first line of output is the first worker's, once, when the last one serves as well."""
    with supervised(tmp_path, "say('%d\\n' % os.getpid()); found('go'); serves(); say('served\\n'); ordered()") as it:
        until(lambda: len(children(it.process.pid)) == 2)
        assert [] == it.log()
        (tmp_path / "go").touch()
        first = it.announced()
        it.wait_until(lambda lines: len(lines) == 4)
        it.send(signal.SIGTERM)
        code = it.wait()
        assert it.process.stdout is not None
        rest = it.process.stdout.read()

    assert re.fullmatch(r"it serves on 127\.0\.0\.1:\d+\n", first)
    assert (0, "") == (code, rest)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_handed_on(tmp_path: Path, number: signal.Signals) -> None:
    """Each worker is told to drain by the first signal, and to end by the second; the whole ends with the last one."""
    with supervised(tmp_path, DRAINS) as it:
        it.announced()
        it.send(number)
        first = it.wait_until(lambda lines: len(_orders(lines)) == 2)
        ran = it.process.poll()
        it.send(number)
        code = it.wait()

    told = sorted(_ORDERED % (worker, number.name) for worker in range(2))
    assert (None, 0) == (ran, code)
    assert told == sorted(_orders(first))
    assert sorted(told * 2) == sorted(_orders(it.log()))
    assert f'"event":"workers draining","signal":"{number.name}"' in "\n".join(first)


def test_third_signal_ends_who_hangs(tmp_path: Path) -> None:
    """A worker that hears nothing holds up nobody who insists; the exit code tells how it ended."""
    with supervised(tmp_path, f"{SERVES}time.sleep(1000)") as it:
        it.announced()
        for _ in range(3):
            it.send(signal.SIGTERM)
            # The kernel makes one of two that come at once.
            until(lambda: not _pending(it.process.pid))
        assert 128 + signal.SIGKILL == it.wait()


def _pending(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return any(int(mask, 16) for mask in re.findall(r"^S(?:ig|hd)Pnd:\s*(\w+)", status, re.MULTILINE))


def test_a_terminal_reaches_the_supervisor_alone(tmp_path: Path) -> None:
    """Ctrl-C goes to a whole process group; a worker hears of it once, from the supervisor."""
    with supervised(
        tmp_path, f"signal.signal(signal.SIGINT, lambda *_: say('a signal\\n'))\n{DRAINS}", group=True
    ) as it:
        it.announced()
        os.killpg(it.process.pid, signal.SIGINT)
        lines = it.wait_until(lambda lines: len(_orders(lines)) == 2)
        it.send(signal.SIGTERM)
        assert 0 == it.wait()

    assert not [line for line in [*lines, *it.log()] if "a signal" in line]


def test_hang_up_is_handed_on(tmp_path: Path) -> None:
    """Each worker is told by SIGHUP that its configuration may be new; one that starts, when it serves."""
    code = """
signal.signal(signal.SIGHUP, lambda *_: say('{"event":"anew"}\\n'))
if os.path.exists('second'): found('go')
serves()
ordered()
"""
    with supervised(tmp_path, code, workers=1) as it:
        it.announced()
        it.send(signal.SIGHUP)
        it.wait_until(lambda lines: _count(lines, "anew") == 1)
        (tmp_path / "second").touch()
        [worker] = children(it.process.pid)
        os.kill(worker, signal.SIGKILL)
        it.wait_until(lambda lines: _count(lines, "worker ended") == 1)
        it.send(signal.SIGHUP)
        until(lambda: children(it.process.pid) not in ([], [worker]))
        (tmp_path / "go").touch()
        lines = it.wait_until(lambda lines: _count(lines, "anew") == 2)
        it.send(signal.SIGTERM)
        assert 0 == it.wait()

    assert 1 == _count(lines, "worker ended")


def _count(lines: list[str], text: str) -> int:
    return sum(text in line for line in lines)


def test_who_dies_is_replaced(tmp_path: Path) -> None:
    """A dead worker's place is taken at once, and after longer and longer pauses where that dies early, too."""
    code = f"dies = os.path.exists('die'); {SERVES}sys.exit(3) if dies else ordered()"
    with supervised(tmp_path, code) as it:
        it.announced()
        (tmp_path / "die").touch()
        first = children(it.process.pid)
        os.kill(first[0], signal.SIGKILL)
        lines = it.wait_until(lambda lines: _count(lines, "worker ended") == 3)
        stayed = first[1] in children(it.process.pid)
        it.send(signal.SIGTERM)
        code_at_the_end = it.wait()

    ended = [json.loads(line) for line in lines if "worker ended" in line]
    assert [("SIGKILL", None, 0.0), (None, 3, 1.0), (None, 3, 2.0)] == [
        (line.get("signal"), line.get("exit_code"), line["pause_seconds"]) for line in ended
    ]
    assert first[0] == ended[0]["pid"]
    assert stayed
    assert 0 == code_at_the_end


def test_who_cannot_start_ends_the_whole(tmp_path: Path) -> None:
    """What one worker says of it is all that is said, and its exit code is the whole's; others end, serving or not."""
    code = """
try:
    os.close(os.open('one', os.O_CREAT | os.O_EXCL))
except FileExistsError:
    say('{"event":"tries"}\\nno\\nroom here')
    sys.exit(78)
say('no\\n')
serves()
ordered(); ordered()
"""
    with supervised(tmp_path, code) as it:
        assert 78 == it.wait()
        assert it.process.stdout is not None
        assert "" == it.process.stdout.read()

    lines = [line for line in it.log() if not line.startswith("worker ")]
    assert ["no", "room here"] == [line for line in lines if not line.startswith("{")]


@pytest.mark.parametrize("serves", [SERVES, ""], ids=["serving", "starting"])
def test_a_killed_supervisor_leaves_nobody(tmp_path: Path, serves: str) -> None:
    """Workers notice that their supervisor has died, however it did."""
    code = f"open(str(os.getpid()), 'w').close(); {serves or 'pass'}\nwhile line.recv(1): pass"
    with supervised(tmp_path, code) as it:
        until(lambda: len([path for path in tmp_path.iterdir() if path.name.isdigit()]) == 2)
        workers = children(it.process.pid)
        it.send(signal.SIGKILL)
        until(lambda: not any(map(alive, workers)))

    assert 2 == len(workers)


def test_strangers_are_buried(tmp_path: Path) -> None:
    """As a container's first process it reaps whom others left behind."""
    subreaper = "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1); os.execv(sys.argv[1], sys.argv[1:])"
    code = f"""
if os.fork() == 0:
    if os.fork() == 0:
        found('go')
    os._exit(0)
os.wait()
{SERVES}
ordered()
"""
    with supervised(tmp_path, code, workers=1, prefix=(sys.executable, "-c", subreaper)) as it:
        it.announced()
        until(lambda: len(children(it.process.pid)) == 2)
        (tmp_path / "go").touch()
        until(lambda: len(children(it.process.pid)) == 1)
        it.send(signal.SIGTERM)
        assert 0 == it.wait()


def test_it_is_small() -> None:
    """The supervisor has no event loop, no gRPC, and nothing that the configuration or the log are made with."""
    code = "import sys, llmrpc_server.workers.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    large = {"asyncio", "grpc", "uvloop", "pydantic", "msgspec", "structlog", "typer", "prometheus_client"}

    assert set() == large & set(done.stdout.split())
