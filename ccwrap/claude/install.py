"""Install one version of Claude Code from npm into a folder of our own."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess

from ccwrap.errors import ClaudeNotFound, ClaudeNotRunnable
from ccwrap.light import TYPE_CHECKING, Final
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECONDS: Final = 900
"""How long npm may take; the package is about 70 MB."""

NO_NPM: Final = "npm is not on PATH (it comes with Node.js, https://nodejs.org)"


def installed(version: str, folder: Path) -> Path | None:
    """The native binary of this version in `folder`, or None."""
    scope = folder / version / "node_modules" / "@anthropic-ai"
    for name in ("claude", "claude.exe"):
        for binary in sorted(scope.glob(f"claude-code-*/{name}")):
            if binary.is_file():
                return binary
    return None


def find_npm(environment: Mapping[str, str]) -> str | None:
    """The npm on this environment's PATH."""
    return shutil.which("npm", path=environment.get("PATH", os.defpath))


def install(version: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """The native binary of this version, installed into `folder` if it isn't there yet.

    Its own folder holds no other program, so it can stand on a PATH. Two that
    install at once end with one installation: each fills a folder of its own
    and the first to rename it wins. Raises ClaudeNotFound where there is no npm
    and ClaudeNotRunnable where npm fails.
    """
    there = installed(version, folder)
    if there:
        return there
    npm = find_npm(environment)
    if not npm:
        raise ClaudeNotFound(NO_NPM, "install Node.js, or claude itself")
    fresh = folder / f".{version}.{secrets.token_hex(8)}"
    fresh.mkdir(parents=True, mode=0o700)
    try:
        _download(npm, version, fresh, environment)
        with contextlib.suppress(OSError):
            fresh.rename(folder / version)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    binary = installed(version, folder)
    if not binary:
        raise ClaudeNotRunnable(
            f"npm installed claude {version} without a binary for this machine",
            "install claude itself, see https://code.claude.com/docs/en/setup",
        )
    return binary


def _download(npm: str, version: str, fresh: Path, environment: Mapping[str, str]) -> None:
    """Run npm in the empty folder `fresh`, where no project's .npmrc can speak.

    The package's script only copies the native binary to another place; it
    stays away, and with it any script at all.
    """
    command = [npm, "install", "--prefix", str(fresh), "--no-save", "--no-audit", "--no-fund"]
    command += ["--ignore-scripts", "--include=optional", "--loglevel=error"]
    try:
        done = subprocess.run(
            [*command, f"@anthropic-ai/claude-code@{version}"],
            cwd=fresh,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClaudeNotRunnable(f"npm could not install claude {version}: {error}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        raise ClaudeNotRunnable(
            f"npm could not install claude {version}: {clean(said, limit=400)}",
            f"npm install @anthropic-ai/claude-code@{version}",
        )
