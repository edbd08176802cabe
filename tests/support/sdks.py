"""The real agent SDKs, in the versions that examples/sdk names."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccwrap.claude.install import find_npm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "sdk"
SECONDS: Final = 900


def python_sdk(environment: Mapping[str, str]) -> Path:
    """A Python that has the SDK, made once per machine.

    `environment` is the one that the tests were started with. The source package is
    taken, because the built ones carry a claude of their own. Parallel workers wait
    for the first one's download.
    """
    wanted = EXAMPLE / "python" / "requirements.txt"
    with _folder(environment, "python", wanted.read_bytes()) as (folder, missing):
        if missing:
            _run(environment, sys.executable, "-m", "venv", "--clear", folder)
            pip = (folder / "bin" / "python", "-m", "pip", "install", "-q")
            _run(environment, *pip, "--no-binary", "claude-agent-sdk", "-r", wanted)
    return folder / "bin" / "python"


def typescript_sdk(environment: Mapping[str, str]) -> Path:
    """A folder whose `node_modules` has the SDK and a compiler, made once per machine.

    `environment` is the one that the tests were started with. The SDK's own claude is
    an optional package, and left out.
    """
    wanted = EXAMPLE / "typescript" / "package.json"
    with _folder(environment, "typescript", wanted.read_bytes()) as (folder, missing):
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            shutil.copy(wanted, folder)
            npm = find_npm(environment)
            assert npm, "npm is not on PATH"
            flags = ("--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund")
            _run(environment, npm, "install", "--prefix", folder, *flags, "--loglevel=error")
    return folder


@contextlib.contextmanager
def _folder(
    environment: Mapping[str, str], name: str, wanted: bytes
) -> Iterator[tuple[Path, bool]]:
    """The folder for exactly what is `wanted`, and whether it has yet to be filled."""
    base = Path(environment["HOME"]) / ".cache" / "ccwrap-tests"
    base.mkdir(parents=True, exist_ok=True)
    folder = base / f"sdk-{name}-{hashlib.sha256(wanted).hexdigest()[:12]}"
    done = base / f"{folder.name}.complete"
    with (base / f"sdk-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder, not done.exists()
        done.touch()


def _run(environment: Mapping[str, str], *command: str | Path) -> None:
    subprocess.run(
        [str(part) for part in command],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=SECONDS,
    )
