"""Addresses on which no server can listen."""

import os
import subprocess
from pathlib import Path

import pytest

from gateway import LLMRPC

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
        ("nobody.invalid:50051", "Name or service not known"),
    ],
)
def test_the_reason_is_told(tmp_path: Path, listen: str, told: str) -> None:
    """What the system says, and not a guess."""
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

    assert (69, f"cannot listen on {listen}: {told}") == (done.returncode, done.stderr.splitlines()[-1])
