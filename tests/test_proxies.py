"""Calls through proxies and to servers with certificates of a private authority, from a client's stub on."""

import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import structlog
from google.rpc import error_details_pb2
from yarl import URL

from certificates import Authority
from details import detail, failure_of
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import request, running
from llmrpc_server import errors
from llmrpc_server.providers.endpoint import Endpoint
from llmrpc_server.providers.proxies import BadProxy, proxy_for
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.upstream import Upstream
from loopback import fetch, response
from relays import encrypted, proxying

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
REFUSED = response(b"MARKER", "Proxy-Authenticate: Basic realm=MARKER", status="407 Proxy Authentication Required")
# The test's own client would use the proxy, too.
DIRECTLY = [("grpc.enable_http_proxy", 0)]


class OwnSettings(HttpSettings):
    """Those of a server that is our own."""

    proxied = False


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take this machine's own proxies out of the environment."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make an authority."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def secure(faults: ThreadedFaultProvider, authority: Authority) -> AsyncIterator[str]:
    """Run the fault-injecting provider behind a certificate of that authority."""
    async with encrypted(faults.base_url, authority.server()) as address:
        yield address


def configured(address: str, **more: Any) -> dict[str, Any]:
    """Write a configuration of one provider."""
    provider = {"kind": "openai", "base_url": f"{address}/v1", **more}
    return {"providers": {"acme": provider}, "routes": {"default": ["acme/gpt-4o"]}}


async def text(config: dict[str, Any]) -> str:
    """Complete and stream; return the answer, which is the same."""
    async with running(config, options=DIRECTLY) as gateway:
        answer = await gateway.completion.Complete(request(), timeout=10)
        events = [event async for event in gateway.completion.StreamComplete(request(), timeout=10)]
    assert answer.message.parts[0].text == events[-1].completed.message.parts[0].text
    return str(answer.message.parts[0].text)


async def reason(config: dict[str, Any]) -> tuple[str, str]:
    """Fail, and return why."""
    async with running(config, options=DIRECTLY) as gateway:
        error = await failure_of(gateway.completion.Complete(request(), timeout=10))
    assert grpc.StatusCode.UNAVAILABLE == error.code()
    return detail(error, error_details_pb2.ErrorInfo).reason, error.details() or ""


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_http_is_forwarded(faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A call without encryption goes to the proxy as it is; a loopback address is no exception by itself."""
    async with proxying() as proxy:
        monkeypatch.setenv(variable, proxy.address)
        assert CANONICAL_TEXT == await text(configured(faults.base_url))

    assert f"POST {faults.base_url}/v1/chat/completions" == proxy.asked[0]
    assert [""] == list(set(proxy.credentials))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http", "https", ""])
async def test_https_is_tunnelled(
    secure: str, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    """A call with encryption goes through a tunnel, perhaps an encrypted one; the proxy sees host and port alone."""
    async with proxying(tls=authority.server() if scheme == "https" else None) as proxy:
        monkeypatch.setenv(variable, proxy.address if scheme else proxy.address.removeprefix("http://"))
        assert CANONICAL_TEXT == await text(configured(secure, ca_bundle=authority.bundle))

    assert {f"CONNECT {secure.removeprefix('https://')}"} == set(proxy.asked)
    assert {""} == set(proxy.credentials)


@pytest.fixture(params=["http", "https"])
def either(request: pytest.FixtureRequest, faults: ThreadedFaultProvider, secure: str) -> str:
    """Return the provider's address without and with encryption."""
    return secure if request.param == "https" else faults.base_url


async def test_a_proxy_with_a_password(
    faults: ThreadedFaultProvider,
    either: str,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """User and password reach the proxy, however they are written, and no provider, log or error."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        async with proxying() as proxy:
            monkeypatch.setenv("ALL_PROXY", proxy.address.replace("//", "//us%20er:MARKER%3a%c3%a4@"))
            assert CANONICAL_TEXT == await text(configured(either, ca_bundle=authority.bundle))

    assert {"us er:MARKER:ä"} == set(proxy.credentials)
    assert not [attempt for attempt in faults.attempts if "proxy-authorization" in attempt.headers]
    assert "MARKER" not in f"{logs} {caplog.text}"


async def test_a_proxy_that_refuses(either: str, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that wants other credentials stands in the way of the connection: that is not the caller's to fix."""
    async with proxying(REFUSED) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.address.replace("//", "//user:MARKER@"))
        found = await reason(configured(either, ca_bundle=authority.bundle))

    assert ("PROVIDER_CONNECTION", "the connection to acme failed: the proxy does not let us through") == found


async def test_a_proxy_that_does_not_get_through(either: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot reach the provider makes no tunnel; forwarding, it answers in the provider's place."""
    async with proxying(response(b"MARKER", status="502 Bad Gateway")) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.address)
        found, _ = await reason(configured(either))

    assert found == ("PROVIDER_CONNECTION" if either.startswith("https:") else "PROVIDER_UNAVAILABLE")


@pytest.mark.parametrize("address", ["http://acme.example", "https://acme.example"])
async def test_no_proxy_is_there(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """A proxy that does not answer is told as such; neither its address nor its password is told anywhere."""
    monkeypatch.setenv("ALL_PROXY", "http://user:MARKER@127.0.0.1:9")
    asked = Upstream("acme", Endpoint(address, ({},)), HttpSettings(base_url=address))
    with pytest.raises(errors.ProviderConnection) as failed:
        await fetch(asked, "/x", b"{}")
    await asked.close()

    assert "the connection to acme failed: the proxy cannot be reached" == failed.value.message
    assert "MARKER" not in "".join(traceback.format_exception(failed.value)) + repr(failed.value.__cause__)


async def test_our_own_server_is_never_proxied(faults: ThreadedFaultProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this server runs by itself is asked without a proxy."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    asked = Upstream("local", Endpoint(faults.base_url, ({},)), OwnSettings(base_url=faults.base_url))
    with pytest.raises(errors.ProviderCredentials):
        await fetch(asked, "/v1/chat/completions", b"{}")
    await asked.close()


@pytest.mark.parametrize(
    ("address", "exceptions", "proxied"),
    [
        ("http://acme.example", "", True),
        ("http://acme.example", "*", False),
        ("http://acme.example", "acme.example", False),
        ("http://ACME.example.", "other, Acme.Example", False),
        ("http://acme.example", ".acme.example", False),
        ("http://acme.example", "*.acme.example", False),
        ("http://api.acme.example", "acme.example", False),
        ("http://api.acme.example", ".acme.example", False),
        ("http://api.acme.example", "example", False),
        ("http://notacme.example", "acme.example", True),
        ("http://acme.example", "api.acme.example", True),
        ("http://acme.example.com", "acme.example", True),
        ("http://acme.example:8080", "acme.example:8080", False),
        ("http://acme.example", "acme.example:80", False),
        ("https://acme.example", "acme.example:80", True),
        ("http://acme.example", "other acme.example", False),
        ("http://acme.example", " , ,", True),
        ("http://127.0.0.1:8000", "localhost", True),
        ("http://localhost:8000", "localhost", False),
        ("http://127.0.0.1:8000", "127.0.0.1", False),
        ("http://127.0.0.1:8000", "127.0.0.0/8", False),
        ("http://127.0.0.1:8000", "127.0.0.1:8001", True),
        ("http://10.1.2.3", "10.1.0.0/16,192.168.0.0/16", False),
        ("http://10.2.2.3", "10.1.0.0/16", True),
        ("http://10.1.2.3", "10.1.2", True),
        ("http://[::1]:8000", "::1", False),
        ("http://[::1]:8000", "[::1]", False),
        ("http://[::1]:8000", "[::1]:8000", False),
        ("http://[::1]:8000", "[::1]:80", True),
        ("http://[fd00::1]", "fd00::/8", False),
        ("http://[fd00::1]", "10.0.0.0/8", True),
        ("http://acme.example", "10.0.0.0/8", True),
    ],
)
def test_exceptions(monkeypatch: pytest.MonkeyPatch, address: str, exceptions: str, *, proxied: bool) -> None:
    """NO_PROXY lists hosts with all below them, addresses and networks, each for one port where it names one."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)

    assert proxied == (proxy_for(URL(address)) is not None)


@pytest.mark.parametrize(
    ("environment", "address", "expected"),
    [
        ({"HTTP_PROXY": "http://a:1"}, "https://h", None),
        ({"HTTPS_PROXY": "http://a:1"}, "http://h", None),
        ({"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "http://b:2"}, "https://h", "http://a:1"),
        ({"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "http://b:2"}, "http://h", "http://b:2"),
        ({"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:2"}, "https://h", "http://b:2"),
        ({"HTTPS_PROXY": "http://a:1", "https_proxy": ""}, "https://h", None),
        ({"HTTPS_PROXY": ""}, "https://h", None),
        ({"HTTPS_PROXY": "a:1"}, "https://h", "http://a:1"),
        ({"HTTPS_PROXY": "http://[::1]:3128/"}, "https://h", "http://[::1]:3128"),
    ],
)
def test_which_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], address: str, expected: str | None
) -> None:
    """The scheme's own proxy goes before the one for all, a name in lower case before one in upper case."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(URL(address))

    assert expected == (found and str(found.url))


@pytest.mark.parametrize("value", ["socks5://MARKER:1", "http://", "http://MARKER:x", "//MARKER", "http://MARKER..x"])
def test_proxies_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A proxy of another kind, or none at all, is a problem of the configuration, told without its value."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    expected = "the environment variable HTTPS_PROXY must be an address such as http://proxy.example.com:3128"
    with pytest.raises(BadProxy, match=f"^{expected}$"):
        proxy_for(URL("https://h"))
    with pytest.raises(ValueError, match=expected) as failed:
        HttpSettings(base_url="https://h")

    assert "MARKER" not in str(failed.value)
    assert proxy_for(URL("http://h")) is None
    assert OwnSettings(base_url="https://h").base_url
