"""`llmrpc prompts`, and prompts and shapes for `llmrpc complete`."""

import subprocess
from pathlib import Path

import pytest

from fault_provider import ThreadedFaultProvider
from gateway import LLMRPC, Gateway
from prompts.files import write

_CONFIG = """
providers: {{a: {{kind: openai, base_url: http://127.0.0.1:9/v1, api_key: ${{file:key}}}}, b: {{kind: local}}}}
routes: {{default: [a/gpt-4o], other: [b/smollm2-135m-instruct]}}
prompts: {{path: {folder}}}
"""


def run(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run([LLMRPC, *words], check=False, capture_output=True, text=True, cwd=cwd, timeout=60)


@pytest.fixture
def place(tmp_path: Path, folder: Path) -> Path:
    """Return a folder with a configuration whose prompts are those of the tests."""
    (tmp_path / "key").write_text("k")
    (tmp_path / "llmrpc.yaml").write_text(_CONFIG.format(folder=folder))
    return tmp_path


def test_list_and_show(place: Path) -> None:
    """Names, versions with the current one marked, variables with type, default and description."""
    listed = run(place, "prompts", "list").stdout.splitlines()
    shown = run(place, "prompts", "show", "greeting@2").stdout.splitlines()

    assert "greeting  10* 2 1  Says hello." in listed
    assert [
        "greeting@2  Says hello.",
        "  name  string  required  Who is greeted.",
        '  tone  string  default "kind"',
    ] == shown


def test_render(place: Path) -> None:
    """The messages for a target of the configuration; what is wrong is told."""
    done = run(place, "prompts", "render", "order", "--var", 'items:=[{"name": "tea"}]', "--var", "note=hot")
    wrong = run(place, "prompts", "render", "order")

    assert "--- user\nOrder:\n1. tea (HOT)\n" == done.stdout
    assert (65, 'prompt.variables["items"]: must be set\n') == (wrong.returncode, wrong.stderr)


def test_check(place: Path, folder: Path) -> None:
    """A good folder is good; every problem is told with its line, exit code 65."""
    good = run(place, "prompts", "check")
    write(folder, {"bad/1.yaml": "description: x\n"})
    bad = run(place, "prompts", "check", "--path", str(folder))

    assert (0, f"{folder}: good, 7 prompts\n") == (good.returncode, good.stdout)
    assert (65, f"{folder}/bad/1.yaml:1: messages: must be set\n") == (bad.returncode, bad.stderr)


async def test_complete_with_a_prompt(prompting: Gateway, faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """`llmrpc complete --prompt NAME --var k=v --schema FILE` asks for all that."""
    import asyncio

    (tmp_path / "schema.json").write_text('{"type": "object", "required": ["ok"]}')
    words = ["complete", "--address", prompting.address, "--model", "openai/json", "--prompt", "greeting@2"]
    words += ["--var", "name=Ada", "--schema", "schema.json"]
    done = await asyncio.to_thread(run, tmp_path, *words)

    assert (0, "") == (done.returncode, done.stderr.partition("Error")[1])
    assert "ok" in done.stdout
    assert "Salute Ada." == faults.attempts[0].body["messages"][-1]["content"]
