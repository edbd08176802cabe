"""The real claude for the tests: the one that is named, or the pinned one from npm."""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path
from typing import TYPE_CHECKING

from ccwrap.claude.install import install, installed
from ccwrap.claude.versions import PINNED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def real_claude(environment: Mapping[str, str]) -> Path:
    """CCWRAP_TEST_CLAUDE, else the pinned claude, installed once per machine.

    `environment` is the one that the tests were started with: npm needs its
    own proxies and registry. Parallel workers wait for the first one's download.
    """
    named = environment.get("CCWRAP_TEST_CLAUDE", "")
    if named:
        return Path(named).resolve(strict=True)
    folder = Path(environment["HOME"]) / ".cache" / "ccwrap-tests"
    there = installed(PINNED, folder)
    if there:
        return there
    with _alone(folder):
        return install(PINNED, folder, environment)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
