"""`llmrpc config check` and `llmrpc doctor`."""

import asyncio
import gc
import json
import os
import ssl
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auth.book import Book
from certificates import Authority
from fault_provider import ThreadedFaultProvider
from gateway import LLMRPC, faulty, running
from llmrpc.cli.app import app
from llmrpc_server.commands.answers import answers

GOOD = """\
providers:
  openai: {kind: openai, api_key: '${TEST_KEY}', base_url: %s/v1}
  anthropic: {kind: anthropic, api_keys: ['${TEST_KEY}', '${TEST_KEY}'], base_url: %s}
routes:
  default: [openai/gpt-4o, anthropic/claude-sonnet-5-5]
  fast: {targets: [openai/gpt-4o-mini]}
prompts: {path: prompts}
"""
BAD = """\
providers:
  openai: {kind: opnai, api_key: '${UNSET}'}
rutes: {}
"""
NOBODY = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with nothing in it but one for prompts."""
    monkeypatch.chdir(tmp_path)
    Path("prompts").mkdir()
    monkeypatch.setenv("TEST_KEY", "sk-marker-1")
    monkeypatch.delenv("UNSET", raising=False)


def write(text: str, name: str = "llmrpc.yaml") -> None:
    """Write a configuration into the current folder."""
    Path(name).write_text(text.replace("%s", "http://127.0.0.1:1"), encoding="utf-8")


def run(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
    """Run a command in this process; it must never show a secret or a traceback."""
    done = CliRunner().invoke(app, arguments, env=env)
    assert "marker" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_check_a_good_file() -> None:
    """A good file's routes are shown, and the exit code is 0."""
    write(GOOD)
    done = run("config", "check")

    assert 0 == done.exit_code
    assert (
        "llmrpc.yaml: good\n  default: openai/gpt-4o, then anthropic/claude-sonnet-5-5\n  fast: openai/gpt-4o-mini\n"
    ) == done.stdout
    assert not done.stderr


def test_check_as_json() -> None:
    """Programs get the same as JSON."""
    write(GOOD)
    done = run("config", "check", "--json")

    assert {
        "source": "llmrpc.yaml",
        "routes": {
            "default": ["openai/gpt-4o", "anthropic/claude-sonnet-5-5"],
            "fast": ["openai/gpt-4o-mini"],
        },
        "warnings": [],
    } == json.loads(done.stdout)
    assert (0, "") == (done.exit_code, done.stderr)


@pytest.mark.parametrize("arguments", [["config", "check"], ["config", "check", "--json"], ["doctor"]])
def test_a_bad_file(arguments: list[str]) -> None:
    """Every problem stands on a line of its own on standard error; the exit code is 78, EX_CONFIG."""
    write(BAD)
    done = run(*arguments)

    assert (78, "") == (done.exit_code, done.stdout)
    assert [
        "llmrpc.yaml:1: routes: must be set",
        (
            "llmrpc.yaml:2: providers.openai.kind: "
            'must be one of openai, openai_responses, anthropic, cohere, local; did you mean "openai"?'
        ),
        "llmrpc.yaml:2: providers.openai.api_key: the environment variable UNSET is not set",
        'llmrpc.yaml:3: rutes: unknown key; did you mean "routes"?',
    ] == sorted(done.stderr.splitlines(), key=lambda line: line.split(":")[1])


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["config", "check", "other.yaml"], {}),
        (["config", "check", "--config", "other.yaml"], {}),
        (["config", "check", "-c", "other.yaml"], {}),
        (["config", "check"], {"LLMRPC_CONFIG": "other.yaml"}),
    ],
)
def test_which_file_is_checked(arguments: list[str], env: dict[str, str]) -> None:
    """The file that is told, by argument, option or variable, goes before ./llmrpc.yaml."""
    write(BAD)
    write(GOOD, "other.yaml")

    done = run(*arguments, env=env)

    assert (0, "other.yaml: good") == (done.exit_code, done.stdout.splitlines()[0])


def test_a_file_that_is_not_there() -> None:
    """Whoever names a file gets no defaults in its place."""
    done = run("config", "check", "none.yaml")

    assert (78, "none.yaml: cannot be read: No such file or directory\n") == (done.exit_code, done.stderr)


def test_without_a_file() -> None:
    """Without a file the defaults are shown."""
    done = run("config", "check", env={"OPENAI_API_KEY": "sk-marker-2"})

    assert (0, "the defaults (no configuration file): good\n  default: openai/gpt-4o\n") == (
        done.exit_code,
        done.stdout,
    )


@pytest.mark.parametrize("text", ["a: [", "a: &x [*x]", "- a", "a: !!python/object:os.system {}", "\0"])
def test_no_tracebacks(text: str) -> None:
    """Whatever the file is, what is wrong with it is told in lines that name it."""
    write(text)
    done = run("config", "check")

    assert (78, "") == (done.exit_code, done.stdout)
    assert all(line.startswith("llmrpc.yaml:1: ") for line in done.stderr.splitlines())


def test_the_command_as_it_is_installed() -> None:
    """The program itself ends with the code, in words, also where the file would overflow the stack."""
    write("[" * 50_000)
    done = subprocess.run([LLMRPC, "config", "check"], check=False, capture_output=True, text=True)

    assert (78, "", "llmrpc.yaml: is nested too deep\n") == (done.returncode, done.stdout, done.stderr)


def test_doctor_where_all_is_well(faults: ThreadedFaultProvider) -> None:
    """Each thing that was looked at is a line; what is not known or not started yet is no tick, and no problem."""
    write(GOOD.replace("%s", faults.base_url))
    done = run("doctor", "--address", NOBODY)

    assert [
        "✓ configuration: llmrpc.yaml",
        "✓ route default: openai/gpt-4o, then anthropic/claude-sonnet-5-5",
        "✓ route fast: openai/gpt-4o-mini",
        f"✓ ledger: {os.environ['LLMRPC_LEDGER_URL']}",
        *(
            f"! price of {model}: not known, so its calls have no cost; a row under prices gives one"
            for model in ("openai/gpt-4o", "anthropic/claude-sonnet-5-5", "openai/gpt-4o-mini")
        ),
        "✓ provider openai: openai, ready",
        "✓ provider anthropic: anthropic, ready",
        f"! server at {NOBODY}: does not answer; start it with: llmrpc serve",
        "problems: 0, warnings: 4",
    ] == done.stdout.splitlines()[1:]
    assert done.stdout.startswith("✓ llmrpc: ")
    assert 0 == done.exit_code


def test_doctor_finds_what_is_wrong() -> None:
    """A provider that does not answer is told for each key, and the exit code is 1; no address and no key is shown."""
    write(GOOD)
    assert "problems: 3, warnings: 4" == run("doctor", "--address", NOBODY).stdout.splitlines()[-1]
    done = run("doctor", "--address", NOBODY, "--json")

    problems = [(found["subject"], found["problem"]) for found in json.loads(done.stdout) if found["problem"]]
    assert [
        ("provider openai", "key 1 of 1: the connection to openai failed"),
        ("provider anthropic", "key 1 of 2: the connection to anthropic failed"),
        ("provider anthropic", "key 2 of 2: the connection to anthropic failed"),
    ] == problems
    assert 1 == done.exit_code


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("sqlite:////no-such/llmrpc.db", "there is no folder /no-such"),
        ("sqlite:////dev", "/dev is no file that can be written to"),
        ("postgresql://llmrpc:secret@127.0.0.1:1/llmrpc", "[Errno 111] Connect call failed ('127.0.0.1', 1)"),
    ],
)
def test_doctor_looks_for_the_ledger(monkeypatch: pytest.MonkeyPatch, url: str, problem: str) -> None:
    """A database that a server could not use is a problem; looking makes none, and shows no password."""
    write(GOOD)
    monkeypatch.setenv("LLMRPC_LEDGER_URL", url)
    told = run("doctor", "--address", NOBODY).stdout

    assert f"✗ ledger: {problem}" in told.splitlines()
    assert "secret" not in told


def test_doctor_says_how_to_start_it() -> None:
    """The command that starts the server has the configuration that was looked at."""
    write(GOOD, "our other.yaml")
    done = run("doctor", "--address", NOBODY, "--config", "our other.yaml")

    assert done.stdout.splitlines()[-2].endswith("start it with: llmrpc serve --config 'our other.yaml'")


async def test_doctor_and_a_server(faults: ThreadedFaultProvider) -> None:
    """A server that serves is a tick; one that drains is a warning."""
    write(GOOD.replace("%s", faults.base_url))
    async with running(faulty(faults)) as gateway:
        told = [(await asyncio.to_thread(run, "doctor", "--address", gateway.address)).stdout.splitlines()[-2]]
        await gateway.app._health.enter_graceful_shutdown()
        told += [(await asyncio.to_thread(run, "doctor", "--address", gateway.address)).stdout.splitlines()[-2]]

    assert [
        f"✓ server at {gateway.address}: SERVING",
        f"! server at {gateway.address}: takes no calls: NOT_SERVING",
    ] == told


@pytest.mark.parametrize("port", ["99999", "-1", "x"])
async def test_nobody_answers_at_no_port(port: str) -> None:
    """An address that none can have is one where nobody answers."""
    assert ["", ""] == [await answers(f"127.0.0.1:{port}", tls=tls) for tls in (True, False)]


async def test_the_connection_ends_before_the_command(tmp_path: Path) -> None:
    """Looking whether a server is there leaves nothing open."""
    pair = Authority(tmp_path).pair("127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert, pair.key)

    def look(address: str) -> str:
        """Look as the command does: with a loop that ends at once."""
        told = asyncio.run(answers(address, tls=True))
        gc.collect()
        return told

    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context) as server:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always", ResourceWarning)
            told = await asyncio.to_thread(look, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")

    assert ("it answers over TLS", []) == (told, [str(one.message) for one in found if "unclosed" in str(one.message)])


async def test_doctor_and_a_server_that_is_careful(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """One that wants a certificate, or a key even for its health, is seen to be there."""
    tls = {**(authority := Authority(tmp_path)).pair("127.0.0.1").section, "client_ca": str(authority.bundle)}
    write(GOOD.replace("%s", faults.base_url) + f"server: {{tls: {json.dumps(tls)}}}\n")
    async with running({**faulty(faults), "server": {"tls": tls}}) as gateway:
        told = [(await asyncio.to_thread(run, "doctor", "--address", gateway.address)).stdout.splitlines()[-2]]
        addresses = [gateway.address]
    told += [(await asyncio.to_thread(run, "doctor", "--address", NOBODY)).stdout.splitlines()[-2]]
    write(GOOD.replace("%s", faults.base_url))
    (book := Book(tmp_path)).key()
    async with running({**faulty(faults), "auth": {**book.section, "open": []}}) as gateway:
        told += [(await asyncio.to_thread(run, "doctor", "--address", gateway.address)).stdout.splitlines()[-2]]
        addresses += [gateway.address]

    assert [
        f"✓ server at {addresses[0]}: it answers over TLS",
        f"! server at {NOBODY}: does not answer; start it with: llmrpc serve",
        f"✓ server at {addresses[1]}: it answers, and tells its health to those with a key",
    ] == told
