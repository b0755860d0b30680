"""Where a vendor is, and as whom it is asked."""

import importlib

import pytest
from pydantic import SecretStr, ValidationError

from config.texts import ADDRESS, LoadText, provider, refusal
from llmrpc_server.providers.endpoint import BadHeader, Endpoint, from_sdk, with_bearer
from llmrpc_server.providers.settings import HttpSettings

KEY = SecretStr("sk-marker-1")
BARE = "must be a bare address: no user, password, query or fragment"


class OpenAISettings(HttpSettings):
    """Those of a kind whose SDK is OpenAI's."""

    base_url_variable = "OPENAI_BASE_URL"


def of_sdk(kind: str, base_url: str | None = None, *keys: str) -> Endpoint:
    """Read the endpoint of an SDK."""
    client = {"openai": "AsyncOpenAI", "anthropic": "AsyncAnthropic"}[kind]
    settings = HttpSettings(api_keys=[SecretStr(key) for key in keys or ("sk-marker-1",)], base_url=base_url)
    return from_sdk(importlib.import_module(kind), client, settings)


def test_openai_as_its_sdk_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI's own address gets the key and what the environment adds; so does the one that the environment names."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: search")
    for address in ("https://api.openai.com/v1", "http://127.0.0.1:9/v1"):
        endpoint = of_sdk("openai", None, "sk-1", "sk-2")

        assert address == endpoint.base_url.rstrip("/")
        assert ["Bearer sk-1", "Bearer sk-2"] == [headers["Authorization"] for headers in endpoint.headers]
        assert ("org-1", "proj-1", "search") == tuple(
            endpoint.headers[1][name] for name in ("OpenAI-Organization", "openai-project", "x-team")
        )
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")


def test_anthropic_as_its_sdk_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anthropic gets the version of its API, the key, and what the environment adds."""
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "anthropic-beta: new")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    endpoint = of_sdk("anthropic")

    [headers] = endpoint.headers
    assert ("http://127.0.0.1:9", "new") == (endpoint.base_url.rstrip("/"), headers["Anthropic-Beta"])
    assert headers["anthropic-version"]
    assert "sk-marker-1" in str(list(headers.values()))


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_elsewhere_only_the_format(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What the environment adds for a vendor is not sent to a configured address."""
    monkeypatch.setenv(f"{kind.upper()}_CUSTOM_HEADERS", "X-Team: MARKER")
    monkeypatch.setenv(f"{kind.upper()}_BASE_URL", "http://MARKER")
    monkeypatch.setenv("OPENAI_ORG_ID", "MARKER")
    endpoint = of_sdk(kind, "http://127.0.0.1:9/v1")

    assert "MARKER" not in f"{endpoint.base_url} {endpoint.headers}"
    assert {"accept", "content-type", "user-agent"} <= {name.lower() for name in endpoint.headers[0]}


def test_each_header_stands_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that the environment writes in another case is the same header."""
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "user-AGENT: mine\nauthorization: Bearer other")
    [headers] = of_sdk("openai").headers

    names = [name.lower() for name in headers]
    assert len(set(names)) == len(names)
    assert ("mine", "Bearer sk-marker-1") == (headers["User-Agent"], headers["Authorization"])


@pytest.mark.parametrize("text", ["X-Töam: MARKER", "X Team: MARKER", "X-Team: MARK\x07ER", "X-Team: MARKER\x00"])
def test_headers_that_cannot_be_sent(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A header that no request could carry is refused by name, and its value is not told."""
    headers = dict([text.split(": ")])
    with pytest.raises(BadHeader) as failed:
        Endpoint("http://127.0.0.1:9", (headers,))

    assert f"the environment adds a header that cannot be sent: {next(iter(headers))!r}" == str(failed.value)


def test_without_an_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor without an SDK is at the configured address, else at the environment's, else at its own."""

    def made(base_url: str | None = None) -> Endpoint:
        """Make the endpoint."""
        settings = HttpSettings(api_key=KEY, base_url=base_url)
        return with_bearer(settings, default="https://api.cohere.com", variable="CO_API_URL")

    found = [made().base_url]
    monkeypatch.setenv("CO_API_URL", "http://127.0.0.1:9")
    found.append(made().base_url)
    endpoint = made("http://127.0.0.1:8")

    assert ["https://api.cohere.com", "http://127.0.0.1:9", "http://127.0.0.1:8"] == [*found, endpoint.base_url]
    assert ("Bearer sk-marker-1", "application/json") == (
        endpoint.headers[0]["Authorization"],
        endpoint.headers[0]["Content-Type"],
    )
    assert endpoint.headers[0]["User-Agent"].startswith("llmrpc/")


def test_an_endpoint_does_not_show_its_keys() -> None:
    """What shows an endpoint shows no key."""
    assert "marker" not in repr(of_sdk("openai"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ADDRESS),
        (" ", ADDRESS),
        ("garbage", ADDRESS),
        ("api.openai.com/v1", ADDRESS),
        ("http://", ADDRESS),
        ("http://h:abc", ADDRESS),
        ("http://h:99999", ADDRESS),
        ("http://h:0", ADDRESS),
        ("http://[::1", ADDRESS),
        ("ftp://h", ADDRESS),
        ("http://a..b", ADDRESS),
        (f"http://{'a' * 64}.com", ADDRESS),
        (" http://h", ADDRESS),
        ("http://h/a b", ADDRESS),
        ("http://user:marker@h", BARE),
        ("http://h/v1?marker=1", BARE),
        ("http://h/v1#marker", BARE),
        ("http://h/v1?", BARE),
    ],
)
def test_addresses_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, value: str, expected: str) -> None:
    """A bad address is a problem of the configuration wherever it was written, and is not repeated."""
    with pytest.raises(ValidationError) as configured:
        OpenAISettings(api_key=KEY, base_url=value)
    monkeypatch.setenv("OPENAI_BASE_URL", value)
    with pytest.raises(ValidationError) as outside:
        OpenAISettings(api_key=KEY)

    assert [expected] == [error["msg"] for error in configured.value.errors()]
    assert [f"Value error, the environment variable OPENAI_BASE_URL {expected}"] == [
        error["msg"] for error in outside.value.errors()
    ]
    assert "marker" not in f"{configured.value} {outside.value}"


@pytest.mark.parametrize(("kind", "variable"), [("openai", "OPENAI_BASE_URL"), ("anthropic", "ANTHROPIC_BASE_URL")])
def test_the_environment_is_part_of_the_configuration(
    load_text: LoadText, monkeypatch: pytest.MonkeyPatch, kind: str, variable: str
) -> None:
    """What the environment says instead of the file is checked with it, and told at the row that lacks it."""
    monkeypatch.setenv(variable, "garbage")
    [line] = refusal(load_text, provider(f"{{kind: {kind}, api_key: '${{TEST_KEY}}'}}"))

    assert f"llmrpc.yaml:2: providers.openai: the environment variable {variable} {ADDRESS}" == line


@pytest.mark.parametrize(
    "value", ["http://h", "https://h:8443/v1/", "http://[::1]:80/v1", "http://bücher.example", "http://under_score"]
)
def test_addresses_that_can_be_used(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """An address is any host with http or https; one that is configured hides the environment's."""
    monkeypatch.setenv("OPENAI_BASE_URL", "garbage")

    assert value == OpenAISettings(base_url=value).base_url
