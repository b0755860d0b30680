"""server.tls: how connections to the server are encrypted, and whose certificate it asks for."""

from llmrpc_server.config.values import Section, Text


class TlsSettings(Section):
    """Files in PEM; they are read again when they change.

    Attributes:
        cert: The server's certificate, with those between it and an authority.
        key: Its key, without a passphrase.
        client_ca: Authorities; whoever connects must show a certificate of one of them. None: nobody is asked.
    """

    cert: Text
    key: Text
    client_ca: Text | None = None
