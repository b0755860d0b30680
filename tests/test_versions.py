"""The server runs on the oldest versions that pyproject.toml allows of what it needs, and on the newest ones."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from toolchains import ROOT

UV = str(Path(sys.executable).with_name("uv"))
EVERYTHING = ".[cli,server,otel,postgres,local]"
# What runs the tests is as locked; theirs is not the question.
RUNNERS = (
    "pytest",
    "pytest-asyncio",
    "pytest-timeout",
    "sybil",
    "trustme",
    "psutil",
    "httpx",
    "cohere",
    "jsonschema",
    "hypothesis",
)
TESTS = ("tests/test_complete.py", "tests/test_errors.py", "tests/contract", "tests/output", "tests/tracing")
LEAKS = ("tests/test_leaks.py", "tests/test_cancellation.py")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("resolution", "tests"), [("lowest-direct", TESTS), ("highest", TESTS + LEAKS)])
def test_it_runs_on_them(resolution: str, tests: tuple[str, ...], tmp_path: Path) -> None:
    """Answers, errors, shapes and traces are as ever; on the newest gRPC nothing leaks either."""
    python = tmp_path / "venv" / "bin" / "python"
    locked = [one for one in _frozen() if one.partition("==")[0] in RUNNERS]
    install = [UV, "pip", "install", "--quiet", "--python", str(python)]
    for command in (
        [UV, "venv", "--quiet", "--python", sys.executable, str(python.parents[1])],
        [*install, "--resolution", resolution, "--editable", EVERYTHING],
        [*install, *locked],
    ):
        subprocess.run(command, check=True, cwd=ROOT)
    # Deprecations of versions between are warnings, and those are for users to see.
    command = [str(python), "-m", "pytest", "-q", "-p", "no:anyio", "-W", "default", *tests]
    path = os.pathsep.join((str(python.parent), os.environ["PATH"]))
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PATH": path}
    )

    assert 0 == done.returncode, done.stdout[-5000:]


def _frozen() -> list[str]:
    listed = subprocess.run(
        [UV, "pip", "freeze", "--python", sys.executable], check=True, capture_output=True, text=True
    )
    return listed.stdout.splitlines()


def test_every_need_has_a_floor() -> None:
    """Each requirement tells the oldest version that is known to do."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = [*project["dependencies"], *(need for extra in project["optional-dependencies"].values() for need in extra)]

    assert [] == [need for need in needs if ">=" not in need]
