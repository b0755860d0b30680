"""Addresses on which no server can listen, and those that several processes may."""

import contextlib
import os
import socket
import subprocess
from pathlib import Path

import pytest

from gateway import LLMRPC
from llmrpc_server.edge.listening import hold

CONFIG = """\
providers: {openai: {kind: openai, api_key: "${TEST_KEY}"}}
routes: {default: [openai/gpt-4o]}
"""
# Root may listen everywhere, unless this is taken away.
UNPRIVILEGED = [] if os.getuid() else ["setpriv", "--bounding-set", "-net_bind_service"]
HIGHEST = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        pytest.param(
            "127.0.0.1:81",
            "Permission denied: ports below 1024 are for root, or for who has the capability CAP_NET_BIND_SERVICE",
            marks=pytest.mark.skipif(int(HIGHEST.read_text()) < 1024, reason="every port is everybody's here"),
        ),
        ("192.0.2.1:50051", "Cannot assign requested address: it is none of this machine's"),
    ],
)
def test_the_reason_is_told(tmp_path: Path, listen: str, told: str) -> None:
    """What the system says, and not a guess."""
    assert (69, f"cannot listen on {listen}: {told}") == _refused(tmp_path, listen)


def test_a_name_that_nobody_has(tmp_path: Path) -> None:
    """What the system's resolver says: that the name is unknown or, where nobody answered it, that this may change."""
    code, told = _refused(tmp_path, "nobody.invalid:50051")

    assert 69 == code
    assert told.removeprefix("cannot listen on nobody.invalid:50051: ") in (
        "Name or service not known",
        "Temporary failure in name resolution",
    )


def _refused(tmp_path: Path, listen: str) -> tuple[int, str]:
    """Start a server at an address; return its exit code and what it says last."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG, encoding="utf-8")
    done = subprocess.run(
        [*UNPRIVILEGED, LLMRPC, "serve", "--insecure", "--listen", listen, "--metrics", "off"],
        cwd=tmp_path,
        env={**os.environ, "TEST_KEY": "sk-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    return done.returncode, done.stderr.splitlines()[-1]


def _listener(address: tuple[str, int], *, shared: bool) -> socket.socket:
    """Listen as a gRPC server does, with or without sharing the port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
    try:
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "localhost:0", "0.0.0.0:0"])
def test_a_held_port_is_for_who_shares_it(listen: str) -> None:
    """All addresses of a name have one port, which several may listen on that say so, and nobody else."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(one) for one in hold(listen)]
        [port] = {one.getsockname()[1] for one in held}
        address = f"{listen.rpartition(':')[0]}:{port}"
        for _ in range(2):
            stack.enter_context(_listener(("127.0.0.1", port), shared=True))
        with pytest.raises(OSError, match="Address already in use"):
            _listener(("127.0.0.1", port), shared=False)
        with pytest.raises(OSError, match="Address already in use"):
            hold(address)

    for one in hold(address):
        one.close()


@pytest.mark.parametrize("shared", [True, False])
def test_a_port_of_a_stranger_is_not_held(shared: bool) -> None:
    """Neither one that is the stranger's alone nor one that would be shared with it in silence."""
    with (
        _listener(("127.0.0.1", 0), shared=shared) as stranger,
        pytest.raises(OSError, match="Address already in use"),
    ):
        hold(f"127.0.0.1:{stranger.getsockname()[1]}")


def test_a_held_port_gets_no_connections() -> None:
    """Connections go to those that listen, and are refused while nobody does."""
    [held] = hold("127.0.0.1:0")
    with held, pytest.raises(ConnectionRefusedError):
        socket.create_connection(held.getsockname())
