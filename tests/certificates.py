"""Certificates of an authority of our own, for servers on 127.0.0.1."""

import ssl
from datetime import datetime
from pathlib import Path

import trustme


class Authority:
    """A certificate authority that nobody trusts unless told to.

    Attributes:
        bundle: A file with its certificate.
    """

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.bundle = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.bundle))

    def server(self, name: str = "127.0.0.1", *, until: datetime | None = None) -> ssl.SSLContext:
        """Make what a server shows that goes by a name, for as long as the authority says."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(name, not_after=until).configure_cert(context)
        return context
