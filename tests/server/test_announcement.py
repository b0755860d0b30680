"""What `llmrpc serve` says on standard output is for whoever wants it: the server depends on no reader."""

import os
import signal
import subprocess
from pathlib import Path

import grpc
import pytest

from fault_provider import CANONICAL_TEXT, ThreadedFaultProvider
from gateway import LLMRPC, free_port, request
from llmrpc.v1 import completion_pb2_grpc

MANY = "".join(f"  route{number}: [openai/a-model-{number}, openai/another-model-{number}]\n" for number in range(3000))


def _write(folder: Path, faults: ThreadedFaultProvider, routes: str) -> None:
    provider = f"openai: {{kind: openai, api_key: '${{TEST_KEY}}', base_url: {faults.base_url}/v1}}"
    text = f"providers:\n  {provider}\nroutes:\n  default: [openai/gpt-4o]\n{routes}"
    (folder / "llmrpc.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("routes", ["", MANY], ids=["nobody reads it", "all but the first line is left"])
def test_nobody_need_read_it(tmp_path: Path, faults: ThreadedFaultProvider, routes: str) -> None:
    """A server serves where its output cannot be written, and where there is more of it than its reader reads."""
    _write(tmp_path, faults, routes)
    listen = f"127.0.0.1:{free_port()}"
    with (
        Path("/dev/full").open("w") as nowhere,
        subprocess.Popen(
            [LLMRPC, "serve", "--listen", listen, "--metrics", "off"],
            cwd=tmp_path,
            env={**os.environ, "TEST_KEY": "sk-test-1"},
            stdout=subprocess.PIPE if routes else nowhere,
        ) as process,
    ):
        try:
            with grpc.insecure_channel(listen) as channel:
                completion = completion_pb2_grpc.CompletionServiceStub(channel)
                answer = completion.Complete(request(), timeout=30, wait_for_ready=True)
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
        finally:
            process.kill()

    assert CANONICAL_TEXT == answer.message.parts[0].text
    assert 0 == code
