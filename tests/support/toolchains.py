"""Tools from outside Python that some tests need: where they are, and what a test does without them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".venv" / "bin"
"""Where scripts/toolchains puts what the machine lacks or has too old."""


def search_path() -> str:
    """Give PATH with that place first: for looking a tool up, and for the process that is started."""
    return os.pathsep.join([str(PLACE), os.environ.get("PATH", os.defpath)])


def environment(**more: str) -> dict[str, str]:
    """Give the environment in which a test starts a tool."""
    return {**os.environ, "PATH": search_path(), **more}


def require(name: str) -> str:
    """Give the path of a tool that is good enough; without one the test is skipped, or fails where CI=true."""
    found = shutil.which(name, path=search_path())
    problem = f"{name} is not installed" if found is None else _CHECKS.get(name, _any_version)(found)
    if found is not None and problem is None:
        return found
    told = f"{problem}; scripts/toolchains installs what the tests need"
    if os.environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


def _any_version(_path: str) -> str | None:
    return None


def _check_go(path: str) -> str | None:
    go_mod = (ROOT / "clients" / "go" / "go.mod").read_text(encoding="utf-8")
    return _older(_said(path, "env", "GOVERSION"), _said_in(go_mod, r"^go (\S+)"), "Go")


def _check_mvn(path: str) -> str | None:
    pom = (ROOT / "clients" / "java" / "pom.xml").read_text(encoding="utf-8")
    wanted = _said_in(pom, r"<maven.compiler.release>(\d+)<")
    if shutil.which("javac", path=search_path()) is None:
        return f"JDK {wanted} is not installed"
    # Maven's own word: it can run on another JDK than the one on PATH.
    return _older(_said_in(_said(path, "--version"), r"^Java version: ([\d.]+)"), wanted, "JDK")


_CHECKS: dict[str, Callable[[str], str | None]] = {"go": _check_go, "mvn": _check_mvn}


def _said(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, env=environment(), cwd=ROOT)
    return done.stdout


def _said_in(text: str, pattern: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1) if found else ""


def _older(have: str, wanted: str, what: str) -> str | None:
    if _numbers(have) >= _numbers(wanted):
        return None
    return f"{what} {wanted} is needed, and this is {what} {have or '(unknown)'}"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
