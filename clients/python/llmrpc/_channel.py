"""Where the server is and how to speak to it."""

import ipaddress
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import grpc

DEFAULT_ADDRESS: Final = "localhost:50051"

Token = str | Callable[[], str]
"""A bearer token, or a function that returns the current one: called for every RPC, it must not block."""

# UNAVAILABLE is safe to repeat: the server commits a call, which ends all retries, before it asks a provider.
# There is no "timeout" here: it would cut streams as well.
SERVICE_CONFIG: Final = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "llmrpc.v1.CompletionService"},
    "methodConfig": [
        {
            "name": [
                {"service": "llmrpc.v1.CompletionService"},
                {"service": "llmrpc.v1.ModelService"},
                {"service": "llmrpc.v1.PromptService"},
                {"service": "llmrpc.v1.UsageService"},
            ],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}

_32_MIB: Final = 32 * 1024 * 1024

CHANNEL_OPTIONS: Final[dict[str, Any]] = {
    "grpc.max_send_message_length": _32_MIB,
    "grpc.max_receive_message_length": _32_MIB,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.keepalive_permit_without_calls": 1,
    # A model that thinks sends nothing for minutes; grpc would stop its own pings after two.
    "grpc.http2.max_pings_without_data": 0,
    "grpc.service_config": json.dumps(SERVICE_CONFIG),
}


@dataclass(frozen=True, slots=True)
class TLS:
    """How to check the server's certificate, and the client's own for mutual TLS. All files are PEM."""

    ca_file: str | Path | None = None
    """Whom to trust; None: the public authorities that come with grpcio."""
    cert_file: str | Path | None = None
    """The client's certificate chain; None: it shows none."""
    key_file: str | Path | None = None
    """The key of `cert_file`."""

    def credentials(self) -> grpc.ChannelCredentials:
        """Read the files. Raises ValueError for a certificate without key, OSError for unreadable files."""
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        return grpc.ssl_channel_credentials(
            root_certificates=_read(self.ca_file),
            private_key=_read(self.key_file),
            certificate_chain=_read(self.cert_file),
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """All that a channel and its calls need to know, checked; makes no connection."""

    address: str
    credentials: grpc.ChannelCredentials | None
    options: Sequence[tuple[str, Any]]
    token: Token | None
    timeout: float | None

    @classmethod
    def of(
        cls,
        address: str | None,
        *,
        token: Token | None,
        tls: bool | str | Path | TLS,
        insecure: bool,
        timeout: float | None,
        options: Sequence[tuple[str, Any]],
    ) -> Self:
        """Fill in the environment's defaults. Raises ValueError for what is unsafe or no address."""
        address = address or os.environ.get("LLMRPC_ADDRESS") or DEFAULT_ADDRESS
        if "://" in address and address.partition("://")[0] in {"http", "https"}:
            raise ValueError(f"{address} is a URL; the address is HOST:PORT")
        token = token or os.environ.get("LLMRPC_TOKEN") or None
        local = is_local(address)
        if token and not tls and not local and not insecure:
            raise ValueError(
                f"the token would travel unencrypted to {address}: use TLS, "
                "or set insecure if the network itself is trusted (for example a service mesh)"
            )
        # A proxy is for the way out; it cannot know what listens on this machine.
        own = {"grpc.enable_http_proxy": 0} if local else {}
        return cls(
            address=address,
            credentials=_credentials(tls),
            options=tuple({**CHANNEL_OPTIONS, **own, **dict(options)}.items()),
            token=token,
            timeout=timeout,
        )

    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Metadata for one RPC: the bearer token, where there is one."""
        if self.token is None:
            return ()
        token = self.token if isinstance(self.token, str) else self.token()
        return (("authorization", f"Bearer {token}"),)


def is_local(address: str) -> bool:
    """Whether what is sent to the gRPC address stays on this machine; False where it is not sure."""
    scheme, _, rest = address.partition(":")
    if scheme in {"unix", "unix-abstract"}:
        return True
    if scheme in {"dns", "ipv4", "ipv6"}:
        address = rest.rpartition("/")[2]
    return all(_is_loopback(urlsplit(f"//{target}").hostname or "") for target in address.split(","))


def _is_loopback(host: str) -> bool:
    """Whether the host is this machine by its name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _credentials(tls: bool | str | Path | TLS) -> grpc.ChannelCredentials | None:  # noqa: FBT001 - as `Client(tls=...)` has it.
    """Read the files that `tls` names; None without TLS."""
    if isinstance(tls, TLS):
        return tls.credentials()
    if isinstance(tls, bool):
        return TLS().credentials() if tls else None
    return TLS(ca_file=tls).credentials()


def _read(file: str | Path | None) -> bytes | None:
    """Read a file where there is one."""
    return None if file is None else Path(file).read_bytes()
