"""A collector that takes traces and forgets them: `python -m bench.collector`."""

from typing import Any, Final

import grpc

from bench import lifetime

_NAME: Final = "opentelemetry.proto.collector.trace.v1.TraceService"

# grpc.aio stops a server that nobody holds.
_serving: list[grpc.aio.Server] = []


async def _export(_request: bytes, _context: Any) -> bytes:
    return b""


async def _start() -> str:
    server = grpc.aio.server()
    export: Any = grpc.unary_unary_rpc_method_handler(_export)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_NAME, {"Export": export}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _serving.append(server)
    return f"127.0.0.1:{port}"


if __name__ == "__main__":
    lifetime.run(_start)
