"""Providers of other packages: what they add, and what is said of those that cannot be used."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import grpc
import pytest

from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import LLMRPC, request, serving
from llmrpc.v1 import completion_pb2_grpc
from llmrpc_server import providers

# All that a package needs that speaks a known wire format with settings of its own.
GOOD = """
from llmrpc_server import providers

OpenAI = providers.load("openai")


class Settings(OpenAI.settings):
    region: str


class Acme(OpenAI):
    kind = "acme"
    settings = Settings
"""


SLOTS = """
from llmrpc_server import providers

OpenAI = providers.load("openai")


class Acme:
    __slots__ = ("name",)
    kind, settings, stream, probe, close = "acme", OpenAI.settings, None, None, None
    features = drops = owned = frozenset()
"""


def package(folder: Path, name: str, code: str, *kinds: str, named: str = "Acme") -> None:
    """Write a package as an installer leaves it, whose entry points are these kinds."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(textwrap.dedent(code), encoding="utf-8")
    about = folder / f"{module}-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
    points = "\n".join(f"{kind} = {module}:{named}" for kind in kinds)
    (about / "entry_points.txt").write_text(f"[llmrpc.providers]\n{points}\n", encoding="utf-8")


def environment(folder: Path) -> Mapping[str, str]:
    """Give the environment in which a folder's packages are installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))}


def checked(folder: Path, section: str = "kind: acme, region: north") -> tuple[int, str, str]:
    """Run `llmrpc config check` where a provider is described so; return its exit code and what it writes."""
    write(folder, section)
    done = subprocess.run(
        [LLMRPC, "config", "check"], check=False, capture_output=True, text=True, cwd=folder, env=environment(folder)
    )
    return done.returncode, done.stdout, done.stderr


def write(folder: Path, section: str, address: str = "http://127.0.0.1:9") -> None:
    """Write a configuration whose one provider, on line 2, is described so."""
    text = f"providers:\n  mine: {{{section}, base_url: {address}/v1}}\nroutes: {{default: [mine/gpt-4o]}}\n"
    (folder / "llmrpc.yaml").write_text(text, encoding="utf-8")


def test_a_package_adds_a_kind(tmp_path: Path) -> None:
    """A package's kind is known, and its own settings are checked like all others."""
    package(tmp_path, "acme-llm", GOOD, "acme")

    assert (0, "llmrpc.yaml: good\n  default: mine/gpt-4o\n", "") == checked(tmp_path)
    expected = "llmrpc.yaml:2: providers.mine.region: must be text\n"
    assert (78, "", expected) == checked(tmp_path, "kind: acme, region: 5")


def test_what_is_known_is_listed(tmp_path: Path) -> None:
    """Whoever misspells a kind is told all kinds, those of packages after our own."""
    package(tmp_path, "acme-llm", GOOD, "zeta", "acme")

    known = ", ".join((*providers.KINDS, "acme", "zeta"))
    expected = f'llmrpc.yaml:2: providers.mine.kind: must be one of {known}; did you mean "acme"?\n'
    assert (78, "", expected) == checked(tmp_path, "kind: acmee")


async def test_a_call(tmp_path: Path, faults: ThreadedFaultProvider) -> None:
    """A provider of a package answers calls as our own do."""
    package(tmp_path, "acme-llm", GOOD, "acme")
    write(tmp_path, "kind: acme, region: north", faults.base_url)
    with serving(cwd=tmp_path, env=environment(tmp_path)) as process:
        async with grpc.aio.insecure_channel(process.address) as channel:
            answer = await completion_pb2_grpc.CompletionServiceStub(channel).Complete(request(), timeout=10)

    assert CANONICAL_TEXT == answer.message.parts[0].text
    assert "mine" == answer.accounting.target.provider


OFFERS = "llmrpc.yaml:2: providers.mine.kind: the package acme-llm 1.2 offers it, and"


@pytest.mark.parametrize(
    ("code", "named", "expected"),
    [
        ("import nowhere", "Acme", "does not load: ModuleNotFoundError: No module named 'nowhere'"),
        ("1 / 0", "Acme", "does not load: ZeroDivisionError: division by zero"),
        ("raise SystemExit('so')", "Acme", "does not load: SystemExit: so"),
        ("def f(:", "Acme", "does not load: SyntaxError: "),
        ("x = 1", "Acme", "does not load: AttributeError: module 'acme_llm' has no attribute 'Acme'"),
        ("Acme = 5", "Acme", "is no provider: acme_llm:Acme lacks close, "),
        (f"{GOOD}    settings = 5", "Acme", "is no provider: acme_llm:Acme lacks settings that are a pydantic model"),
        (GOOD, "Acme extra", "does not load: "),
        (SLOTS, "Acme", 'is no provider: acme_llm:Acme lacks "__weakref__" in __slots__'),
    ],
)
def test_packages_that_cannot_be_used(tmp_path: Path, code: str, named: str, expected: str) -> None:
    """A package that does not load, or whose kind is no provider, is named, with the line that asks for it."""
    package(tmp_path, "acme-llm", code, "acme", named=named)
    status, _, said = checked(tmp_path)

    assert 78 == status
    assert 1 == said.count("\n")
    assert said.startswith(f"{OFFERS} {expected}")


def test_nobody_asks_for_a_broken_one(tmp_path: Path) -> None:
    """A package that cannot be used is no harm to whoever does not use it."""
    package(tmp_path, "acme-llm", GOOD, "acme")
    package(tmp_path, "broken-llm", "1 / 0", "broken")

    assert 0 == checked(tmp_path)[0]


def test_two_packages(tmp_path: Path) -> None:
    """A kind that two packages offer is nobody's: both are named."""
    package(tmp_path, "acme-llm", GOOD, "acme")
    package(tmp_path, "acme-too", GOOD, "acme")
    code, _, said = checked(tmp_path)

    problem, _, names = said.rstrip("\n").partition(": more than one package offers it: ")
    assert (78, "llmrpc.yaml:2: providers.mine.kind") == (code, problem)
    assert {"acme-llm 1.2", "acme-too 1.2"} == set(names.split(", "))


def test_our_own_kinds_stay(tmp_path: Path) -> None:
    """A package cannot replace a kind of our own; that it wanted to is a warning."""
    package(tmp_path, "acme-llm", "1 / 0", "openai")

    warning = 'the package acme-llm 1.2 offers the provider kind "openai", which is our own: it is not used'
    expected = (0, "llmrpc.yaml: good, with 1 warning\n  default: mine/gpt-4o\n", f"warning: {warning}\n")
    assert expected == checked(tmp_path, "kind: openai")
    done = subprocess.run(
        [LLMRPC, "doctor", "--address", "127.0.0.1:1"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(tmp_path),
    )
    assert f"! configuration: {warning}" in done.stdout.splitlines()


def test_installed_for_real(tmp_path: Path) -> None:
    """A package that pip has installed adds its kind."""
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    (source / "acme_llm.py").write_text(GOOD, encoding="utf-8")
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "acme-llm"\nversion = "1.2"\n'
        '[project.entry-points."llmrpc.providers"]\nacme = "acme_llm:Acme"\n'
        '[tool.hatch.build.targets.wheel]\ninclude = ["acme_llm.py"]\n',
        encoding="utf-8",
    )
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", site, source], check=True, capture_output=True)

    assert 0 == checked(site)[0]
