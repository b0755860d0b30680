"""Where the server is and how the client speaks to it: addresses, tokens, TLS."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

import llmrpc
from client.scripted import ScriptedServer
from llmrpc._channel import is_local
from llmrpc.v1.completion_pb2 import CompleteRequest
from llmrpc.v1.message_pb2 import ContentPart, Message


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("localhost:50051", True),
        ("127.0.0.1:50051", True),
        ("127.8.8.8:1", True),
        ("[::1]:50051", True),
        ("unix:/run/llmrpc.sock", True),
        ("dns:///localhost:50051", True),
        ("ipv4:127.0.0.1:1,127.0.0.1:2", True),
        ("ipv6:[::1]:50051", True),
        ("ipv4:127.0.0.1:1,10.0.0.1:2", False),
        ("localhost.example.com:50051", False),
        ("dns:///gateway.example.com:443", False),
        ("10.0.0.1:50051", False),
        ("xds:///localhost", False),
        ("", False),
    ],
)
def test_what_counts_as_this_machine(address: str, expected: bool) -> None:
    """Loopback by name or address, and sockets; whatever is not sure is not."""
    assert expected == is_local(address)


def test_a_token_does_not_travel_unencrypted() -> None:
    """Plaintext to another machine is refused before anything is sent, unless asked for by name."""
    with pytest.raises(ValueError, match="the token would travel unencrypted to gateway:50051"):
        llmrpc.Client("gateway:50051", token="t0p")

    llmrpc.Client("gateway:50051", token="t0p", insecure=True).close()
    llmrpc.Client("gateway:50051", token="t0p", tls=True).close()
    llmrpc.Client("gateway:50051").close()


def test_the_token_is_sent_with_each_call(server: ScriptedServer) -> None:
    """A function is asked anew for each call, so that a token can be renewed."""
    tokens = iter(["first", "second"])
    with llmrpc.Client(server.address, token=lambda: next(tokens)) as client:
        client.complete("Hello")
        client.stream("Hello").result()

    assert ["Bearer first", "Bearer second"] == [seen["authorization"] for seen in server.metadata]


def test_without_token_there_is_no_header(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Nothing is made up."""
    client.complete("Hello")

    assert "authorization" not in server.metadata[0]


def test_the_environment_has_the_defaults(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """LLMRPC_ADDRESS and LLMRPC_TOKEN hold where the program says nothing."""
    monkeypatch.setenv("LLMRPC_ADDRESS", server.address)
    monkeypatch.setenv("LLMRPC_TOKEN", "t0p")
    with llmrpc.Client() as client:
        client.complete("Hello")

    assert "Bearer t0p" == server.metadata[0]["authorization"]


def test_the_default_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable is no address."""
    monkeypatch.setenv("LLMRPC_ADDRESS", "")
    with llmrpc.Client() as client:
        assert "localhost:50051" == client.address


def test_a_url_is_no_address() -> None:
    """From a URL gRPC would make a host called http."""
    with pytest.raises(ValueError, match="is a URL; the address is HOST:PORT"):
        llmrpc.Client("http://localhost:50051")


def test_large_messages_pass(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Images make requests larger than the 4 MB that gRPC takes by itself; 32 MiB are the limit."""
    assert "The sky is blue." == client.complete("x" * 5_000_000).text

    with pytest.raises(llmrpc.ResourceExhausted):
        client.complete("x" * 33 * 1024 * 1024)
    assert 1 == len(server.requests)


def test_options_replace_the_defaults(server: ScriptedServer) -> None:
    """A caller can set any option of the channel."""
    request = CompleteRequest(messages=[Message(parts=[ContentPart(text="x" * 2_000)])])
    with (
        llmrpc.Client(server.address, options=[("grpc.max_send_message_length", 1_000)]) as client,
        pytest.raises(llmrpc.ResourceExhausted),
    ):
        client.complete(request=request)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority, a certificate for localhost and one for a client."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", "-days", "2")
    for name in ("localhost", "client"):
        (folder / "san").write_text(f"subjectAltName=DNS:{name}")
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-out", f"{name}.pem", "-extfile", "san", "-days", "2"),
        )
    return folder


@pytest.fixture
def tls_server(certificates: Path) -> Iterator[ScriptedServer]:
    """Run a server that shows a certificate and wants to see one."""
    server = ScriptedServer(
        grpc.ssl_server_credentials(
            [((certificates / "localhost.key").read_bytes(), (certificates / "localhost.pem").read_bytes())],
            root_certificates=(certificates / "ca.pem").read_bytes(),
            require_client_auth=True,
        )
    )
    yield server
    server.stop()


def test_mutual_tls(tls_server: ScriptedServer, certificates: Path) -> None:
    """With the authority and the client's certificate the call goes through, sync and async."""
    tls = llmrpc.TLS(
        ca_file=certificates / "ca.pem",
        cert_file=certificates / "client.pem",
        key_file=certificates / "client.key",
    )
    address = tls_server.address.replace("127.0.0.1", "localhost")

    with llmrpc.Client(address, tls=tls, token="t0p") as client:
        assert "The sky is blue." == client.complete("Hello").text

    assert "Bearer t0p" == tls_server.metadata[0]["authorization"]


async def test_mutual_tls_async(tls_server: ScriptedServer, certificates: Path) -> None:
    """The other client does the same."""
    tls = llmrpc.TLS(certificates / "ca.pem", certificates / "client.pem", certificates / "client.key")
    address = tls_server.address.replace("127.0.0.1", "localhost")

    async with llmrpc.AsyncClient(address, tls=tls) as client:
        assert "The sky is blue." == (await client.complete("Hello")).text


@pytest.mark.parametrize("trusts_the_authority", [True, False])
def test_without_certificate_nobody_gets_in(
    tls_server: ScriptedServer,
    certificates: Path,
    trusts_the_authority: bool,
) -> None:
    """A server that is not trusted, or one that does not trust the client, is as good as none."""
    tls = str(certificates / "ca.pem") if trusts_the_authority else True
    address = tls_server.address.replace("127.0.0.1", "localhost")

    with llmrpc.Client(address, tls=tls) as client, pytest.raises(llmrpc.ConnectionFailed):
        client.complete("Hello")

    assert [] == tls_server.requests


def test_certificate_and_key_belong_together(certificates: Path) -> None:
    """One without the other is a mistake, said at once."""
    with pytest.raises(ValueError, match="cert_file and key_file belong together"):
        llmrpc.Client(tls=llmrpc.TLS(cert_file=certificates / "client.pem"))
