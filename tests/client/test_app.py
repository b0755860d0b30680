"""The server's commands beside the client's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def llmrpc(*arguments: str, path: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process that finds its modules in `path` first."""
    code = "from llmrpc.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def server_package(tmp_path: Path) -> Path:
    """Make a server package with one command; return its commands.py."""
    package = tmp_path / "llmrpc_server"
    package.mkdir()
    (package / "__init__.py").touch()
    commands = package / "commands.py"
    commands.write_text(
        "def serve(listen: str = 'here'):\n"
        "    'Serve.'\n"
        "    print('serving', listen)\n"
        "def register(app):\n"
        "    app.command()(serve)\n"
    )
    return commands


def test_the_servers_commands_are_mounted(server_package: Path, tmp_path: Path) -> None:
    """They run and stand in the help like the client's own."""
    served = llmrpc("serve", "--listen", "there", path=tmp_path)
    helped = llmrpc("--help", path=tmp_path)

    assert (0, "serving there\n", "") == (served.returncode, served.stdout, served.stderr)
    assert "Serve." in helped.stdout
    assert "Answer one prompt." in helped.stdout


def test_without_the_server_there_is_a_hint(server_package: Path, tmp_path: Path) -> None:
    """A package that the server needs and that is not there is named, with what to install."""
    server_package.write_text("import a_package_of_the_server\n")
    served = llmrpc("serve", path=tmp_path)
    helped = llmrpc("--help", path=tmp_path)

    hint = "The server's commands need a_package_of_the_server: pip install 'llmrpc[server,local]'\n"
    assert (1, "", hint) == (served.returncode, served.stdout, served.stderr)
    assert "`llmrpc serve` tells what to install." in helped.stdout


def test_what_a_command_imports_late_may_be_missing_too(server_package: Path, tmp_path: Path) -> None:
    """The hint is the same when a command of the server finds out only as it runs."""
    late = server_package.read_text().replace("print(", "import a_late_package; print(")
    server_package.write_text(late)
    done = llmrpc("serve", path=tmp_path)

    assert 1 == done.returncode
    assert "The server's commands need a_late_package: pip install" in done.stderr


def test_a_misspelt_command(server_package: Path, tmp_path: Path) -> None:
    """With the server there, a command that nobody has is a wrong command line."""
    done = llmrpc("complet", path=tmp_path)

    assert 2 == done.returncode
    assert "No such command 'complet'" in done.stderr
