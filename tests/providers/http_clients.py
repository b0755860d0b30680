"""Clients of HTTP whose failures mean the same: what a package with a provider of its own may use."""

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import httpx
import httpx2
import openai
import pytest

# A machine that stands still for a moment is no timeout.
SECONDS = 20.0


class Failure(Exception):
    """A client failed.

    Attributes:
        answering: The answer had begun.
    """

    def __init__(self, *, answering: bool) -> None:
        super().__init__()
        self.answering = answering


@contextlib.contextmanager
def phase(*, answering: bool) -> Any:
    """Note in which phase a client fails."""
    try:
        yield
    except Exception as error:
        raise Failure(answering=answering) from error


async def with_aiohttp(address: str, proxy: str | None, read: float) -> None:
    """Ask with aiohttp."""
    timeout = aiohttp.ClientTimeout(connect=SECONDS, sock_read=read)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        with phase(answering=False):
            answer = await session.post(address, data=b"{}", proxy=proxy)
        with phase(answering=True):
            await answer.read()


async def with_httpx(library: Any, address: str, proxy: str | None, read: float) -> None:
    """Ask with httpx, or with what came after it."""
    async with library.AsyncClient(timeout=library.Timeout(SECONDS, read=read), proxy=proxy) as client:
        with phase(answering=False):
            answer = await client.send(client.build_request("POST", address, content=b"{}"), stream=True)
        with phase(answering=True):
            await answer.aread()


async def with_an_sdk(address: str, proxy: str | None, read: float) -> None:
    """Ask with OpenAI's SDK, streaming."""
    async with (
        httpx2.AsyncClient(timeout=httpx2.Timeout(SECONDS, read=read), proxy=proxy) as http,
        openai.AsyncOpenAI(api_key="sk-marker", base_url=address, max_retries=0, http_client=http) as client,
    ):
        with phase(answering=False):
            stream = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "x"}], stream=True
            )
        with phase(answering=True):
            [_ async for _ in stream]


CLIENTS: dict[str, Callable[[str, str | None, float], Awaitable[None]]] = {
    "aiohttp": with_aiohttp,
    "httpx2": partial(with_httpx, httpx2),
    "httpx": partial(with_httpx, httpx),
    "openai": with_an_sdk,
}
EVERY_CLIENT = pytest.mark.parametrize("client", CLIENTS)
