"""Whether a server answers at an address, as far as somebody can tell who has no key and no certificate for it."""

import asyncio
import contextlib
import ssl

_SECONDS = 2.0


async def answers(address: str, *, tls: bool) -> str:
    """Ask a server how it is; over TLS only whether it is there, as it may want a certificate.

    Returns:
        A few words; empty where nobody answers.
    """
    return await (_over_tls(address) if tls else _health(address))


async def _health(address: str) -> str:
    # Imported by none of the other commands: it takes a while.
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    async with grpc.aio.insecure_channel(address) as channel:
        try:
            asked = health_pb2.HealthCheckRequest()
            answer = await health_pb2_grpc.HealthStub(channel).Check(asked, timeout=_SECONDS)
        except grpc.aio.AioRpcError as error:
            wants_key = error.code() is grpc.StatusCode.UNAUTHENTICATED
            return "it answers, and tells its health to those with a key" if wants_key else ""
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


async def _over_tls(address: str) -> str:
    host, _, port = address.rpartition(":")
    # Nothing is told to it: whether its certificate is good for a name is for its clients to say.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=context)
    # OverflowError: a port that is none.
    except (OSError, TimeoutError, ValueError, OverflowError):
        return ""
    writer.close()
    # Else the loop can end before the connection does. How it ends is nothing to us: it was there.
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            await writer.wait_closed()
    return "it answers over TLS"
