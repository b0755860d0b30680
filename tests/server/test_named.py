"""What a configuration names and does not hold: `config check`, `doctor` and `serve` tell what of it cannot be used."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from certificates import Authority
from gateway import LLMRPC
from output.protos import DESCRIPTORS
from prompts.files import FILES, GREETING, write

CONFIG = """\
providers:
  openai: {kind: openai, api_key: '${TEST_KEY}', base_url: "http://127.0.0.1:1/v1"}
routes: {default: [openai/gpt-4o]}
prompts: {path: prompts}
output:
  descriptors:
    - acme.binpb
    - more.binpb
  parsers:
    mood: {kind: choice, choices: [good, bad]}
    person: {kind: pydantic, model: "acme_people:Person"}
    place:
      kind: pydantic
      model: "acme_places:Place"
auth:
  keys: keys.yaml
  jwt:
    jwks: jwks.json
    issuer: https://id.example
    audience: llmrpc
server:
  tls: {cert: cert.pem, key: key.pem}
"""
MODEL = "from pydantic import BaseModel\n\nclass {}(BaseModel):\n    name: str\n"
JWKS = json.dumps(
    {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a configuration that names everything, and all that it names."""
    pair = Authority(tmp_path).pair()
    write(tmp_path / "prompts", FILES)
    files = {
        "llmrpc.yaml": CONFIG.encode(),
        "acme.binpb": DESCRIPTORS,
        "more.binpb": DESCRIPTORS,
        "acme_people.py": MODEL.format("Person").encode(),
        "acme_places.py": MODEL.format("Place").encode(),
        "keys.yaml": b"keys: []",
        "jwks.json": JWKS.encode(),
        "cert.pem": pair.cert.read_bytes(),
        "key.pem": pair.key.read_bytes(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """Run the command as a user does; return its exit code and what it says is wrong."""
    environment = {**os.environ, "TEST_KEY": "sk-marker-1", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [LLMRPC, *arguments], check=False, capture_output=True, text=True, timeout=60, cwd=folder, env=environment
    )
    assert "marker" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, (done.stderr or done.stdout).splitlines()


def test_all_is_well(folder: Path) -> None:
    """What is there and good is no problem."""
    assert (0, ["llmrpc.yaml: good", "  default: openai/gpt-4o"]) == run(folder, "config", "check")


GONE: dict[str, tuple[bytes | None, str]] = {
    "prompts/order/1.yaml": (b"a: [", "4: prompts.path: prompts/order/1.yaml:1: not YAML"),
    "acme.binpb": (None, "7: output.descriptors[0]: acme.binpb: cannot be read: No such file or directory"),
    "acme_people.py": (
        None,
        (
            "11: output.parsers.person.model: acme_people:Person cannot be used: No module named 'acme_people'; "
            "is its folder on PYTHONPATH?"
        ),
    ),
    "acme_places.py": (
        b"class Plaice: ...",
        (
            "14: output.parsers.place.model: acme_places:Place cannot be used: "
            "module 'acme_places' has no attribute 'Place'"
        ),
    ),
    "keys.yaml": (
        None,
        (
            "16: auth.keys: keys.yaml: cannot be read: No such file or directory; "
            "make a first key: llmrpc keys create --tenant NAME --file keys.yaml"
        ),
    ),
    "jwks.json": (None, "18: auth.jwt.jwks: jwks.json: cannot be read: No such file or directory"),
    "cert.pem": (None, "22: server.tls: cert.pem: cannot be read: No such file or directory"),
}
BAD: dict[str, tuple[bytes | None, str]] = {
    "prompts/greeting/1.yaml": (
        GREETING.replace("{tone}", "{tune}").encode(),
        '4: prompts.path: prompts/greeting/1.yaml:6: messages[0].text: uses "tune", which is none of its variables',
    ),
    "more.binpb": (
        b"syntax = 'proto3';",
        "8: output.descriptors[1]: more.binpb: must be a serialized google.protobuf.FileDescriptorSet",
    ),
    "acme_people.py": (
        b"class Person: ...",
        (
            "11: output.parsers.person.model: acme_people:Person cannot be used: "
            "Unable to generate pydantic-core schema for <class 'acme_people.Person'>."
        ),
    ),
    "acme_places.py": (
        b"1 / 0",
        "14: output.parsers.place.model: acme_places:Place cannot be used: division by zero",
    ),
    "keys.yaml": (b"keyz: []", "16: auth.keys: keys.yaml: keyz: Extra inputs are not permitted"),
    "jwks.json": (b"{}", "18: auth.jwt.jwks: jwks.json: is not a JSON Web Key Set"),
    "key.pem": (b"x", "22: server.tls: cert.pem, key.pem: the key is not one in PEM without a passphrase"),
}


@pytest.mark.parametrize("broken", [GONE, BAD], ids=["gone", "bad"])
def test_each_is_told_with_its_key(folder: Path, broken: dict[str, tuple[bytes | None, str]]) -> None:
    """What is missing or no good is told at once, each on one line with file, line and key, and nothing else is."""
    for name, (content, _) in broken.items():
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_bytes(content)
    code, told = run(folder, "config", "check")

    expected = [f"llmrpc.yaml:{text}" for _, text in broken.values()]
    assert 78 == code
    assert expected == [line[: len(start)] for start, line in zip(expected, told, strict=True)]


def test_all_at_once(folder: Path) -> None:
    """What is wrong in the file and what is wrong with what it names are told together, each once."""
    for name in ("acme_people.py", "keys.yaml", "cert.pem"):
        (folder / name).unlink()
    changes = {
        "routes: {default: [openai/gpt-4o]}": "routes: {default: [gpt-4o, opnai/gpt-4o], fast: [cloud/x]}",
        "- more.binpb": "- none.binpb",
        "choices: [good, bad]": "choices: 5",
        "jwks: jwks.json": "jwks: ${UNSET}",
        "server:\n  tls": "cache: {memory: much}\nrutes: {}\nserver:\n  drain_wait: soon\n  tls",
    }
    text = CONFIG
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / "llmrpc.yaml").write_text(text, encoding="utf-8")
    code, told = run(folder, "config", "check")

    expected = [
        '3: routes.default.targets[0].model: must be written "provider/model"',
        '3: routes.default.targets[1]: no provider "opnai" is configured; did you mean "openai"?',
        '3: routes.fast.targets[0]: no provider "cloud" is configured',
        "8: output.descriptors[1]: none.binpb: cannot be read",
        "10: output.parsers.mood.choice.choices: must be a list",
        "11: output.parsers.person.model: acme_people:Person cannot be used",
        "16: auth.keys: keys.yaml: cannot be read",
        "18: auth.jwt.jwks: the environment variable UNSET is not set",
        "21: cache.memory: must be a size such as 64MiB, or 0",
        "22: rutes: unknown key",
        "24: server.drain_wait: must be a duration such as 500ms, 30s, 5m or 1h",
        "25: server.tls: cert.pem: cannot be read",
    ]
    starts = [f"llmrpc.yaml:{text}" for text in expected]
    assert 78 == code
    assert starts == [line[: len(start)] for start, line in zip(starts, told, strict=True)]
    assert told == run(folder, "serve", "--listen", "127.0.0.1:0", "--metrics", "off")[1]
    assert told == run(folder, "doctor")[1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {
                "auth:\n": "auth:\n  certificates: [{san: a.example, tenant: acme}]\n",
                "key: key.pem}": "key: key.pem, client_ca: 5}",
            },
            "23: server.tls.client_ca: must be text",
        ),
        ({"openai:": "a/b:"}, '2: providers.a/b: must have a name without "/"'),
        ({"  keys: keys.yaml": "  keys: ${UNSET}"}, "16: auth.keys: the environment variable UNSET is not set"),
        ({"prompts: {path: prompts}": "prompts: {path: 5}"}, "4: prompts.path: must be text"),
    ],
)
def test_what_only_follows_is_not_told(folder: Path, changes: dict[str, str], told: str) -> None:
    """A fault is told once, without what is only so because of it."""
    text = CONFIG
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / "llmrpc.yaml").write_text(text, encoding="utf-8")

    assert (78, [f"llmrpc.yaml:{told}"]) == run(folder, "config", "check")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "none.gguf: cannot be read: No such file or directory"),
        (b"no model", "none.gguf: is no model in GGUF"),
        (b"", "none.gguf: is no model in GGUF"),
        (b"GGUF\x03\x00\x00\x00", ""),
    ],
)
def test_a_local_model(tmp_path: Path, content: bytes | None, told: str) -> None:
    """A file that is there and begins as models do is one; of any other it is told, and told once."""
    text = "providers:\n  mine:\n    kind: local\n    path: none.gguf\nroutes: {default: [mine/none]}\n"
    (tmp_path / "llmrpc.yaml").write_text(text, encoding="utf-8")
    if content is not None:
        (tmp_path / "none.gguf").write_bytes(content)
    expected = f"llmrpc.yaml:4: providers.mine.path: {told}"

    if told:
        assert (78, [expected]) == run(tmp_path, "config", "check")
        assert (78, [expected]) == run(tmp_path, "serve", "--listen", "127.0.0.1:0", "--metrics", "off")
        _, examined = run(tmp_path, "doctor", "--address", "127.0.0.1:1")
        assert [f"✗ configuration: {expected}"] == [
            line for line in examined if told in line or "provider mine" in line
        ]
    else:
        assert 0 == run(tmp_path, "config", "check")[0]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("''", ".: is no file"),
        ("'${UNSET}'", "the environment variable UNSET is not set"),
        ('"a\\0"', "must not hold U+0000"),
    ],
)
def test_a_path_that_is_none(tmp_path: Path, path: str, told: str) -> None:
    """A local model without a name is told once, at its path, and its targets are not blamed."""
    text = f"providers:\n  mine:\n    kind: local\n    path: {path}\nroutes: {{default: [mine/none]}}\n"
    (tmp_path / "llmrpc.yaml").write_text(text, encoding="utf-8")

    assert (78, [f"llmrpc.yaml:4: providers.mine.path: {told}"]) == run(tmp_path, "config", "check")


def test_names_that_no_file_can_have(folder: Path) -> None:
    """A name that the system refuses, or with a line break in it, is told on one line as any other."""
    long = "a" * 300
    text = CONFIG.replace("path: prompts", f"path: {long}").replace("keys: keys.yaml", f"keys: {long}")
    (folder / "llmrpc.yaml").write_text(text.replace("- acme.binpb", '- "a\\nb"'), encoding="utf-8")
    too_long = f"{long}: cannot be read: File name too long"

    assert [
        f"llmrpc.yaml:4: prompts.path: {too_long}",
        "llmrpc.yaml:7: output.descriptors[0]: a\\nb: cannot be read: No such file or directory",
        f"llmrpc.yaml:16: auth.keys: {too_long}",
    ] == run(folder, "config", "check")[1]


def test_the_others_tell_the_same(folder: Path) -> None:
    """`doctor` finds what `config check` does, and `serve` refuses to start with the same words."""
    (folder / "llmrpc.yaml").write_text(CONFIG.replace("prompts: {path: prompts}\n", ""), encoding="utf-8")
    (folder / "acme.binpb").unlink()
    told = "llmrpc.yaml:6: output.descriptors[0]: acme.binpb: cannot be read: No such file or directory"
    code, lines = run(folder, "doctor", "--address", "127.0.0.1:1")

    assert (1, [f"✗ configuration: {told}"]) == (code, [line for line in lines if line.startswith("✗ conf")])
    assert (78, [told]) == run(folder, "serve", "--listen", "127.0.0.1:0", "--metrics", "off")


def test_the_hint_of_a_first_key_is_right(folder: Path) -> None:
    """What is to be typed makes the file that is missing, whichever file is the configuration."""
    (folder / "llmrpc.yaml").rename(folder / "other.yaml")
    text = (folder / "other.yaml").read_text(encoding="utf-8").replace("keys.yaml", "our keys.yaml")
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    _, (told,) = run(folder, "serve", "--config", "other.yaml", "--listen", "127.0.0.1:0")
    command = shlex.split(told.partition("make a first key: ")[2])

    assert "llmrpc" == command[0]
    assert 0 == run(folder, *command[1:])[0]
    assert (0, ["other.yaml: good", "  default: openai/gpt-4o"]) == run(folder, "config", "check", "other.yaml")


def test_a_folder_of_prompts_that_is_not_there(folder: Path) -> None:
    """A server without its folder would refuse every call that names a prompt."""
    (folder / "llmrpc.yaml").write_text(CONFIG.replace("path: prompts", "path: promts"), encoding="utf-8")
    told = "llmrpc.yaml:4: prompts.path: promts: is no folder"

    assert (78, [told]) == run(folder, "config", "check")
