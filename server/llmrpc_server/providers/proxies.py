"""Which proxy stands before an address, as the environment says.

HTTPS_PROXY, HTTP_PROXY and, for both, ALL_PROXY name it; NO_PROXY lists the hosts that are reached without one. Names
in lower case go first.
"""

import base64
import ipaddress
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL

# An IPv6 address stands in brackets where a port follows it.
_ENTRY = re.compile(r"(?:\[([^]]+)]|([^:]+))(?::(\d+))?")


class BadProxy(ValueError):
    """A variable of the environment names no proxy that can be used; the text tells which one, and never its value."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy.

    Attributes:
        url: Its address, without user and password.
        headers: What it has to be told: those two, where it wants them.
    """

    url: URL
    headers: Mapping[str, str] = field(repr=False)


def proxy_for(url: URL) -> Proxy | None:
    """Return the proxy that stands before an address; None for none.

    Raises:
        BadProxy: The environment names one that cannot be used.
    """
    proxies = urllib.request.getproxies_environment()
    scheme = url.scheme if url.scheme in proxies else "all"
    if scheme not in proxies or _excepted(url, proxies.get("no", "")):
        return None
    value = proxies[scheme]
    try:
        named = URL(value if "://" in value else f"http://{value}")
        (named.raw_host or "").encode("idna")
    except ValueError:
        named = URL()
    if named.scheme not in {"http", "https"} or not named.host:
        # Without the cause, which quotes the value.
        raise BadProxy(
            f"the environment variable {scheme.upper()}_PROXY must be an address such as http://proxy.example.com:3128"
        ) from None
    credentials = f"{named.user or ''}:{named.password or ''}"
    token = base64.b64encode(credentials.encode()).decode()
    return Proxy(named.origin(), {} if credentials == ":" else {"Proxy-Authorization": f"Basic {token}"})


def _excepted(url: URL, entries: str) -> bool:
    host = (url.host or "").lower().rstrip(".")
    return any(_matches(entry, host, url.port) for entry in re.split(r"[\s,]+", entries.lower()) if entry)


def _matches(entry: str, host: str, port: int | None) -> bool:
    """Tell whether an entry means a host: it is `*`, a domain, an address or a network, perhaps with a port."""
    if entry == "*":
        return True
    if (parts := _ENTRY.fullmatch(entry)) is not None:
        if parts[3] and int(parts[3]) != port:
            return False
        entry = parts[1] or parts[2]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        domain = entry.lstrip("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
