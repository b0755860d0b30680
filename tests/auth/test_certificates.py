"""TLS, client certificates, and those that a mesh's proxy forwards."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog

import llmrpc
from auth.book import Book
from certificates import Authority
from details import failure_of
from fault_provider import ThreadedFaultProvider
from gateway import bearer, channel_to, faulty, request, running
from llmrpc.v1 import completion_pb2_grpc
from llmrpc_server.auth import forwarded
from llmrpc_server.auth.certificates import fits
from llmrpc_server.config.loading import BadSetting

WEB = "spiffe://example.com/ns/shop/sa/web"
ROWS = [
    {"san": "spiffe://example.com/ns/shop/*", "tenant": "shop"},
    {"san": "batch.example.com", "tenant": "batch", "user": "nightly", "scopes": ["usage"]},
]
HEADER = "x-forwarded-client-cert"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Make an authority."""
    return Authority(tmp_path)


def mutual(faults: ThreadedFaultProvider, authority: Authority, **auth: Any) -> dict[str, Any]:
    """Write a configuration that asks for certificates of the authority."""
    tls = {**authority.pair().section, "client_ca": str(authority.bundle)}
    return {**faulty(faults), "server": {"tls": tls}, "auth": {"certificates": ROWS, **auth}}


async def _tenant_of(gateway: Any, **options: Any) -> str:
    with structlog.testing.capture_logs() as lines:
        await gateway.completion.Complete(request(), **options)
    return next(str(line["tenant"]) for line in lines if line["event"] == "rpc")


async def test_a_certificate_is_its_principal(faults: ThreadedFaultProvider, authority: Authority) -> None:
    """The first row that fits one of the certificate's names tells tenant and scopes."""
    async with running(mutual(faults, authority), credentials=authority.client(WEB)) as gateway:
        assert "shop" == await _tenant_of(gateway)
        async with channel_to(gateway.address, authority.client("batch.example.com")) as channel:
            denied = await failure_of(completion_pb2_grpc.CompletionServiceStub(channel).Complete(request()))
        async with channel_to(gateway.address, authority.client("other.example.com")) as channel:
            unknown = await failure_of(completion_pb2_grpc.CompletionServiceStub(channel).Complete(request()))

    assert grpc.StatusCode.PERMISSION_DENIED == denied.code()
    assert grpc.StatusCode.UNAUTHENTICATED == unknown.code()


async def test_a_bad_certificate_is_no_connection(
    faults: ThreadedFaultProvider, authority: Authority, tmp_path: Path
) -> None:
    """Another authority's, an expired and a missing certificate end in the handshake, and no provider is asked."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    stranger = Authority(tmp_path, "stranger").pair(file="stranger")
    trusted = authority.bundle.read_bytes()
    bad = {
        "another authority": grpc.ssl_channel_credentials(
            trusted, stranger.key.read_bytes(), stranger.cert.read_bytes()
        ),
        "expired": authority.client("web.example.com", until=yesterday),
        "missing": authority.client(),
    }
    async with running(mutual(faults, authority), credentials=authority.client(WEB)) as gateway:
        await gateway.completion.Complete(request())
        codes = {}
        for name, credentials in bad.items():
            async with channel_to(gateway.address, credentials) as channel:
                call = completion_pb2_grpc.CompletionServiceStub(channel).Complete(request())
                codes[name] = (await failure_of(call)).code()

    assert dict.fromkeys(bad, grpc.StatusCode.UNAVAILABLE) == codes
    assert 1 == len(faults.attempts)


async def test_a_bearer_decides_alone(faults: ThreadedFaultProvider, authority: Authority, book: Book) -> None:
    """A good key goes before the connection's certificate; a bad one is refused in spite of it."""
    key = book.key(tenant="by key")
    async with running(mutual(faults, authority, **book.section), credentials=authority.client(WEB)) as gateway:
        assert "by key" == await _tenant_of(gateway, metadata=bearer(key))
        refused = await failure_of(gateway.completion.Complete(request(), metadata=bearer(f"{key}a")))

    assert grpc.StatusCode.UNAUTHENTICATED == refused.code()


async def test_a_mesh_forwards_certificates(faults: ThreadedFaultProvider) -> None:
    """A proxy on this machine says whose certificate it saw; without that the caller is nobody."""
    auth = {"certificates": ROWS, "forwarded": {"trusted": ["loopback"]}}
    async with running({**faulty(faults), "auth": auth}) as gateway:
        seen = f'By=spiffe://example.com/gateway;Hash=00;Subject="CN=web,O=a";URI={WEB}'
        assert "shop" == await _tenant_of(gateway, metadata=((HEADER, seen),))
        for metadata in ((), ((HEADER, ""),), ((HEADER, seen), (HEADER, seen)), ((HEADER, "URI=spiffe://a"),)):
            refused = await failure_of(gateway.completion.Complete(request(), metadata=metadata))
            assert grpc.StatusCode.UNAUTHENTICATED == refused.code()


@pytest.mark.parametrize(
    ("san", "name", "same"),
    [
        ("batch.example.com", "BATCH.Example.COM", True),
        ("Batch.Example.com", "batch.example.com", True),
        ("*.EXAMPLE.com", "batch.Example.com", True),
        ("spiffe://example.com/ns/shop", "spiffe://example.com/ns/Shop", False),
        ("spiffe://example.com/ns/shop", "SPIFFE://example.com/ns/shop", False),
        ("Nightly@example.com", "nightly@example.com", False),
        ("batch.example.com", "batch.example.com.evil.com", False),
    ],
)
async def test_a_host_is_the_same_in_upper_case(faults: ThreadedFaultProvider, san: str, name: str, same: bool) -> None:
    """Names of hosts have no case, as DNS has it; those of anything else do."""
    auth = {"certificates": [{"san": san, "tenant": "batch"}], "forwarded": {"trusted": ["loopback"]}}
    async with running({**faulty(faults), "auth": auth}) as gateway:
        seen = ((HEADER, f"DNS={name}"),)
        if same:
            assert "batch" == await _tenant_of(gateway, metadata=seen)
        else:
            refused = await failure_of(gateway.completion.Complete(request(), metadata=seen))
            assert grpc.StatusCode.UNAUTHENTICATED == refused.code()


def test_no_letter_stands_for_another() -> None:
    """The sign of the kelvin is no k, though lower case makes it one."""
    assert not fits("desk.example.com", ["des\u212a.example.com"])


async def test_only_a_trusted_proxy_forwards(faults: ThreadedFaultProvider, authority: Authority) -> None:
    """The header counts where the connection is the proxy's by its certificate; any other caller's is not looked at."""
    config = mutual(faults, authority, forwarded={"trusted": ["spiffe://example.com/gateway"]})
    forged = ((HEADER, "URI=spiffe://example.com/ns/shop/sa/forged"),)
    async with running(config, credentials=authority.client("spiffe://example.com/gateway")) as gateway:
        assert "shop" == await _tenant_of(gateway, metadata=forged)
        alone = await failure_of(gateway.completion.Complete(request()))
        async with channel_to(gateway.address, authority.client("other.example.com")) as channel:
            other = completion_pb2_grpc.CompletionServiceStub(channel).Complete(request(), metadata=forged)
            refused = await failure_of(other)

    assert grpc.StatusCode.UNAUTHENTICATED == alone.code() == refused.code()


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("", []),
        ("URI=a", ["a"]),
        ("By=b;URI=a;DNS=c", ["a", "c"]),
        ("URI=far,URI=near", ["near"]),
        ('Subject="URI=no,CN=\\";URI=no";URI=a', ["a"]),
        ("URI=a,", []),
        ('URI=a;Subject="never ends', []),
        ("uri=a", ["a"]),
        ("Hash=1", []),
    ],
)
def test_the_header_as_envoy_writes_it(header: str, names: list[str]) -> None:
    """The names are those of the nearest proxy's element; quotes hide what is in them."""
    assert names == forwarded.names_in(header)


async def test_new_certificates_without_a_restart(faults: ThreadedFaultProvider, authority: Authority) -> None:
    """The next connection sees a changed certificate; connections that are there stay."""
    config = {**faulty(faults), "server": {"tls": authority.pair().section}}
    async with running(config, credentials=authority.client()) as gateway:
        await gateway.completion.Complete(request())
        authority.pair("renewed.example.com")
        options = (("grpc.ssl_target_name_override", "renewed.example.com"),)
        async with channel_to(gateway.address, authority.client(), options=options) as channel:
            await completion_pb2_grpc.CompletionServiceStub(channel).Complete(request())
        await gateway.completion.Complete(request())


async def test_a_half_written_pair_is_not_shown(faults: ThreadedFaultProvider, authority: Authority) -> None:
    """While certificate and key do not belong together, the last good pair is shown."""
    pair = authority.pair()
    async with running({**faulty(faults), "server": {"tls": pair.section}}) as gateway:
        pair.key.write_bytes(authority.pair(file="other").key.read_bytes())
        async with channel_to(gateway.address, authority.client()) as channel:
            await completion_pb2_grpc.CompletionServiceStub(channel).Complete(request())


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"cert": "none.pem"}, "none.pem: cannot be read"),
        ({"cert": "key"}, "the certificate is not one in PEM"),
        ({"key": "cert"}, "the key is not one in PEM without a passphrase"),
        ({"key": "other"}, "the key is not that of the certificate"),
        ({"client_ca": "key"}, "the clients' authorities are not certificates in PEM"),
    ],
)
async def test_bad_files_are_refused_at_start(
    faults: ThreadedFaultProvider, authority: Authority, wrong: dict[str, str], problem: str
) -> None:
    """A server whose certificates are no good does not start, and says which file and why."""
    pair = authority.pair()
    files = {"cert": str(pair.cert), "key": str(pair.key), "other": str(authority.pair(file="other").key)}
    tls = {**pair.section, **{name: files.get(value, value) for name, value in wrong.items()}}
    with pytest.raises(BadSetting, match=problem):
        async with running({**faulty(faults), "server": {"tls": tls}}):
            pass


async def test_the_python_client_shows_a_certificate(faults: ThreadedFaultProvider, authority: Authority) -> None:
    """`llmrpc.TLS` with a certificate and its key is mutual TLS."""
    config = mutual(faults, authority, certificates=[{"san": "web.example.com", "tenant": "shop"}])
    shown = authority.pair("web.example.com", file="client")
    tls = llmrpc.TLS(ca_file=authority.bundle, cert_file=shown.cert, key_file=shown.key)
    async with running(config) as gateway, llmrpc.AsyncClient(gateway.address, tls=tls) as client:
        assert (await client.complete("Hello")).text


async def test_the_python_client_renews_its_token(
    faults: ThreadedFaultProvider, authority: Authority, book: Book
) -> None:
    """A function is asked for the token of each call."""
    tokens = iter([book.key(), book.key(), "llmrpc_no_such_key"])
    config = {**faulty(faults), "auth": book.section, "server": {"tls": authority.pair().section}}
    async with running(config) as gateway:
        client = llmrpc.AsyncClient(gateway.address, tls=authority.bundle, token=lambda: next(tokens))
        async with client:
            assert (await client.complete("Hello")).text
            assert (await client.stream("Hello").result()).text
            with pytest.raises(llmrpc.Unauthenticated):
                await client.complete("Hello")
