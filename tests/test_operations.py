"""What operators rely on: health, reflection, metrics, one log line a call, and going away without breaking a call."""

import asyncio
import contextlib
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from details import failure_of
from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import LLMRPC, Gateway, faulty, loaded, request, running, serving
from llmrpc.v1 import completion_pb2_grpc, model_pb2
from llmrpc_server.app import SERVED, App
from llmrpc_server.startup import CannotListen

STREAMS = 50


async def health(channel: grpc.aio.Channel, service: str) -> str:
    """Ask for the health of a service."""
    answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


async def test_health_of_every_service(gateway: Gateway) -> None:
    """The server and each service that it serves are SERVING."""
    for service in ("", *SERVED):
        assert "SERVING" == await health(gateway.channel, service)


async def test_one_log_line_a_call(gateway: Gateway) -> None:
    """Every RPC leaves one line that tells what happened, failed and cancelled ones too; health checks leave none."""
    with structlog.testing.capture_logs() as logs:
        await gateway.completion.Complete(request(), timeout=5)
        with pytest.raises(grpc.aio.AioRpcError):
            await gateway.completion.Complete(request("openai/status=503"), timeout=5)
        await health(gateway.channel, "")

    rpcs = [line for line in logs if line["event"] == "rpc"]
    assert [("OK", None), ("UNAVAILABLE", "PROVIDER_UNAVAILABLE")] == [(r["code"], r.get("reason")) for r in rpcs]
    assert ("llmrpc.v1.CompletionService/Complete", "openai/gpt-4o", 5, 20) == (
        rpcs[0]["method"],
        rpcs[0]["target"],
        rpcs[0]["input_tokens"],
        rpcs[0]["output_tokens"],
    )
    assert rpcs[0]["ms"] > 0


async def test_metrics_tell_rpcs_and_tokens(faults: ThreadedFaultProvider) -> None:
    """The Prometheus endpoint counts RPCs by code, their time, first tokens and tokens, cancelled calls included."""
    app = App(loaded(faulty(faults)), listen="127.0.0.1:0", metrics="127.0.0.1:0")
    await app.start()
    async with grpc.aio.insecure_channel(app.address) as channel:
        stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
        await stub.Complete(request(), timeout=5)
        [_ async for _ in stub.StreamComplete(request(), timeout=5)]
        call = stub.StreamComplete(request("openai/silent"), timeout=5)
        waiting = asyncio.create_task(call.read())
        await faults.wait_until(lambda attempts: len(attempts) == 3)
        call.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await faults.wait_until(lambda attempts: attempts[2].client_gone_ms is not None)
        url = f"http://{app.metrics_address}/metrics"
        async with asyncio.timeout(5):
            # The provider sees the cancelled call end a moment before the server has counted it.
            while 'grpc_code="CANCELLED"' not in (text := await asyncio.to_thread(_get, url)):
                await asyncio.sleep(0.01)
    await app.stop()

    service = 'grpc_service="llmrpc.v1.CompletionService"'
    target = 'gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"'
    for sample in (
        f'grpc_server_handled_total{{grpc_code="OK",grpc_method="Complete",{service}}} 1.0',
        f'grpc_server_handled_total{{grpc_code="OK",grpc_method="StreamComplete",{service}}} 1.0',
        f'grpc_server_handled_total{{grpc_code="CANCELLED",grpc_method="StreamComplete",{service}}} 1.0',
        f'grpc_server_in_flight{{grpc_method="StreamComplete",{service}}} 0.0',
        f'grpc_server_handling_seconds_count{{grpc_method="Complete",{service}}} 1.0',
        f"gen_ai_server_time_to_first_token_seconds_count{{{target}}} 1.0",
        f'gen_ai_client_token_usage_sum{{{target},gen_ai_token_type="output"}} 40.0',
    ):
        assert sample in text


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


async def test_second_server_on_a_port_is_refused(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A port that is taken is an error at start, not a share of its calls."""
    second = App(loaded(faulty(faults)), listen=gateway.address)
    with pytest.raises(CannotListen, match=f"{gateway.address}: Address already in use: is another server there"):
        await second.start()
    await second.stop()


CONFIG = """
providers: {{openai: {{kind: openai, api_key: ${{TEST_KEY}}, base_url: {base}/v1}}}}
routes: {{default: [openai/gpt-4o]}}
server: {{drain_wait: 300ms, drain_grace: 20s}}
"""


async def test_drain_breaks_no_stream(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """SIGTERM during 50 open streams: all of them finish, new calls are UNAVAILABLE, health tells, exit code 0."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG.format(base=faults.base_url))
    with serving(cwd=tmp_path, env={"TEST_KEY": "sk-1"}) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            streams = [asyncio.create_task(_read(stub, "openai/slow-tokens=200ms")) for _ in range(STREAMS)]
            await faults.wait_until(lambda attempts: len(attempts) == STREAMS)
            server.send(signal.SIGTERM)
            await _until_unhealthy(channel)
            refused = await _refused(server.address)
            running = sum(attempt.outcome == "running" for attempt in faults.attempts)
            texts = await asyncio.gather(*streams)
        code = await asyncio.to_thread(server.wait)

    assert [CANONICAL_TEXT] * STREAMS == texts
    assert grpc.StatusCode.UNAVAILABLE == refused
    assert running > 0
    assert 0 == code


async def test_streams_without_end_hold_up_no_drain(faults: ThreadedFaultProvider) -> None:
    """Watches and reflection end with UNAVAILABLE, so that who watches turns to another process."""
    async with running(faulty(faults)) as gateway:
        watching = health_pb2_grpc.HealthStub(gateway.channel).Watch(health_pb2.HealthCheckRequest())
        targets = gateway.models.WatchProviderHealth(model_pb2.WatchProviderHealthRequest())
        reflecting = reflection_pb2_grpc.ServerReflectionStub(gateway.channel).ServerReflectionInfo()
        newer: Any = gateway.channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )()
        for asking in (reflecting, newer):
            await asking.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        calls = (watching, targets, reflecting, newer)
        for call in calls:
            await call.read()
        async with asyncio.timeout(10):
            await gateway.app.drain(wait=False)
            failures = [await failure_of(_rest(call)) for call in calls]

    assert [grpc.StatusCode.UNAVAILABLE] * 4 == [failure.code() for failure in failures]


async def _rest(call: Any) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass


async def _read(stub: Any, model: str) -> str:
    events = [event async for event in stub.StreamComplete(request(model), timeout=30)]
    assert events[-1].HasField("completed")
    return "".join(event.part_delta.text for event in events)


async def _until_unhealthy(channel: grpc.aio.Channel) -> None:
    """Wait until the server says that it goes away, or refuses the question."""
    stream = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=10)
    with contextlib.suppress(grpc.aio.AioRpcError):
        async for answer in stream:
            if answer.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                return


async def _refused(address: str) -> grpc.StatusCode:
    """Call on new connections until one is refused, and return its code.

    One that reaches the socket in the very moment in which it closes is cancelled by gRPC itself.
    """
    end = time.monotonic() + 10
    while time.monotonic() < end:
        async with grpc.aio.insecure_channel(address) as channel:
            stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            try:
                await stub.Complete(request(), timeout=5)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.CANCELLED:
                    return error.code()
    raise AssertionError("the server never refused a call")


async def test_log_that_nobody_reads_stops_no_call(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """Calls are answered while the log's reader hangs, and after it has gone."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG.format(base=faults.base_url))
    reading, writing = os.pipe()
    with (
        os.fdopen(writing, "w") as log,
        serving(cwd=tmp_path, env={"TEST_KEY": "sk-1"}, log=log) as server,
        os.fdopen(reading) as reader,
    ):
        log.close()
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            for _ in range(400):  # more lines than a pipe holds
                await stub.Complete(request(), timeout=10)
            reader.close()
            await stub.Complete(request(), timeout=10)
        server.send(signal.SIGTERM)
        assert 0 == await asyncio.to_thread(server.wait)


async def test_server_without_standard_streams(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A server that was started without them serves, and no other file takes their numbers."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG.format(base=faults.base_url))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = f'exec "{LLMRPC}" serve --listen {address} --metrics off <&- >&- 2>&-'
    environment = {**os.environ, "TEST_KEY": "sk-1"}
    process = await asyncio.create_subprocess_shell(command, cwd=tmp_path, env=environment)
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            await stub.Complete(request(), timeout=30, wait_for_ready=True)
        streams = [str(Path(f"/proc/{process.pid}/fd/{number}").readlink()) for number in range(3)]
    finally:
        process.terminate()

    assert 0 == await process.wait()
    assert [os.devnull] * 3 == streams


async def test_second_signal_ends_at_once(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A second signal does not wait for the calls under way; their callers are told."""
    (tmp_path / "llmrpc.yaml").write_text(CONFIG.format(base=faults.base_url))
    with serving(cwd=tmp_path, env={"TEST_KEY": "sk-1"}) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub: Any = completion_pb2_grpc.CompletionServiceStub(channel)
            call = asyncio.create_task(_read(stub, "openai/silent"))
            await faults.wait_until(lambda attempts: len(attempts) == 1)
            server.send(signal.SIGINT)
            await _until_unhealthy(channel)
            server.send(signal.SIGINT)
            code = await asyncio.to_thread(server.wait)
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await call

    assert 0 == code
    # Whether the stream's reset or the connection's end arrives first is the network's to say.
    assert failed.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
