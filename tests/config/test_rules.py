"""Rules about several keys of llmrpc.yaml, where other keys are wrong, too."""

import pytest

from config.texts import GOOD, LoadText, refusal

_UNSEEN = "auth.certificates: no certificate is ever seen"
_UNCOUNTED = "cache.memcached[0]: must be HOST:PORT where limits.rates"


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("server: {drain_wait: soon}", ["server.drain_wait", _UNSEEN, _UNCOUNTED]),
        ("server: {tls: {cert: 5, key: k}}", ["server.tls.cert", _UNCOUNTED]),
        ("server: 5", ["server", _UNCOUNTED]),
    ],
)
def test_a_rule_waits_for_its_own_keys_alone(load_text: LoadText, other: str, told: list[str]) -> None:
    """What is wrong elsewhere in the same sections hides no rule about several keys."""
    text = (
        f"{GOOD}{other}\nauth: {{certificates: [{{san: a, tenant: t}}], open: 5}}\n"
        "cache: {memcached: [/run/m], ttl: soon}\nlimits: {rates: [{in_flight: 1}], rpm: 1}\n"
    )
    rest = ["auth.open", "cache.ttl", "limits.rpm"]

    lines = sorted(line.split(" ", 1)[1] for line in refusal(load_text, text))
    assert len(lines) == len(told) + len(rest)
    assert all(line.startswith(start) for line, start in zip(lines, sorted([*told, *rest]), strict=True))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("auth: {certificates: [{san: a}]}", ["auth.certificates[0].tenant"]),
        ("auth: {certificates: [{san: a, tenant: t}], forwarded: {trusted: []}}", ["auth.forwarded.trusted"]),
        ("cache: {memcached: [/run/m, 5]}\nlimits: {rates: [{in_flight: 1}]}", ["cache.memcached[1]"]),
        ("cache: {memcached: [/run/m]}\nlimits: {rates: [{in_flight: 1}, {by: 5}]}", ["limits.rates[1].by"]),
    ],
)
def test_a_rule_waits_for_its_own_keys(load_text: LoadText, other: str, told: list[str]) -> None:
    """A rule about several keys says nothing until each of them is right."""
    assert told == [line.split(" ")[1].rstrip(":") for line in refusal(load_text, f"{GOOD}{other}\n")]
