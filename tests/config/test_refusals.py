"""What is wrong in llmrpc.yaml, section by section: file, line, key, what would be right."""

import pytest

from config.texts import (
    ADDRESS,
    DATABASE,
    DURATION,
    GOOD,
    KINDS,
    LITERAL,
    MAPPING,
    PASSWORD,
    PROVIDERS,
    ROUTES,
    LoadText,
    provider,
    refusal,
    route,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "1: providers: must be set"),
        ("# only a comment\n", "1: providers: must be set"),
        (ROUTES, "1: providers: must be set"),
        ("routes: {default: [a/b]}\nproviders:\n", f"2: providers: {MAPPING}"),
        ("routes: {default: [a/b]}\nproviders: {}\n", "2: providers: must hold at least one"),
        ("routes: {default: [a/b]}\nproviders: [openai]\n", f"2: providers: {MAPPING}"),
        ("routes: {default: [a/b]}\nproviders: openai\n", f"2: providers: {MAPPING}"),
        (PROVIDERS, "1: routes: must be set"),
        (PROVIDERS + "routes: {}\n", "3: routes: must hold at least one"),
        (PROVIDERS + "routes: [openai/gpt-4o]\n", f"3: routes: {MAPPING}"),
        (PROVIDERS + "routes: {'': [openai/gpt-4o]}\n", "3: routes.: must not be empty"),
        ("[a]", f"1: {MAPPING}"),
        ("a", f"1: {MAPPING}"),
        ("42", f"1: {MAPPING}"),
        ("~", f"1: {MAPPING}"),
        (GOOD + "rutes: {}\n", '4: rutes: unknown key; did you mean "routes"?'),
        (
            GOOD + "zzzzzz: {}\n",
            (
                "4: zzzzzz: unknown key; known here: auth, breaker, budgets, cache, idempotency, ledger, limits, "
                "output, prices, prompts, providers, routes, server, tracing"
            ),
        ),
        (GOOD + "auth: {}\n", "4: auth: must say who may call: keys, jwt or certificates"),
        (GOOD + "auth:\n", f"4: auth: {MAPPING}"),
        (GOOD + "auth: {keys: k, open: [all]}\n", "4: auth.open[0]: must be 'health' or 'reflection'"),
        (
            GOOD + "auth: {keys: k, forwarded: {trusted: [loopback]}}\n",
            "4: auth: forwarded needs certificates: whose certificate is which tenant's",
        ),
        (
            GOOD + "auth:\n  certificates: [{san: a, tenant: b}]\n",
            (
                "5: auth.certificates: no certificate is ever seen: "
                "set server.tls.client_ca, or auth.forwarded behind a mesh"
            ),
        ),
        (
            GOOD + "auth:\n  jwt: {jwks: 'http://a.example/keys', issuer: i, audience: a}\n",
            "5: auth.jwt.jwks: must be a file, or an address that begins with https://",
        ),
        (GOOD + "auth:\n  jwt: {jwks: k, issuer: i, audience: ''}\n", "5: auth.jwt.audience: must not be empty"),
        (
            GOOD + "auth:\n  jwt: {jwks: k, issuer: i, audience: a, scopes: [root]}\n",
            (
                "5: auth.jwt.scopes[0]: must be one of complete, models, prompts, usage, texts, cache, admin, "
                'or "model:" with a name or a prefix and *'
            ),
        ),
        (GOOD + "server: {tls: {cert: c}}\n", "4: server.tls.key: must be set"),
        (GOOD + "limits: {rpm: 5}\n", "4: limits.rpm: unknown key; known here: rates, server, store_down, target"),
        (GOOD + "server:\n", f"4: server: {MAPPING}"),
        (GOOD + "server: {drain_wait: -1s}\n", f"4: server.drain_wait: {DURATION}"),
        (GOOD + "server:\n  max_connection_age: 25d\n", "5: server.max_connection_age: must be at most 24d"),
        (GOOD + "cache: {memcached: host}\n", "4: cache.memcached: must be a list"),
        (GOOD + "cache: {memcached: [1]}\n", "4: cache.memcached[0]: must be text"),
        (GOOD + "ledger: {url: mysql://host/books}\n", f"4: ledger.url: {DATABASE}"),
        (GOOD + "ledger: {url: 'sqlite:///'}\n", f"4: ledger.url: {DATABASE}"),
        (
            GOOD + "ledger: {url: 'sqlite:///:memory:'}\n",
            "4: ledger.url: must name a file, without options: sqlite:///FILE",
        ),
        (
            GOOD + "ledger: {url: 'sqlite:///a.db?mode=ro'}\n",
            "4: ledger.url: must name a file, without options: sqlite:///FILE",
        ),
        (GOOD + "ledger: {url: 'postgresql://u:secret@h/books'}\n", f"4: ledger.url: {PASSWORD}"),
        (
            GOOD + "cache: {memcached: [host]}\n",
            "4: cache.memcached[0]: must be HOST:PORT, or the path of a Unix socket",
        ),
        (GOOD + "cache: {memcached: ['a:1', 'a:1']}\n", "4: cache.memcached: must name each server once"),
        (GOOD + "cache: {memory: 64}\n", "4: cache.memory: must be a size such as 64MiB, or 0"),
        (GOOD + "cache: {memory: false}\n", "4: cache.memory: must be a size such as 64MiB, or 0"),
        (GOOD + "cache: {ttl: 31d}\n", "4: cache.ttl: must be at most 30d"),
        (GOOD + "cache: {namespace: a b}\n", '4: cache.namespace: must be 1 to 40 letters, digits, "_", "." or "-"'),
        (GOOD + "on: 1\n", "4: on: must be text: put the key into quotes"),
    ],
)
def test_refuses_the_whole(load_text: LoadText, text: str, line: str) -> None:
    """What is wrong at the top of the file is told with file, line and key."""
    assert f"llmrpc.yaml:{line}" == refusal(load_text, text)[0]


@pytest.mark.parametrize(
    ("section", "found"),
    [
        ("", f": {MAPPING}"),
        ("hello", f": {MAPPING}"),
        ("[openai]", f": {MAPPING}"),
        ("{api_key: '${TEST_KEY}'}", f".kind: must be one of {KINDS}"),
        ("{kind: }", f".kind: must be one of {KINDS}"),
        ("{kind: [openai]}", f".kind: must be one of {KINDS}"),
        ("{kind: {openai: 1}}", f".kind: must be one of {KINDS}"),
        ("{kind: opnai}", f'.kind: must be one of {KINDS}; did you mean "openai"?'),
        (
            "{kind: openai, api_ky: '${TEST_KEY}', base_url: 'http://h'}",
            '.api_ky: unknown key; did you mean "api_key"?',
        ),
        ("{kind: openai}", ": needs api_key or api_keys, for example ${OPENAI_API_KEY}"),
        ("{kind: openai_responses}", ": needs api_key or api_keys, for example ${OPENAI_API_KEY}"),
        ("{kind: anthropic, api_keys: []}", ": needs api_key or api_keys, for example ${ANTHROPIC_API_KEY}"),
        ("{kind: cohere}", ": needs api_key or api_keys, for example ${CO_API_KEY}"),
        (
            "{kind: openai, api_key: '${TEST_KEY}', api_keys: ['${TEST_KEY}']}",
            ": set api_key or api_keys, not both",
        ),
        ("{kind: openai, api_keys: '${TEST_KEY}'}", ".api_keys: must be a list"),
        ("{kind: openai, api_key: sk-marker-2}", f".api_key: {LITERAL}"),
        ("{kind: openai, api_key: 12}", f".api_key: {LITERAL}"),
        ("{kind: openai, api_key: [sk-marker-2]}", f".api_key: {LITERAL}"),
        ("{kind: openai, api_key: 'sk-marker-2${TEST_KEY}'}", f".api_key: {LITERAL}"),
        ("{kind: openai, api_keys: ['${TEST_KEY}', sk-marker-2]}", f".api_keys[1]: {LITERAL}"),
        ("{kind: openai, api_key: '${UNSET}'}", ".api_key: the environment variable UNSET is not set"),
        ("{kind: openai, api_key: '${EMPTY}'}", ".api_key: the environment variable EMPTY is empty"),
        ("{kind: openai, api_keys: ['${UNSET}']}", ".api_keys[0]: the environment variable UNSET is not set"),
        ("{kind: '${UNSET}', base_url: 'http://h'}", ".kind: the environment variable UNSET is not set"),
        (
            "{kind: openai, api_key: '${LINES}'}",
            ".api_key: must be one line of printable ASCII characters without spaces",
        ),
        (
            "{kind: openai, api_key: '${ACCENT}'}",
            ".api_key: must be one line of printable ASCII characters without spaces",
        ),
        ("{kind: openai, api_key: !foo x}", '.api_key: has the tag "!foo", which means nothing here'),
        ("{kind: openai, base_url: 'ftp://h'}", f".base_url: {ADDRESS}"),
        ("{kind: openai, base_url: 'api.openai.com/v1'}", f".base_url: {ADDRESS}"),
        ("{kind: openai, base_url: 'http://'}", f".base_url: {ADDRESS}"),
        ("{kind: openai, base_url: 'http://[::1'}", f".base_url: {ADDRESS}"),
        ("{kind: openai, base_url: 'http://h:99999'}", f".base_url: {ADDRESS}"),
        ('{kind: openai, base_url: "http://h\\nx"}', f".base_url: {ADDRESS}"),
        ("{kind: openai, base_url: 5}", ".base_url: must be text"),
        ("{kind: local, context_tokens: 1}", ".context_tokens: must be greater than or equal to 64"),
        ("{kind: local, slots: many}", ".slots: must be a whole number"),
        ("{kind: local, path: 5}", ".path: must be a path"),
        ("{kind: local, api_key: '${TEST_KEY}'}", ".api_key: unknown key; known here: context_tokens, path, slots"),
        ("{kind: local, 1: 2}", ".1: must be text: put the key into quotes"),
    ],
)
def test_refuses_a_provider(load_text: LoadText, monkeypatch: pytest.MonkeyPatch, section: str, found: str) -> None:
    """What is wrong with a provider is told once, with its line and key; a secret is not told."""
    monkeypatch.delenv("UNSET", raising=False)
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("LINES", "sk-marker-3\n")
    monkeypatch.setenv("ACCENT", "sk-marker-é")

    lines = refusal(load_text, provider(section))

    assert [f"llmrpc.yaml:2: providers.openai{found}"] == lines
    assert "marker" not in lines[0]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", ": must be a list of targets, for example [openai/gpt-4o]"),
        ("openai/gpt-4o", ": must be a list of targets, for example [openai/gpt-4o]"),
        ("[]", ".targets: must hold at least one"),
        ("{targets: []}", ".targets: must hold at least one"),
        ("{targets: openai/gpt-4o}", ".targets: must be a list"),
        ("{}", ".targets: must be set"),
        ("[gpt-4o]", '.targets[0].model: must be written "provider/model"'),
        ("[openai/]", '.targets[0].model: must be written "provider/model"'),
        ("[/gpt-4o]", '.targets[0].model: must be written "provider/model"'),
        ("[openai/gpt-4o, 5]", '.targets[1].model: must be written "provider/model"'),
        ("[[openai/gpt-4o]]", '.targets[0].model: must be written "provider/model"'),
        ("[{weight: 1}]", ".targets[0].model: must be set"),
        ("[{model: 5}]", ".targets[0].model: must be text"),
        ("[{model: openai/gpt-4o, weight: 0}]", ".targets[0].weight: must be greater than or equal to 1"),
        ("[{model: openai/gpt-4o, wieght: 2}]", '.targets[0].wieght: unknown key; did you mean "weight"?'),
        ("[opnai/gpt-4o]", '.targets[0]: no provider "opnai" is configured; did you mean "openai"?'),
        ("{targets: [zzz/gpt-4o]}", '.targets[0]: no provider "zzz" is configured'),
        ("{targets: [openai/a], max_output_tokens: 0}", ".max_output_tokens: must be greater than or equal to 1"),
        (
            "{targets: [openai/a], max_output_tokens: 2147483648}",
            ".max_output_tokens: must be less than or equal to 2147483647",
        ),
        ("{targets: [openai/a], max_output_tokens: true}", ".max_output_tokens: must be a whole number"),
        ("{targets: [openai/a], max_output_tokens: 1.5}", ".max_output_tokens: must be a whole number"),
        ("{targets: [openai/a], max_output_tokens: all}", ".max_output_tokens: must be a whole number"),
        ("{targets: [openai/a], retry: {max_attempts: 0}}", ".retry.max_attempts: must be greater than or equal to 1"),
        ("{targets: [openai/a], timeouts: {total: 5 parsecs}}", f".timeouts.total: {DURATION}"),
        ("{targets: [openai/a], timeouts: {total: 5}}", f".timeouts.total: {DURATION}"),
        ("{targets: [openai/a], timeouts: {total: -5s}}", f".timeouts.total: {DURATION}"),
        ("{targets: [openai/a], timeouts: {total: 1e3s}}", f".timeouts.total: {DURATION}"),
        ("{targets: [openai/a], timeouts: {total: 99999999999d}}", f".timeouts.total: {DURATION}"),
        (f"{{targets: [openai/a], timeouts: {{total: {'9' * 400}s}}}}", f".timeouts.total: {DURATION}"),
        ("{targets: [openai/a], timeouts: {total: 0s}}", ".timeouts.total: must be more than 0"),
        ("{targets: [openai/a], timeouts: {totl: 5s}}", '.timeouts.totl: unknown key; did you mean "total"?'),
        ("{targets: [openai/a], timeout: {total: 5s}}", '.timeout: unknown key; did you mean "timeouts"?'),
        ("{targets: [openai/a], cache: {ttl: 31d}}", ".cache.ttl: must be at most 30d"),
    ],
)
def test_refuses_a_route(load_text: LoadText, value: str, found: str) -> None:
    """What is wrong with a route is told once, with its line and key, also where it is a bare list of targets."""
    assert [f"llmrpc.yaml:4: routes.default{found}"] == refusal(load_text, route(value))


@pytest.mark.parametrize(
    ("section", "model"), [("{kind: local}", "smollm2-135m-instruct"), ("{kind: local, path: my/own.gguf}", "own")]
)
def test_a_model_that_the_local_provider_has_not(load_text: LoadText, section: str, model: str) -> None:
    """Its one model is the only target that can ever answer."""
    text = f"providers:\n  l: {section}\nroutes:\n  good: [l/{model}]\n  bad: [l/{model}, {{model: l/gpt-4o}}]\n"

    expected = f"llmrpc.yaml:5: routes.bad.targets[1]: must be l/{model}: the provider has no other model"
    assert [expected] == refusal(load_text, text)


@pytest.mark.parametrize("name", ["a/b", "''"])
def test_provider_names(load_text: LoadText, name: str) -> None:
    """A provider's name stands before the slash of "provider/model": with a slash in it, nobody could name it."""
    text = f"providers:\n  {name}: {{kind: openai, api_key: '${{TEST_KEY}}'}}\nroutes: {{default: [a/b/c]}}\n"

    plain = name.strip("'")
    assert [f'llmrpc.yaml:2: providers.{plain}: must have a name without "/"'] == refusal(load_text, text)
