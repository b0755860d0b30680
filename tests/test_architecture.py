"""What the documents say of the code's structure is true."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import llmrpc
from gateway import faulty, loaded
from llmrpc.v1 import error_reason_pb2
from llmrpc_server import app, errors, interceptors, providers
from llmrpc_server.errors import CallError, ProviderError
from toolchains import ROOT

MAX_LINES = 300
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def test_chain_is_told_as_it_is() -> None:
    """The docstring of interceptors/ names the steps in the order of app.py's list, and there is one file for each."""
    chain = inspect.getsource(app.App._chain)
    listed = re.findall(r"^            (?:self\._)?(\w+?)(?:Interceptor\(.*\))?,$", chain, re.MULTILINE)
    lines = re.findall(r"^([a-z, ]+): around", interceptors.__doc__ or "", re.MULTILINE)
    told = [name for line in lines for name in line.split(", ")]
    files = {path.stem for path in Path(interceptors.__file__).parent.glob("*.py")} - {"__init__", "base"}

    assert ["current", *(name.lower() for name in listed)] == told
    assert files == set(told)


def test_every_room_stands_on_the_plan() -> None:
    """ARCHITECTURE.md lists all rooms and files at the top of the server, and none that is not there."""
    plan = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("```")[1]
    rows = re.findall(r"^    ((?:\w+(?:/|\.py) *)+)", plan, re.MULTILINE)
    listed = {name for row in rows for name in row.split()}
    inside = [path for path in Path(app.__file__).parent.iterdir() if not path.name.startswith("_")]
    there = {f"{path.name}/" if path.is_dir() else path.name for path in inside} - {"py.typed"}

    assert there == listed


def test_every_kind_is_a_provider() -> None:
    """Each kind of the registry loads, goes by its name and has settings of its own."""
    for kind in providers.KINDS:
        provider = providers.load(kind)
        assert kind == provider.kind
        assert issubclass(provider.settings, providers.Settings)
        assert {"stream", "probe", "close"} <= set(dir(provider))


def test_a_vendor_is_configuration_alone() -> None:
    """A vendor that speaks a known wire format at another address needs a row of configuration and nothing else."""

    class Elsewhere:
        """A provider that nobody asks."""

        base_url = "http://127.0.0.1:9"

    config = faulty(Elsewhere())  # type: ignore[arg-type]
    config["providers"]["vendor"] = {"kind": "openai", "base_url": "https://vendor.example/v1"}
    config["routes"]["default"] = ["vendor/some-model"]

    assert "vendor" in loaded(config).providers


def subclasses(base: type[CallError]) -> Iterator[type[CallError]]:
    """Yield all classes below one."""
    for kind in base.__subclasses__():
        yield kind
        yield from subclasses(kind)


def test_every_error_stands_in_the_tree() -> None:
    """Each error class has a code, a reason of the proto, a sentence, and its place in the drawn tree."""
    for kind in subclasses(CallError):
        assert re.search(rf"── {kind.__name__}\b", errors.__doc__ or ""), kind
        assert kind.__doc__
        if kind is not ProviderError:
            assert kind.reason in error_reason_pb2.ErrorReason.values()
            assert kind.code.value[0] > 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link of the documents names a file that exists."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]

    assert [] == missing


def test_client_exports_are_true() -> None:
    """The client's __all__ names what is there."""
    assert [] == [name for name in llmrpc.__all__ if not hasattr(llmrpc, name)]


def test_files_stay_small() -> None:
    """No file of the server or the client grows beyond 300 lines: it would hold two ideas."""
    sources = [*(ROOT / "server").rglob("*.py"), *(ROOT / "clients" / "python").rglob("*.py")]
    lengths = {path.name: len(path.read_text().splitlines()) for path in sources if "_pb2" not in path.name}
    long = {name: length for name, length in lengths.items() if length > MAX_LINES}

    assert {} == long
