"""Which certificates of a provider's are trusted, and what is said of the others."""

import shutil
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from certificates import Authority
from details import detail, failure_of
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import loaded, request, running, serving
from llmrpc.v1 import completion_pb2_grpc
from llmrpc_server.config.loading import BadConfig
from relays import encrypted

PAST = datetime(2020, 1, 1, tzinfo=UTC)
BEGINNING = "the connection to acme failed: its certificate is not trusted"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make an authority."""
    return Authority(tmp_path_factory.mktemp("certificates"))


def configured(address: str, **more: Any) -> dict[str, Any]:
    """Write a configuration of one provider."""
    provider = {"kind": "openai", "base_url": f"{address}/v1", **more}
    return {"providers": {"acme": provider}, "routes": {"default": ["acme/gpt-4o"]}}


async def failure(faults: ThreadedFaultProvider, shown: ssl.SSLContext, bundle: Path | None) -> tuple[str, str]:
    """Call a provider that shows this certificate; return why that fails."""
    async with encrypted(faults.base_url, shown) as address, running(configured(address, ca_bundle=bundle)) as gateway:
        error = await failure_of(gateway.completion.Complete(request(), timeout=10))
    assert grpc.StatusCode.UNAVAILABLE == error.code()
    assert [] == faults.attempts
    return detail(error, error_details_pb2.ErrorInfo).reason, error.details() or ""


async def test_a_private_authority(faults: ThreadedFaultProvider, authority: Authority) -> None:
    """A provider whose certificate a configured authority has signed is asked."""
    async with (
        encrypted(faults.base_url, authority.server()) as address,
        running(configured(address, ca_bundle=authority.bundle)) as gateway,
    ):
        answer = await gateway.completion.Complete(request(), timeout=10)

    assert CANONICAL_TEXT == answer.message.parts[0].text


async def test_nobody_else_is_trusted(faults: ThreadedFaultProvider, authority: Authority, tmp_path: Path) -> None:
    """Neither the system nor another bundle vouches for it; no key is sent, and the caller learns why."""
    for bundle in (None, Authority(tmp_path).bundle):
        expected = f"{BEGINNING} (unable to get local issuer certificate)"
        assert ("PROVIDER_CONNECTION", expected) == await failure(faults, authority.server(), bundle)


async def test_a_certificate_is_checked_whole(faults: ThreadedFaultProvider, authority: Authority) -> None:
    """A certificate of the right authority for another host, or of the past, is not trusted; no host is named."""
    elsewhere = await failure(faults, authority.server("acme.example"), authority.bundle)
    expired = await failure(faults, authority.server(until=PAST), authority.bundle)

    assert ("PROVIDER_CONNECTION", f"{BEGINNING} (IP address mismatch)") == elsewhere
    assert ("PROVIDER_CONNECTION", f"{BEGINNING} (certificate has expired)") == expired


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_the_environment(
    faults: ThreadedFaultProvider, authority: Authority, tmp_path: Path, variable: str
) -> None:
    """The environment's certificates stand in the place of the system's."""
    trusted = authority.bundle if variable == "SSL_CERT_FILE" else _folder(authority.bundle)
    async with encrypted(faults.base_url, authority.server()) as address:
        text = f"providers: {{acme: {{kind: openai, base_url: {address}/v1}}}}\nroutes: {{default: [acme/gpt-4o]}}\n"
        (tmp_path / "llmrpc.yaml").write_text(text)
        others = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
        with serving(cwd=tmp_path, env={**others, variable: str(trusted)}) as process:
            async with grpc.aio.insecure_channel(process.address) as channel:
                answer = await completion_pb2_grpc.CompletionServiceStub(channel).Complete(request(), timeout=10)

    assert CANONICAL_TEXT == answer.message.parts[0].text


def _folder(bundle: Path) -> Path:
    """Make a folder of certificates as OpenSSL wants it: each by a name that is its subject's hash."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs the program openssl")
    command = [openssl, "x509", "-hash", "-noout", "-in", str(bundle)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    shutil.copy(bundle, bundle.with_name(f"{name}.0"))
    return bundle.parent


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none.pem", "cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
        ("empty.pem", "holds no certificates in PEM"),
        ("key.pem", "holds no certificates in PEM"),
    ],
)
def test_bundles_that_are_none(tmp_path: Path, name: str, expected: str) -> None:
    """A bundle without certificates is a problem of the configuration, told before anything is asked."""
    (tmp_path / "empty.pem").touch()
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nMARKER\n-----END PRIVATE KEY-----\n")
    with pytest.raises(BadConfig) as failed:
        loaded(configured("https://127.0.0.1:9", ca_bundle=str(tmp_path / name)))

    assert f"test: providers.acme.ca_bundle: {expected}" == str(failed.value)
