"""No secret is in anything that the server says: a run with planted ones, and a look at all of its output."""

import asyncio
import json
import re
import urllib.request
from pathlib import Path

import grpc

from auth.book import Book, id_of
from auth.issuer import Issuer
from details import raw
from fault_provider import ThreadedFaultProvider
from gateway import bearer, channel_to, free_port, request, serving
from llmrpc.v1 import completion_pb2_grpc, model_pb2, model_pb2_grpc
from llmrpc_server.auth.keys import new_id, new_text

_PROVIDERS_KEY = "sk-planted-provider-key"

_CONFIG = """
providers:
  openai: {{kind: openai, api_key: '${{PLANTED_KEY}}', base_url: '{base}/v1'}}
routes:
  default: [openai/gpt-4o]
  broken: ['openai/gpt-4o+status=401']
auth:
  keys: {keys}
  jwt: {jwt}
"""


async def test_no_secret_is_told(
    fault_server: ThreadedFaultProvider, book: Book, issuer: Issuer, tmp_path: Path
) -> None:
    """Neither keys nor tokens, good or bad, nor providers' keys are in the log, the metrics or an error."""
    good, denied = book.key(scopes=["admin"]), book.key(scopes=["usage"])
    keys = [good, denied, new_text(new_id()), f"{good[:-1]}~"]
    tokens = [*keys, issuer.token(), issuer.token(exp=1), "planted.bad.token"]
    (tmp_path / "llmrpc.yaml").write_text(
        _CONFIG.format(base=fault_server.base_url, keys=book.path, jwt=json.dumps(issuer.section())), encoding="utf-8"
    )
    metrics, said = f"127.0.0.1:{free_port()}", []
    log = tmp_path / "log"
    with (
        log.open("w", encoding="utf-8") as stream,
        serving("--metrics", metrics, cwd=tmp_path, env={"PLANTED_KEY": _PROVIDERS_KEY}, log=stream) as process,
    ):
        async with channel_to(process.address) as channel:
            stub, models = completion_pb2_grpc.CompletionServiceStub(channel), model_pb2_grpc.ModelServiceStub(channel)
            for token in tokens:
                for call in (
                    stub.Complete(request(), metadata=bearer(token)),
                    stub.Complete(request("broken"), metadata=bearer(token)),
                    stub.Complete(request("no/such"), metadata=bearer(token)),
                    models.ListModels(model_pb2.ListModelsRequest(page_size=-1), metadata=bearer(token)),
                ):
                    try:
                        await call
                    except grpc.aio.AioRpcError as error:
                        said.append(f"{error!r} {raw(error)!r} {error.initial_metadata()} {error.trailing_metadata()}")
        said.append(await asyncio.to_thread(_read, f"http://{metrics}/metrics"))
    said.append(log.read_text(encoding="utf-8"))

    assert id_of(good) in said[-1]
    assert "grpc_server_handled" in said[-2]
    assert len(said) > 4 * len(tokens) - 4
    secrets = [_PROVIDERS_KEY, *(part for token in tokens for part in _secret_parts(token))]
    assert [] == [secret for secret in secrets for text in said if secret in text]


def _read(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        return str(answer.read().decode())


def _secret_parts(token: str) -> list[str]:
    """Split a token into what must not be seen, hashes included; a key's id may be."""
    if token.startswith("llmrpc_"):
        return [token.split("_", 2)[2]]
    return [part for part in re.split(r"\.", token) if len(part) > 5]
