"""`llmrpc keys`, and what `llmrpc serve` does without a word about who may call."""

import json
import stat
import subprocess
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from gateway import LLMRPC
from llmrpc.cli.app import app
from llmrpc_server.auth import key_file
from llmrpc_server.auth.keys import KeyBook

_CONFIG = "providers: {local: {kind: local, path: model.gguf}}\nroutes: {default: [local/model]}\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the file of keys that a configuration in this folder has."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llmrpc.yaml").write_text(f"{_CONFIG}auth: {{keys: my-keys.yaml}}\n", encoding="utf-8")
    return tmp_path / "my-keys.yaml"


def _run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["keys", *arguments])
    assert code == result.exit_code, result.output
    return result


def _book(path: Path) -> KeyBook:
    return key_file.parse(path.read_bytes())


def test_create(path: Path) -> None:
    """A key is printed alone on standard output, is good, and is in the file only as a hash, readable by its owner."""
    result = _run("create", "--tenant", "acme", "--user", "bob", "--scope", "complete", "--scope", "model:fast")
    key = result.stdout.strip()

    principal = _book(path).find(key)
    assert principal is not None
    assert ("acme", "bob") == (principal.tenant, principal.user)
    assert frozenset({"complete", "model:fast"}) == principal.scopes
    assert key.split("_", 2)[2] not in path.read_text(encoding="utf-8") + result.stderr
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_changes_are_audited(path: Path) -> None:
    """Each change leaves a line that tells what was done with which key, and by whom."""
    created = _run("create", "--tenant", "acme", "--json")
    key_id = json.loads(created.stdout)["id"]
    lines = [created, _run("rotate", key_id), _run("revoke", key_id)]

    told = [json.loads(line.stderr) for line in lines]
    assert ["key created", "key rotated", "key revoked"] == [line["action"] for line in told]
    assert {("acme", key_id)} == {(line["tenant"], line["key"]) for line in told}
    assert all(line["by"] for line in told)


def test_revoke(path: Path) -> None:
    """A revoked key is good no more, and is still listed."""
    key = _run("create", "--tenant", "acme").stdout.strip()
    _run("revoke", key.split("_")[1])

    assert _book(path).find(key) is None
    assert ["revoked"] == [row["state"] for row in json.loads(_run("list", "--json").stdout)]


def test_rotate(path: Path) -> None:
    """A rotated key has a new text under its id; the old one is good for the grace, and no longer."""
    old = _run("create", "--tenant", "acme").stdout.strip()
    new = _run("rotate", old.split("_")[1], "--grace", "1h").stdout.strip()
    assert _book(path).find(old) == _book(path).find(new) is not None
    newest = _run("rotate", old.split("_")[1], "--grace", "0s").stdout.strip()

    assert [False, False, True] == [_book(path).find(text) is not None for text in (old, new, newest)]


def test_expired(path: Path) -> None:
    """A key that has ended is listed as expired."""
    key = _run("create", "--tenant", "acme", "--expires", "0s").stdout.strip()

    assert _book(path).find(key) is None
    assert "expired" in _run("list").stdout


def test_the_list_says_what_each_may_do_and_until_when(path: Path) -> None:
    """Each key is a line below the names of its columns."""
    _run("create", "--tenant", "acme", "--user", "bob", "--scope", "complete", "--scope", "model:fast", "--note", "a b")
    _run("create", "--tenant", "shop", "--expires", "90d")
    head, *lines = _run("list").stdout.splitlines()
    first, second = json.loads(_run("list", "--json").stdout)

    assert ["id", "state", "tenant", "user", "expires", "scopes", "note"] == head.split()
    assert {head.index("scopes")} == {lines[0].index("complete,model:fast"), lines[1].index("complete,models,")}
    assert [first["id"], "good", "acme", "bob", "never", "complete,model:fast", "a", "b"] == lines[0].split()
    ordinary = "complete,models,prompts,usage"
    assert [second["id"], "good", "shop", "-", second["expires"], ordinary, "-"] == lines[1].split()


def test_the_list_is_in_columns_whatever_stands_in_it(path: Path) -> None:
    """Wide letters take the room that they take, and no note commands the terminal or makes a line of its own."""
    _run("create", "--tenant", "日本語", "--note", "a\nb\tc\x1b[31md")
    _run("create", "--tenant", "acme", "--user", "bob")
    head, first, second = _run("list").stdout.splitlines()

    column = cell_len(head[: head.index("expires")])
    assert [column, column] == [cell_len(line[: line.index("never")]) for line in (first, second)]
    assert first.endswith("  a b c[31md")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["create"], "--tenant"),
        (["create", "--tenant", ""], "--tenant"),
        (["create", "--tenant", "a", "--scope", "root"], "--scope"),
        (["create", "--tenant", "a", "--expires", "soon"], "--expires"),
        (["revoke", "0123456789ab"], "ID"),
        (["rotate", "0123456789ab", "--grace", "x"], "--grace"),
    ],
)
def test_wrong_arguments(path: Path, arguments: list[str], problem: str) -> None:
    """What is wrong on the command line is told by the option's name, and changes nothing."""
    assert problem in _run(*arguments, code=2).stderr
    assert not path.exists() or not _book(path).keys


def test_a_revoked_key_is_not_rotated(path: Path) -> None:
    """Rotating would bring it back."""
    key_id = _run("create", "--tenant", "acme").stdout.split("_")[1]
    _run("revoke", key_id)

    assert "revoked" in _run("rotate", key_id, code=2).stderr


def test_a_bad_file_is_left_alone(path: Path) -> None:
    """A file that is not one of keys is never written over."""
    path.write_text("something else", encoding="utf-8")

    assert "my-keys.yaml" in _run("create", "--tenant", "acme", code=78).stderr
    assert "something else" == path.read_text(encoding="utf-8")


def test_another_file(path: Path) -> None:
    """`--file` goes before the configuration."""
    _run("create", "--tenant", "acme", "--file", "other.yaml")

    assert 1 == len(_book(path.with_name("other.yaml")).keys)
    assert not path.exists()


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "gateway.example.com:0"])
def test_nothing_open_without_auth(tmp_path: Path, listen: str) -> None:
    """Without `auth` the server refuses every address but this machine's, and says what to do."""
    (tmp_path / "llmrpc.yaml").write_text(_CONFIG, encoding="utf-8")
    (tmp_path / "model.gguf").touch()
    command = [str(LLMRPC), "serve", "--listen", listen, "--metrics", "off"]
    result = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=60)

    assert 78 == result.returncode
    assert "auth: is missing" in result.stderr
    assert "--insecure" in result.stderr
