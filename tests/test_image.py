"""The container image: built from the Dockerfile on a plain Debian, and run as a cluster would run it.

It runs as process 1 of a namespace of its own, as the image's user, with a root file system that cannot be written to.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import toolchains
from containers import running
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import request
from images import BASE, Image, Store, base, cannot
from llmrpc_server.local_model import weights

# Cold, each image downloads everything, and the base is a Debian.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CONFIG = """
server: {{drain_wait: 100ms, drain_grace: 20s}}
providers:
  openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base_url}/v1}}
routes:
  default: [openai/gpt-4o]
  slow: [openai/gpt-4o+slow-headers=2s]
"""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Give a store that holds the base alone."""
    for tool in ("buildah", "debootstrap", "unshare"):
        toolchains.require(tool)
    if os.geteuid() != 0:
        cannot("only root can build and run the image here")
    folder = Path(tempfile.mkdtemp(prefix="llmrpc-image-"))
    store = Store(folder)
    try:
        store.take(base(), BASE)
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
    with running(image, tmp_path, TEST_KEY="sk-test-1") as container:
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
    with running(image, tmp_path, TEST_KEY="sk-test-1") as container, container.stub() as stub:
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
    assert list(config["Volumes"]) == ["/var/lib/llmrpc"]
    assert [(image.root / "var" / place / "llmrpc").stat().st_uid for place in ("lib", "cache")] == [65532, 65532]
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
    with running(image, tmp_path, PIP_INDEX_URL="http://127.0.0.1:9/") as container:
        assert container.complete().strip()
        assert container.terminate() == 0
