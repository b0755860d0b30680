"""TLS on the server's side: certificates that are read again when they change, for the next connection."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from llmrpc_server.access import audit
from llmrpc_server.config.loading import BadSetting
from llmrpc_server.config.tls import TlsSettings
from llmrpc_server.watched import BadFile, Watched

Configuration = grpc.ServerCertificateConfiguration


def credentials(settings: TlsSettings) -> grpc.ServerCredentials:
    """Make what the server shows, and whom it asks for a certificate.

    Raises:
        BadSetting: A file cannot be read, or is not what it should be.
    """
    paths = [Path(settings.cert), Path(settings.key)]
    if settings.client_ca is not None:
        paths.append(Path(settings.client_ca))
    try:
        files = Watched(paths, _parse, changed=lambda _old, _new: audit.record("certificates changed"))
    except BadFile as error:
        raise BadSetting(("server", "tls"), str(error)) from error
    # grpc's stubs do not know that None stands for "no change".
    newest = cast("Callable[[], Configuration]", _newest(files))
    return grpc.dynamic_ssl_server_credentials(
        files.value, newest, require_client_authentication=settings.client_ca is not None
    )


def _newest(files: Watched[Configuration]) -> Callable[[], Configuration | None]:
    """Make what grpc asks at each new connection; None tells it that nothing changed."""
    shown = files.value

    def fetch() -> Configuration | None:
        nonlocal shown
        files.refresh()
        if files.value is shown:
            return None
        shown = files.value
        return shown

    return fetch


def _parse(cert: bytes, key: bytes, client_ca: bytes | None = None) -> Configuration:
    """Check what grpc would only find out with the first connection: also that key and certificate belong together."""
    try:
        chain = x509.load_pem_x509_certificates(cert)
    except ValueError:
        raise ValueError("the certificate is not one in PEM") from None
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError):
        raise ValueError("the key is not one in PEM without a passphrase") from None
    if private.public_key() != chain[0].public_key():
        raise ValueError("the key is not that of the certificate")
    if client_ca is not None:
        try:
            x509.load_pem_x509_certificates(client_ca)
        except ValueError:
            raise ValueError("the clients' authorities are not certificates in PEM") from None
    return grpc.ssl_server_certificate_configuration([(key, cert)], root_certificates=client_ca)
