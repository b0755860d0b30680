"""What the base install is: the client alone, loaded quickly."""

import subprocess
import sys
from types import ModuleType

import pytest

import llmrpc

SERVER_AND_CLI = {
    *("anthropic", "openai", "aiohttp", "httpx", "httpx2", "msgspec", "prometheus_client", "pydantic"),
    *("yaml", "structlog", "uvloop", "xllamacpp", "sqlalchemy", "langchain_core", "llmrpc_server"),
    *("grpc_health", "grpc_reflection", "grpc_status", "grpc_tools", "typer", "click", "rich"),
}


def imported(program: str) -> set[str]:
    """Run a program in a fresh interpreter and tell the top-level modules that it loaded."""
    code = f"{program}\nimport sys; print('\\n', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.fixture(scope="module")
def forbidden() -> set[str]:
    """Name what must stay out. grpcio itself imports the empty packages of its installed siblings."""
    return SERVER_AND_CLI - imported("import grpc")


def test_the_client_needs_the_base_install_alone(forbidden: set[str]) -> None:
    """Importing llmrpc loads nothing of the server, the command line or the providers."""
    assert set() == forbidden & imported("import llmrpc")


def test_the_command_line_does_not_load_the_server(forbidden: set[str]) -> None:
    """`llmrpc complete` starts quickly: the server's packages stay out."""
    program = "import sys; sys.argv = ['llmrpc', 'complete', '--help']\nfrom llmrpc.cli import main\n"
    program += "try:\n    main()\nexcept SystemExit:\n    pass"

    own = {"typer", "rich", "click", "pydantic"}
    assert set() == (forbidden - own) & imported(program)


def test_all_is_true() -> None:
    """`__all__` has every public name and nothing else; ruff keeps it sorted."""
    public = {
        name for name, value in vars(llmrpc).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }

    assert public == set(llmrpc.__all__)


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_missing_extra_is_one_line(missing: str) -> None:
    """Without the extra `cli` the command says what to install."""
    program = f"import sys; sys.modules[{missing!r}] = None\nfrom llmrpc.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    expected = f"The command line needs {missing}: pip install 'llmrpc[cli]'\n"
    assert (1, "", expected) == (done.returncode, done.stdout, done.stderr)
