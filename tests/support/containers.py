"""A built image as a running container: process 1 of namespaces of its own, which can write to its volumes alone."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from gateway import request
from images import Image
from llmrpc.v1 import completion_pb2_grpc

# In namespaces of its own, so that nothing stays mounted: the image, read-only, with what every runtime mounts, and
# an empty folder of the user's for each volume.
CONTAIN = """
set -eu
root=$1 configuration=$2 user=$3 volumes=$4
shift 4
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$configuration" "$root/etc/llmrpc"
mount -o remount,bind,ro "$root/etc/llmrpc"
for volume in $volumes; do
    mount -t tmpfs -o "uid=${user%:*},gid=${user#*:},mode=0755" volume "$root$volume"
done
exec chroot --userspec="$user" --groups="${user#*:}" "$root" env -i "$@"
"""


@dataclass(frozen=True, slots=True)
class Container:
    """A running container's process, what it says, and the addresses it was told to serve on."""

    process: subprocess.Popen[str]
    address: str
    metrics: str

    @contextlib.contextmanager
    def stub(self) -> Iterator[Any]:
        """Give the stub of CompletionService."""
        with grpc.insecure_channel(self.address) as channel:
            yield completion_pb2_grpc.CompletionServiceStub(channel)

    def complete(self) -> str:
        """Call Complete and return the answer's text."""
        with self.stub() as stub:
            text: str = stub.Complete(request(), timeout=60).message.parts[0].text
            return text

    @property
    def inside(self) -> int:
        """The id that the machine knows process 1 of the container by."""
        (first,) = _children(self.process)
        return first

    def status(self, name: str) -> list[str]:
        """Read a line of what the kernel says about process 1."""
        lines = Path(f"/proc/{self.inside}/status").read_text(encoding="ascii").splitlines()
        return next(line.split()[1:] for line in lines if line.startswith(f"{name}:"))

    def terminate(self) -> int:
        """Send process 1 SIGTERM and return its exit code."""
        os.kill(self.inside, signal.SIGTERM)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def running(image: Image, configuration: Path, **environment: str) -> Iterator[Container]:
    """Run the image as a container until the block is left; `configuration` is mounted at /etc/llmrpc."""
    config = image.config
    # pytest's folders are root's alone, and the image's user is not root.
    configuration.chmod(0o755)
    metrics = f"127.0.0.1:{_free_port()}"
    told = dict(pair.split("=", 1) for pair in config["Env"])
    # HOME as a runtime sets it for a user without a name; loopback alone, because this is a test.
    told |= {"HOME": "/", "LLMRPC_LISTEN": "127.0.0.1:0", "LLMRPC_METRICS": metrics, **environment}
    command = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", CONTAIN, "sh"]
    command += [
        str(image.root),
        str(configuration),
        config["User"],
        " ".join(config["Volumes"]),
        f"--chdir={config['WorkingDir']}",
    ]
    command += [*(f"{name}={value}" for name, value in told.items()), *config["Entrypoint"], *config["Cmd"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("llmrpc serves on "), first
            address = first.split()[3].rstrip(",")
            yield Container(process, address, metrics)
        finally:
            # Not unshare itself, which nothing inside would notice: it ends with process 1.
            for child in _children(process):
                os.kill(child, signal.SIGKILL)


def _children(process: subprocess.Popen[str]) -> list[int]:
    if process.poll() is not None:
        return []
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(child) for child in children.split()]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
