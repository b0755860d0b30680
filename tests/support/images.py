"""Container images as the tests build them: the Dockerfile on a plain Debian, without any registry.

debootstrap makes the base, and it is kept in the machine's temporary folder for the next run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import toolchains

DEBOOTSTRAP = (
    "--force-check-gpg",
    "--variant=minbase",
    "--include=python3,python3-venv,ca-certificates",
    "bookworm",
)
BASE = "localhost/llmrpc-test-base"


@dataclass(frozen=True, slots=True)
class Image:
    """A built image: its configuration, and where its files are."""

    config: dict[str, Any]
    root: Path


class Store:
    """buildah with a storage of its own, so that nothing of a test meets the machine's images, or outlives it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._command = [toolchains.require("buildah"), "--root", str(folder / "store"), "--storage-driver", "vfs"]
        self._command += ["--runroot", str(folder / "run")]

    def build(self, name: str, **arguments: str) -> Image:
        """Build the Dockerfile and mount the image's files."""
        command = ["build", "--pull-never", "--tag", name]
        for argument, value in {"BASE": BASE, **arguments}.items():
            command += ["--build-arg", f"{argument}={value}"]
        self._buildah(*command, *self._secrets(), str(toolchains.ROOT))
        described = json.loads(self._buildah("inspect", "--type", "image", name))
        container = self._buildah("from", "--pull-never", name).strip()
        return Image(described["OCIv1"]["config"], Path(self._buildah("mount", container).strip()))

    def take(self, archive: Path, name: str) -> None:
        """Make an image of an archive of files."""
        container = self._buildah("from", "scratch").strip()
        self._buildah("add", "--quiet", container, str(archive), "/")
        self._buildah("commit", "--quiet", "--rm", container, name)

    def remove(self) -> None:
        """Remove all containers and images."""
        self._buildah("umount", "--all")
        self._buildah("rm", "--all")
        self._buildah("rmi", "--all", "--force")
        shutil.rmtree(self._folder)

    def _secrets(self) -> list[str]:
        """Hand over how this machine reaches its package index, where it differs from everybody's way."""
        settings = {name: os.environ.get(f"PIP_{name.upper()}") for name in ("index_url", "trusted_host", "timeout")}
        secrets = []
        if authority := os.environ.get("PIP_CERT"):
            settings["cert"] = "/run/secrets/ca"
            secrets += ["--secret", f"id=ca,src={authority}"]
        lines = [f"{name.replace('_', '-')} = {value}" for name, value in settings.items() if value]
        configuration = self._folder / "pip.conf"
        configuration.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
        return ["--secret", f"id=pip,src={configuration}", *secrets]

    def _buildah(self, *arguments: str) -> str:
        environment = toolchains.environment(BUILDAH_ISOLATION="chroot")
        return _output(*self._command, *arguments, env=environment)


def base() -> Path:
    """Give an archive of a Debian with Python, made where there is none of this recipe and architecture yet."""
    recipe = "\n".join([*DEBOOTSTRAP, platform.machine()])
    place = Path(tempfile.gettempdir()) / "llmrpc-image-base"
    place.mkdir(mode=0o700, exist_ok=True)
    owner = place.stat().st_uid
    if owner != os.geteuid():
        cannot(f"{place} belongs to user {owner}, who could have put anything there")
    archive = place / f"{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.tar"
    if archive.is_file():
        return archive
    with tempfile.TemporaryDirectory(dir=place) as folder:
        root = Path(folder) / "root"
        _output(toolchains.require("debootstrap"), *DEBOOTSTRAP, str(root))
        # Packages and lists of them: debootstrap leaves them behind, a base image has none.
        for pattern in ("var/cache/apt/archives/*.deb", "var/lib/apt/lists/*_*"):
            for path in root.glob(pattern):
                path.unlink()
        made = Path(folder) / "base.tar"
        _output("tar", "--create", "--file", str(made), "--directory", str(root), "--numeric-owner", ".")
        # Last and at once: whoever is interrupted before leaves nothing that looks whole.
        made.replace(archive)
    return archive


def _output(*command: str, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def cannot(problem: str) -> None:
    """Skip what cannot be tested here; where everything has to be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)
