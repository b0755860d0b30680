"""The container image: built from the Dockerfile on a plain Debian, and run as a cluster would run it.

It runs as process 1 of a namespace of its own, as the image's user, with a root file system that cannot be written to.
No registry is needed: debootstrap makes the base, and it is kept in the machine's temporary folder for the next run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

import toolchains
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import request
from llmrpc.v1 import completion_pb2_grpc
from llmrpc_server.local_model import weights

# Cold, each image downloads everything, and the base is a Debian.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

DEBOOTSTRAP = (
    "--force-check-gpg",
    "--variant=minbase",
    "--include=python3,python3-venv,ca-certificates",
    "bookworm",
)
BASE = "localhost/llmrpc-test-base"

CONFIG = """
server: {{drain_wait: 100ms, drain_grace: 20s}}
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base_url}/v1}}
routes:
  default: [openai/gpt-4o]
  slow: [openai/gpt-4o+slow-headers=2s]
"""

# In namespaces of its own, so that nothing stays mounted: the image, read-only, with what every runtime mounts.
CONTAIN = """
set -eu
root=$1 configuration=$2 user=$3
shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$configuration" "$root/etc/llmrpc"
mount -o remount,bind,ro "$root/etc/llmrpc"
exec chroot --userspec="$user" --groups="${user#*:}" "$root" env -i "$@"
"""


@dataclass(frozen=True, slots=True)
class Image:
    """A built image: its configuration, and where its files are."""

    config: dict[str, Any]
    root: Path


class Store:
    """buildah with a storage of its own, so that nothing of a test meets the machine's images, or outlives it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._command = [toolchains.require("buildah"), "--root", str(folder / "store"), "--storage-driver", "vfs"]
        self._command += ["--runroot", str(folder / "run")]

    def build(self, name: str, **arguments: str) -> Image:
        """Build the Dockerfile and mount the image's files."""
        command = ["build", "--pull-never", "--tag", name]
        for argument, value in {"BASE": BASE, **arguments}.items():
            command += ["--build-arg", f"{argument}={value}"]
        self._buildah(*command, *self._secrets(), str(toolchains.ROOT))
        described = json.loads(self._buildah("inspect", "--type", "image", name))
        container = self._buildah("from", "--pull-never", name).strip()
        return Image(described["OCIv1"]["config"], Path(self._buildah("mount", container).strip()))

    def take(self, archive: Path, name: str) -> None:
        """Make an image of an archive of files."""
        container = self._buildah("from", "scratch").strip()
        self._buildah("add", "--quiet", container, str(archive), "/")
        self._buildah("commit", "--quiet", "--rm", container, name)

    def remove(self) -> None:
        """Remove all containers and images."""
        self._buildah("umount", "--all")
        self._buildah("rm", "--all")
        self._buildah("rmi", "--all", "--force")
        shutil.rmtree(self._folder)

    def _secrets(self) -> list[str]:
        """Hand over how this machine reaches its package index, where it differs from everybody's way."""
        settings = {name: os.environ.get(f"PIP_{name.upper()}") for name in ("index_url", "trusted_host", "timeout")}
        secrets = []
        if authority := os.environ.get("PIP_CERT"):
            settings["cert"] = "/run/secrets/ca"
            secrets += ["--secret", f"id=ca,src={authority}"]
        lines = [f"{name.replace('_', '-')} = {value}" for name, value in settings.items() if value]
        configuration = self._folder / "pip.conf"
        configuration.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
        return ["--secret", f"id=pip,src={configuration}", *secrets]

    def _buildah(self, *arguments: str) -> str:
        environment = toolchains.environment(BUILDAH_ISOLATION="chroot")
        return _output(*self._command, *arguments, env=environment)


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


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Give a store that holds the base alone."""
    for tool in ("buildah", "debootstrap", "unshare"):
        toolchains.require(tool)
    if os.geteuid() != 0:
        _cannot("only root can build and run the image here")
    folder = Path(tempfile.mkdtemp(prefix="llmrpc-image-"))
    store = Store(folder)
    try:
        store.take(_base(), BASE)
        yield store
    finally:
        store.remove()


@pytest.fixture(scope="module")
def image(store: Store) -> Image:
    """Build the image as it is by default."""
    return store.build("localhost/llmrpc-test")


def test_image_answers_and_ends_at_sigterm(image: Image, faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Read-only and without privileges, the server answers as process 1, and ends with 0 when it is told to."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG.format(base_url=faults.base_url), encoding="utf-8")
    with _running(image, tmp_path, TEST_KEY="sk-test-1") as container:
        assert container.complete() == CANONICAL_TEXT
        assert container.status("Uid") == ["65532"] * 4
        assert container.status("Groups") == ["65532"]
        assert container.status("CapEff") == ["0000000000000000"]
        assert container.status("NSpid")[-1] == "1"
        with urllib.request.urlopen(f"http://{container.metrics}/metrics", timeout=10) as answer:
            assert b'gen_ai_request_model="gpt-4o"' in answer.read()
        assert container.terminate() == 0


def test_image_finishes_a_call_before_it_ends(image: Image, faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A call that runs when SIGTERM arrives gets its whole answer: the signal reaches the server and drains it."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG.format(base_url=faults.base_url), encoding="utf-8")
    with _running(image, tmp_path, TEST_KEY="sk-test-1") as container, container.stub() as stub:
        call = stub.Complete.future(request("slow"), timeout=60)
        faults.block_until(lambda attempts: len(attempts) == 1, timeout=30)
        assert container.terminate() == 0
        assert call.result(timeout=10).message.parts[0].text == CANONICAL_TEXT


def test_image_holds_what_it_should(image: Image) -> None:
    """The image says how to run it, and holds the server compiled, without the weights and without what built it."""
    project = tomllib.loads((toolchains.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config = image.config
    assert config["Entrypoint"] == ["/opt/llmrpc/bin/llmrpc"]
    assert config["Cmd"] == ["serve"]
    assert config["User"] == "65532:65532"
    assert config["StopSignal"] == "SIGTERM"
    assert set(config["ExposedPorts"]) == {"50051/tcp", "9464/tcp"}
    assert {"LLMRPC_LISTEN=0.0.0.0:50051", "LLMRPC_METRICS=0.0.0.0:9464"} <= set(config["Env"])
    assert config["Labels"]["org.opencontainers.image.licenses"] == project["license"]
    assert config["Labels"]["org.opencontainers.image.description"] == project["description"]

    (packages,) = (image.root / "opt" / "llmrpc" / "lib").glob("python3*/site-packages")
    sources = {path.relative_to(packages) for path in packages.glob("llmrpc*/**/*.py")}
    compiled = {path.relative_to(packages) for path in packages.glob("llmrpc*/**/*.pyc")}
    assert len(sources) == len(compiled) > 50
    assert not list(packages.glob("hatchling*"))
    assert not list((image.root / "var" / "cache" / "llmrpc").iterdir())
    left = [image.root / place for place in ("build", "project", "root/.cache", "etc/pip.conf", "run/secrets")]
    assert [path for path in left if path.exists()] == []


def test_image_gives_its_user_nothing_to_change(image: Image) -> None:
    """All of the server belongs to root, and nobody else can write to it."""
    walked = [path for path in (image.root / "opt").rglob("*") if not path.is_symlink()]
    assert walked
    assert [path for path in walked if path.stat().st_uid != 0 or path.stat().st_mode & 0o022] == []


def test_image_with_the_local_model_answers_offline(store: Store, tmp_path: Path) -> None:
    """Built with the local model, it answers without configuration, without keys, and without fetching anything."""
    image = store.build("localhost/llmrpc-test-local", WITH_LOCAL_MODEL="1")
    assert (image.root / "var" / "cache" / "llmrpc" / weights.path().name).is_file()
    # Nothing listens there: whoever wants to fetch something fails.
    with _running(image, tmp_path, PIP_INDEX_URL="http://127.0.0.1:9/") as container:
        assert container.complete().strip()
        assert container.terminate() == 0


def _base() -> Path:
    """Give an archive of a Debian with Python, made where there is none of this recipe and architecture yet."""
    recipe = "\n".join([*DEBOOTSTRAP, platform.machine()])
    place = Path(tempfile.gettempdir()) / "llmrpc-image-base"
    place.mkdir(mode=0o700, exist_ok=True)
    owner = place.stat().st_uid
    if owner != os.geteuid():
        _cannot(f"{place} belongs to user {owner}, who could have put anything there")
    archive = place / f"{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.tar"
    if archive.is_file():
        return archive
    with tempfile.TemporaryDirectory(dir=place) as folder:
        root = Path(folder) / "root"
        _output(toolchains.require("debootstrap"), *DEBOOTSTRAP, str(root))
        # Packages and lists of them: debootstrap leaves them behind, a base image has none.
        for pattern in ("var/cache/apt/archives/*.deb", "var/lib/apt/lists/*_*"):
            for path in root.glob(pattern):
                path.unlink()
        made = Path(folder) / "base.tar"
        _output("tar", "--create", "--file", str(made), "--directory", str(root), "--numeric-owner", ".")
        # Last and at once: whoever is interrupted before leaves nothing that looks whole.
        made.replace(archive)
    return archive


@contextlib.contextmanager
def _running(image: Image, configuration: Path, **environment: str) -> Iterator[Container]:
    """Run the image as a container until the block is left; `configuration` is mounted at /etc/llmrpc."""
    config = image.config
    # pytest's folders are root's alone, and the image's user is not root.
    configuration.chmod(0o755)
    metrics = f"127.0.0.1:{_free_port()}"
    told = dict(pair.split("=", 1) for pair in config["Env"])
    # HOME as a runtime sets it for a user without a name; loopback alone, because this is a test.
    told |= {"HOME": "/", "LLMRPC_LISTEN": "127.0.0.1:0", "LLMRPC_METRICS": metrics, **environment}
    command = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", CONTAIN, "sh"]
    command += [str(image.root), str(configuration), config["User"], f"--chdir={config['WorkingDir']}"]
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


def _output(*command: str, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def _cannot(problem: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)
