"""The public surface: every RPC and message says what it is for, and what was released stays."""

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from toolchains import ROOT, require

PROTOS = sorted((ROOT / "protos").rglob("*.proto"))


def breaking(tree: Path) -> subprocess.CompletedProcess[str]:
    """Compare a copy of the protos with the released surface."""
    command = [require("buf"), "breaking", "--against", str(ROOT / "protos" / "released.binpb")]
    return subprocess.run(command, check=False, cwd=tree, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the protos, to break them."""
    shutil.copytree(ROOT / "protos", tmp_path / "protos")
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    return tmp_path


def test_protos_break_nothing(tree: Path) -> None:
    """Today's protos hold all of the released surface."""
    done = breaking(tree)

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("string user = 12;", "string end_user = 12;"),
        ("rpc StreamComplete", "rpc Stream"),
        ("optional double temperature = 1;", "optional float temperature = 1;"),
        ("FINISH_REASON_STOP = 1;", "FINISH_REASON_END = 1;"),
    ],
)
def test_a_planted_break_is_found(tree: Path, old: str, new: str) -> None:
    """A renamed field, method or value and a changed type are breaks."""
    proto = tree / "protos" / "llmrpc" / "v1" / "completion.proto"
    text = proto.read_text()
    assert old in text
    proto.write_text(text.replace(old, new))

    assert 0 != breaking(tree).returncode


@pytest.mark.parametrize("proto", PROTOS, ids=lambda path: path.stem)
def test_lists_say_how_to_page(proto: Path) -> None:
    """Every page_token and next_page_token has a comment of its own."""
    lines = proto.read_text().splitlines()
    pairs = itertools.pairwise(lines)
    bare = [line for above, line in pairs if re.search(r"page_token = ", line) and "//" not in above]

    assert [] == bare
