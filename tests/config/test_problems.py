"""How the problems of llmrpc.yaml are told: all at once, each with its own line, and no secret."""

import traceback
from pathlib import Path

import pytest

from config.texts import DURATION, GOOD, KINDS, PROVIDERS, LoadText, provider, refusal
from llmrpc_server import providers
from llmrpc_server.config.loading import BadConfig, load


def test_lines_are_those_of_the_keys(load_text: LoadText) -> None:
    """Each problem has the line of its own key, in the long form and in the short one."""
    text = PROVIDERS + "routes:\n  short:\n    - openai/a\n    - opnai/b\n  long:\n    targets:\n      - model: zzz/c\n"

    assert [
        'llmrpc.yaml:6: routes.short.targets[1]: no provider "opnai" is configured; did you mean "openai"?',
        'llmrpc.yaml:9: routes.long.targets[0]: no provider "zzz" is configured',
    ] == refusal(load_text, text)


def test_tells_all_problems_at_once(load_text: LoadText, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever mends a file sees all that is wrong with it in one run, in the order of the lines."""
    monkeypatch.delenv("UNSET", raising=False)
    text = (
        "rutes: {}\n"
        "providers:\n"
        "  a: {kind: opnai}\n"
        "  b: {kind: openai, api_key: '${UNSET}', bse_url: x}\n"
        "  b: {kind: openai, api_key: sk-marker-2}\n"
        "routes:\n"
        "  default: {targets: [], timeouts: {idle: soon}}\n"
        "  1: [a/b]\n"
    )

    assert [
        'llmrpc.yaml:1: rutes: unknown key; did you mean "routes"?',
        f'llmrpc.yaml:3: providers.a.kind: must be one of {KINDS}; did you mean "openai"?',
        "llmrpc.yaml:4: providers.b.api_key: the environment variable UNSET is not set",
        "llmrpc.yaml:5: providers.b: stands twice",
        "llmrpc.yaml:7: routes.default.targets: must hold at least one",
        f"llmrpc.yaml:7: routes.default.timeouts.idle: {DURATION}",
        "llmrpc.yaml:8: routes.1: must be text: put the key into quotes",
    ] == refusal(load_text, text)


def test_problems_that_only_follow_are_left_out(load_text: LoadText, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference without a value is one problem, not also what is wrong with the nothing in its place."""
    monkeypatch.delenv("UNSET", raising=False)
    text = (
        "providers:\n  openai: {kind: openai, base_url: '${UNSET}'}\n"
        "routes:\n  default: {targets: ['${UNSET}/a'], max_output_tokens: '${UNSET}'}\n"
    )

    assert [
        f"llmrpc.yaml:{where}: the environment variable UNSET is not set"
        for where in (
            "2: providers.openai.base_url",
            "4: routes.default.targets[0]",
            "4: routes.default.max_output_tokens",
        )
    ] == refusal(load_text, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [", "1: not YAML: "),
        ("a: 1\nb: &x [*x]", "2: b: is nested more than 32 deep"),
        (b"a: 1\nb: \xff", "2: is not UTF-8 text"),
        ("a: 1\nb: \x00", "2: not YAML: special characters are not allowed"),
    ],
)
def test_refuses_what_is_no_document(load_text: LoadText, text: str | bytes, line: str) -> None:
    """What cannot be read at all is refused in one line with its number."""
    lines = refusal(load_text, text)

    assert 1 == len(lines)
    assert lines[0].startswith(f"llmrpc.yaml:{line}")


def test_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there, or is none, is refused with the system's reason."""
    for path, reason in ((tmp_path / "none.yaml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(BadConfig) as failed:
            load(path, providers.KINDS, lambda kind: providers.load(kind).settings)

        assert f"{path}: cannot be read: {reason}" == str(failed.value)


def test_secrets_are_not_shown(load_text: LoadText) -> None:
    """Neither what was loaded nor any problem shows a secret, be it good, bad or in the wrong place."""
    loaded = load_text(GOOD)
    shown = [repr(loaded), str(loaded), repr(loaded.providers["openai"][1]), str(loaded.providers["openai"][1])]
    for section in (
        "{kind: openai, api_key: '${TEST_KEY}', api_keys: ['${TEST_KEY}']}",
        "{kind: openai, api_key: sk-marker-5}",
        "{kind: openai, api_key: {sk: '${TEST_KEY}'}}",
        "{kind: openai, api_keys: '${TEST_KEY}'}",
        "{kind: openai, base_url: '${TEST_KEY}'}",
        "{kind: '${TEST_KEY}'}",
        "'${TEST_KEY}'",
        "{kind: local, path: ['${TEST_KEY}'], slots: '${TEST_KEY}'}",
    ):
        with pytest.raises(BadConfig) as failed:
            load_text(provider(section))
        shown += traceback.format_exception(failed.value)

    assert "marker" not in "".join(shown)
