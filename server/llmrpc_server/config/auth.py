"""auth: whom the server lets in, and as whom."""

import ipaddress
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.access import scopes
from llmrpc_server.access.scopes import ORDINARY
from llmrpc_server.config.values import Duration, PositiveDuration, Section, Text

LOOPBACK = "loopback"


def _check_scope(value: str) -> str:
    if scopes.known(value):
        return value
    rights = ", ".join(scope for scope in scopes.Scope if scope not in scopes.EVERYBODYS)
    raise PydanticCustomError("scope", f'must be one of {rights}, or "model:" with a name or a prefix and *')


def is_url(place: str) -> bool:
    """Tell whether a place is an address and not a file."""
    return "://" in place


def _check_jwks(value: str) -> str:
    if not is_url(value):
        return value
    url = urlsplit(value)
    if url.hostname and not url.username and (url.scheme == "https" or (url.scheme == "http" and _here(url.hostname))):
        return value
    raise PydanticCustomError("jwks", "must be a file, or an address that begins with https://")


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


ScopeName = Annotated[str, AfterValidator(_check_scope)]
# Signed with a key that the server does not have; a shared secret would let it make tokens itself.
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class ClaimSettings(Section):
    """Where in a token stands who calls."""

    tenant: Text = "tenant"
    user: Text = "sub"
    scopes: Text = "scope"


class JwtSettings(Section):
    """Tokens of an identity provider.

    Attributes:
        jwks: Its public keys: a file, or an https address.
        ca_bundle: Whom to trust at that address in place of the system's authorities.
        refresh: How often the address is asked; a token with an unknown key makes it ask at once.
        tenant: The tenant of all tokens; None: the claim tells it.
        scopes: Of a token that has no such claim.
        leeway: By how much clocks may differ.
    """

    jwks: Annotated[Text, AfterValidator(_check_jwks)]
    issuer: Text
    audience: Text
    algorithms: list[Algorithm] = Field(default=["RS256", "ES256", "EdDSA"], min_length=1)
    ca_bundle: Text | None = None
    refresh: PositiveDuration = timedelta(minutes=5)
    tenant: Text | None = None
    claims: ClaimSettings = ClaimSettings()
    scopes: list[ScopeName] = sorted(ORDINARY)
    leeway: Duration = timedelta(seconds=30)


class CertificateSettings(Section):
    """Whose certificate is which tenant's.

    Attributes:
        san: A subject alternative name, for example spiffe://example.com/ns/shop/sa/web; * stands for anything.
    """

    san: Text
    tenant: Text
    user: str = ""
    scopes: list[ScopeName] = sorted(ORDINARY)


class ForwardedSettings(Section):
    """Who may say, in x-forwarded-client-cert, whose certificate it saw.

    Attributes:
        trusted: "loopback" for a proxy on this machine, or names in the proxy's own certificate as in `certificates`.
    """

    trusted: list[Text] = Field(min_length=1)


class AuthSettings(Section):
    """Who may call.

    Attributes:
        keys: The file that `llmrpc keys` writes.
        certificates: By the first row that fits.
        open: What needs no credential.
    """

    keys: Text | None = None
    jwt: JwtSettings | None = None
    certificates: list[CertificateSettings] = Field(default_factory=list)
    forwarded: ForwardedSettings | None = None
    open: list[Literal["health", "reflection"]] = Field(default=["health"])

    @model_validator(mode="after")
    def _require_one(self) -> "AuthSettings":
        if self.keys is None and self.jwt is None and not self.certificates:
            raise PydanticCustomError("auth", "must say who may call: keys, jwt or certificates")
        if self.forwarded is not None and not self.certificates:
            raise PydanticCustomError("auth", "forwarded needs certificates: whose certificate is which tenant's")
        return self
