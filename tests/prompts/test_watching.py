"""A folder of prompts that comes, goes, and comes again as another one."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import watchfiles.main

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, running
from llmrpc.v1 import prompt_pb2
from prompts.asking import stub
from prompts.files import GREETING, write


async def described(gateway: Gateway, words: str) -> None:
    """Wait until the prompt "greeting" is described so."""
    async with asyncio.timeout(20):
        while True:
            listed = await stub(gateway).ListPrompts(prompt_pb2.ListPromptsRequest(), timeout=20)
            if words in {prompt.description for prompt in listed.prompts}:
                return
            await asyncio.sleep(0.01)


def put(folder: Path, words: str) -> None:
    """Write the prompt with a description."""
    write(folder, {"greeting/1.yaml": GREETING.replace("Says hello.", words)})


def _deleted(folder: Path, words: str = "First.") -> None:
    shutil.rmtree(folder)
    put(folder, words)


def _renamed(folder: Path) -> None:
    folder.rename(folder.with_name("before"))
    put(folder.with_name("after"), "First.")
    folder.with_name("after").rename(folder)


def _linked(folder: Path) -> None:
    put(folder.with_name("release-2"), "First.")
    link = folder.with_name("link")
    link.symlink_to("release-2")
    folder.rename(folder.with_name("release-1"))
    link.rename(folder)


@pytest.mark.parametrize("replace", [_deleted, _renamed, _linked])
async def test_another_folder_of_the_same_name(
    prompting: Gateway, folder: Path, replace: Callable[[Path], None]
) -> None:
    """It is read when it is there, and its changes are noticed as those of the first one were."""
    await described(prompting, "Says hello.")
    await asyncio.to_thread(replace, folder)
    await described(prompting, "First.")
    put(folder, "Second.")
    await described(prompting, "Second.")


async def test_a_link_that_leads_elsewhere(faults: ThreadedFaultProvider, tmp_path: Path) -> None:
    """A release that is switched by its link is noticed, though no file of either changes."""
    put(tmp_path / "1", "First.")
    put(tmp_path / "2", "Second.")
    (tmp_path / "current").symlink_to("1")
    async with running(faulty(faults) | {"prompts": {"path": str(tmp_path / "current")}}) as gateway:
        await described(gateway, "First.")
        (tmp_path / "next").symlink_to("2")
        (tmp_path / "next").rename(tmp_path / "current")
        await described(gateway, "Second.")


async def test_a_folder_that_comes_later(
    faults: ThreadedFaultProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is up before its volume serves what that brings, also where the path is a relative one."""
    monkeypatch.chdir(tmp_path)
    folder = Path("prompts")
    async with running(faulty(faults) | {"prompts": {"path": str(folder)}}) as gateway:
        listed = await stub(gateway).ListPrompts(prompt_pb2.ListPromptsRequest(), timeout=20)
        assert [] == list(listed.prompts)
        put(folder, "First.")
        await described(gateway, "First.")
        _deleted(folder, "Second.")
        await described(gateway, "Second.")


async def test_a_system_without_watches_left(
    faults: ThreadedFaultProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel has no watch to give, as it has few for each user, changes are noticed all the same."""

    def notify(*_arguments: Any) -> Any:
        """Stand for a kernel that has none left."""
        text = "Error creating recommended watcher: Too many open files (os error 24)"
        raise RuntimeError(text)

    monkeypatch.setattr(watchfiles.main, "RustNotify", notify)
    put(tmp_path, "First.")
    async with running(faulty(faults) | {"prompts": {"path": str(tmp_path)}}) as gateway:
        await described(gateway, "First.")
        put(tmp_path, "Second.")
        await described(gateway, "Second.")
