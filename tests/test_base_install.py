"""The base install is the client alone, and it runs on the oldest versions that pyproject.toml allows."""

import subprocess
import sys
from pathlib import Path

import pytest

import toolchains
from fault_provider import CANONICAL_TEXT
from gateway import GatewayProcess

SERVER_ONLY = ("llmrpc_server", "openai", "anthropic", "pydantic", "msgspec", "structlog", "aiohttp", "typer", "rich")

SCRIPT = """
import sys
import llmrpc

loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & set(sys.argv[2:]), loaded
with llmrpc.Client(sys.argv[1]) as client:
    print(client.complete("Why is the sky blue?", timeout=10).text)
    with client.stream("Why is the sky blue?", timeout=10) as stream:
        print("".join(stream.text))
    try:
        client.complete("Hi", temperature=9)
    except llmrpc.InvalidRequest as error:
        print(error.field_violations[0][0])
"""


@pytest.fixture(scope="module")
def base_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it alone, with the lowest versions it allows; return that environment's Python."""
    folder = tmp_path_factory.mktemp("base")
    uv = str(Path(sys.executable).with_name("uv"))
    for command in (
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")],
    ):
        subprocess.run(command, check=True, cwd=toolchains.ROOT, capture_output=True)
    [wheel] = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--resolution", "lowest", "--python", str(python), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return python


def test_client_alone_on_the_oldest_versions(base_python: Path, served: GatewayProcess) -> None:
    """Importing the client loads nothing of the server; both calls and a typed error work on the oldest versions."""
    command = [str(base_python), "-c", SCRIPT, served.address, *SERVER_ONLY]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert 0 == done.returncode, done.stderr
    assert [CANONICAL_TEXT, CANONICAL_TEXT, "config.temperature"] == done.stdout.splitlines()


def test_the_version_between_has_nothing_to_say(base_python: Path) -> None:
    """Protobuf 6 warns of code that version 5 generated: ours is meant to be, and nobody hears of it."""
    uv = str(Path(sys.executable).with_name("uv"))
    environment = base_python.parents[1].with_name("protobuf-6")
    python = environment / "bin" / "python"
    [wheel] = base_python.parents[2].glob("*.whl")
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(environment)],
        [uv, "pip", "install", "--quiet", "--python", str(python), str(wheel), "protobuf>=6,<6.32"],
    ):
        subprocess.run(command, check=True, capture_output=True)
    command = [str(python), "-c", "import llmrpc.v1.completion_pb2"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (0, "") == (done.returncode, done.stderr)


def test_commands_say_what_is_missing(base_python: Path) -> None:
    """Without the extras the command line says what to install, in one line."""
    command = [str(base_python.with_name("llmrpc")), "serve"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert 1 == done.returncode
    assert "pip install 'llmrpc[cli]'" in done.stderr
    assert 1 == len(done.stderr.splitlines())
