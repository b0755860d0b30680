"""Values and keys of llmrpc.yaml that nobody thinks of."""

import pytest

from config.texts import EMPTY, GOOD, MONEY, LoadText, refusal


@pytest.mark.parametrize(
    ("section", "found"),
    [
        ("'[key]': 1", "[key]: unknown key; known here: "),
        ("server: {'[key]': 1}", "server.[key]: unknown key; known here: drain_grace, "),
        ("limits: {rates: [{of: {'[key]': a}, in_flight: 1}]}", "limits.rates[0].of.[key]: must be 'tenant', "),
        ("prices: {openai/x: {input: .nan, output: 1}}", f"prices.openai/x.input: {MONEY}"),
        ("prices: {openai/x: {input: sNaN, output: 1}}", f"prices.openai/x.input: {MONEY}"),
        ("prices: {openai/x: {input: .inf, output: 1}}", f"prices.openai/x.input: {MONEY}"),
        (
            "budgets: [{name: b, limit: 1}, {name: b, tokens: 5}]",
            'budgets: must have a name for each budget, has "b" twice',
        ),
        ("budgets: [{name: b, limit: .nan}]", f"budgets[0].limit: {MONEY}"),
        ("prompts: {path: ''}", f"prompts.path: {EMPTY}"),
        ("auth: {keys: ''}", f"auth.keys: {EMPTY}"),
        ("auth: {jwt: {jwks: '', issuer: i, audience: a}}", f"auth.jwt.jwks: {EMPTY}"),
        ("auth: {jwt: {jwks: 'https://h/k', issuer: i, audience: a, ca_bundle: ''}}", f"auth.jwt.ca_bundle: {EMPTY}"),
        ("server: {tls: {cert: '', key: k}}", f"server.tls.cert: {EMPTY}"),
        ("server: {tls: {cert: c, key: ''}}", f"server.tls.key: {EMPTY}"),
        ("server: {tls: {cert: c, key: k, client_ca: ''}}", f"server.tls.client_ca: {EMPTY}"),
        ("output: {descriptors: [d, '']}", f"output.descriptors[1]: {EMPTY}"),
        ('auth: {keys: "a\\0b"}', "auth.keys: must not hold U+0000"),
        ('"a\\nllmrpc.yaml": 1', "a\\nllmrpc.yaml: unknown key"),
        ('"\\ud800": 1', "\\ud800: must not hold U+D800"),
    ],
)
def test_hides_nothing_else(load_text: LoadText, section: str, found: str) -> None:
    """However strange a value or a key is, it is told on one line, where it stands, beside all other faults."""
    first, second = refusal(load_text, f"{GOOD}{section}\nrutes: {{}}\n")

    assert f"llmrpc.yaml:4: {found}" == first[: len(f"llmrpc.yaml:4: {found}")]
    assert second.startswith("llmrpc.yaml:5: rutes: unknown key")
