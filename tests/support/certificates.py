"""Certificates of an authority of our own, for servers on 127.0.0.1 and their clients."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in files."""

    cert: Path
    key: Path

    @property
    def section(self) -> dict[str, str]:
        """Write the configuration's section."""
        return {"cert": str(self.cert), "key": str(self.key)}


class Authority:
    """A certificate authority that nobody trusts unless told to.

    Attributes:
        bundle: A file with its certificate.
    """

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._authority = trustme.CA()
        self.bundle = folder / f"{name}.pem"
        self._authority.cert_pem.write_to_path(str(self.bundle))

    def server(self, name: str = "127.0.0.1", *, until: datetime | None = None) -> ssl.SSLContext:
        """Make what a server shows that goes by a name, for as long as the authority says."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(name, not_after=until).configure_cert(context)
        return context

    def pair(self, *names: str, file: str = "server", until: datetime | None = None) -> Pair:
        """Write a certificate for names, in place of an older one of that file."""
        issued = self._authority.issue_cert(*(names or ("127.0.0.1",)), not_after=until)
        pair = Pair(self._folder / f"{file}.crt", self._folder / f"{file}.key")
        for path, content in ((pair.key, issued.private_key_pem.bytes()), (pair.cert, _chain(issued))):
            new = path.with_suffix(".new")
            new.write_bytes(content)
            new.replace(path)
        return pair

    def client(self, *names: str, until: datetime | None = None) -> grpc.ChannelCredentials:
        """Make what a gRPC client trusts, and shows where it has names: URIs or hosts."""
        trusted = self.bundle.read_bytes()
        if not names:
            return grpc.ssl_channel_credentials(trusted)
        if any("://" in name for name in names):
            return grpc.ssl_channel_credentials(trusted, *self._of_a_workload(names))
        issued = self._authority.issue_cert(*names, not_after=until)
        return grpc.ssl_channel_credentials(trusted, issued.private_key_pem.bytes(), _chain(issued))

    def _of_a_workload(self, uris: Sequence[str]) -> tuple[bytes, bytes]:
        """Make a key and a certificate whose names are addresses, as meshes do."""
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        authority = x509.load_pem_x509_certificate(self._authority.cert_pem.bytes())
        signing = load_pem_private_key(self._authority.private_key_pem.bytes(), None)
        assert isinstance(signing, ec.EllipticCurvePrivateKey)
        issued = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
            .sign(signing, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return private, issued.public_bytes(Encoding.PEM)


def _chain(issued: trustme.LeafCert) -> bytes:
    return b"".join(pem.bytes() for pem in issued.cert_chain_pems)
