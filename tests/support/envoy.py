"""A real Envoy before several servers, which retries as meshes do."""

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import toolchains
from gateway import free_port

_TYPES = "type.googleapis.com/envoy.extensions"


class Envoy:
    """A running Envoy.

    Attributes:
        address: Where it listens.
    """

    def __init__(self, address: str, admin: str) -> None:
        self.address = address
        self._admin = admin

    @property
    def ready(self) -> bool:
        """Whether it serves."""
        try:
            with urllib.request.urlopen(f"http://{self._admin}/ready") as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    @property
    def retries(self) -> int:
        """How many tries it made that were not a call's first."""
        with urllib.request.urlopen(f"http://{self._admin}/stats?filter=upstream_rq_retry$&format=json") as answer:
            return sum(stat["value"] for stat in json.load(answer)["stats"])


@contextlib.contextmanager
def before(servers: Sequence[str], folder: Path, *, patience: str, hedging: bool) -> Iterator[Envoy]:
    """Run Envoy until the block is left.

    Args:
        patience: It tries another server after that; with `hedging` it keeps the first try.
    """
    listen = free_port()
    with running(_config(servers, listen, patience, hedging=hedging), folder, listen) as envoy:
        yield envoy


@contextlib.contextmanager
def running(config: Mapping[str, Any], folder: Path, listen: int) -> Iterator[Envoy]:
    """Run Envoy with a configuration that listens on that port, until the block is left."""
    admin = free_port()
    file = folder / "envoy.json"
    whole = {**config, "admin": {"address": _socket(f"127.0.0.1:{admin}")}}
    file.write_text(json.dumps(whole), encoding="utf-8")
    command = [toolchains.require("envoy"), "-c", str(file), "--use-dynamic-base-id", "--concurrency", "1", "-l", "off"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            envoy = Envoy(f"127.0.0.1:{listen}", f"127.0.0.1:{admin}")
            ends = time.monotonic() + 30
            while not envoy.ready:
                assert process.poll() is None, "Envoy ended"
                assert time.monotonic() < ends, "Envoy does not serve"
                time.sleep(0.02)
            yield envoy
        finally:
            process.kill()


def _config(servers: Sequence[str], listen: int, patience: str, *, hedging: bool) -> dict[str, Any]:
    retry = {
        "retry_on": "reset,connect-failure,unavailable,cancelled",
        "num_retries": 50,
        "per_try_timeout": patience,
        "retry_back_off": {"base_interval": "0.01s", "max_interval": "0.02s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": f"{_TYPES}.retry.host.previous_hosts.v3.PreviousHostsPredicate"},
            }
        ],
    }
    route = {"cluster": "servers", "timeout": "0s", "retry_policy": retry}
    if hedging:
        route["hedge_policy"] = {"hedge_on_per_try_timeout": True}
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "calls",
        "codec_type": "HTTP2",
        "route_config": {
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": route}]}]
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router"},
            }
        ],
    }
    http2 = {
        "@type": f"{_TYPES}.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    cluster = {
        "name": "servers",
        "type": "STATIC",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2},
        "circuit_breakers": {"thresholds": [{"max_retries": 100}]},
        "load_assignment": {
            "cluster_name": "servers",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _socket(server)}} for server in servers]}],
        },
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {
        "static_resources": {
            "listeners": [{"address": _socket(f"127.0.0.1:{listen}"), "filter_chains": [chain]}],
            "clusters": [cluster],
        },
    }


def _socket(address: str) -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}
