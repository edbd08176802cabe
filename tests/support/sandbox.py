"""A clean world for one test: a home, a project, an environment, a claude."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from running import LIMIT, Ran, run, script
from standin import StandIn
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
SETTINGS = {
    "user": ("home", "settings.json"),
    "project": ("project", "settings.json"),
    "local": ("project", "settings.local.json"),
}


class Sandbox:
    """A world under `root`; nothing of the real user's is in it.

    home         HOME; empty but for what a test puts there
    project      a git repository, the working directory
    bin          the first folder on PATH; it holds `claude`
    environment  all that programs are given; a test may change it
    """

    def __init__(self, root: Path, claude: Path | None = None) -> None:
        self.home = root / "home"
        self.project = self.home / "work" / "acme"
        self.bin = root / "bin"
        self.project.mkdir(parents=True)
        self.bin.mkdir()
        self.claude = self.bin / "claude"
        self.environment: dict[str, str] = {
            "HOME": str(self.home),
            "PATH": f"{self.bin}{os.pathsep}{SYSTEM_PATH}",
            "LANG": "C.UTF-8",
            "DISABLE_AUTOUPDATER": "1",  # a background claude would install another one, for all
        }
        self.git("init", "-q", "-b", "main")
        if claude:
            self.claude.symlink_to(claude)

    def stand_in(self, says: str = "stand-in\n", exits: int = 0) -> StandIn:
        """Put a reporting stand-in where claude was."""
        self.claude.unlink(missing_ok=True)
        return StandIn(self.bin, says, exits)

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
        return self.run("git", *who, *arguments).expect().out

    def write(self, path: str | Path, text: str, mode: int = 0o644) -> Path:
        """Write a file of the project (or an absolute path), its folders made."""
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def ccroute(self, text: str) -> Path:
        """Write the project's `.ccroute`."""
        return self.write(".ccroute", text)

    def config(self, text: str) -> Path:
        """Write the user's own config.toml."""
        base = ".config/ccwrap"
        if sys.platform == "darwin":
            base = "Library/Application Support/ccwrap"
        return self.write(self.home / base / "config.toml", text, 0o600)

    def settings(self, layer: str, values: Mapping[str, object]) -> Path:
        """Write one of Claude Code's settings files: user, project or local."""
        where, name = SETTINGS[layer]
        folder = self.home if where == "home" else self.project
        return self.write(folder / ".claude" / name, json.dumps(values))

    def allow(self, *grants: str) -> None:
        """Add to CCWRAP_TRUST, written as `NAME@URL`."""
        before = self.environment.get("CCWRAP_TRUST", "")
        self.environment["CCWRAP_TRUST"] = ", ".join(filter(None, (before, *grants)))

    def run(
        self,
        program: str | Path,
        *arguments: str | Path,
        input: str | bytes = b"",  # noqa: A002 - as subprocess calls it
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        seconds: float = LIMIT,
    ) -> Ran:
        """Run a program in this world; `env` is added to its environment."""
        return run(
            (program, *arguments),
            environment=self.environment | dict(env or {}),
            cwd=cwd or self.project,
            input=input,
            seconds=seconds,
        )

    def run_ccwrap(
        self,
        *arguments: str | Path,
        input: str | bytes = b"",  # noqa: A002 - as subprocess calls it
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        seconds: float = LIMIT,
    ) -> Ran:
        return self.run(
            script("ccwrap"), *arguments, input=input, env=env, cwd=cwd, seconds=seconds
        )

    def run_ccroute(
        self,
        *arguments: str | Path,
        input: str | bytes = b"",  # noqa: A002 - as subprocess calls it
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        seconds: float = LIMIT,
    ) -> Ran:
        return self.run(
            script("ccroute"), *arguments, input=input, env=env, cwd=cwd, seconds=seconds
        )

    def terminal(
        self,
        program: str | Path,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        size: tuple[int, int] = (40, 120),
    ) -> Terminal:
        """Start a program on a terminal; "ccwrap" and "ccroute" are the real scripts."""
        command = script(str(program)) if program in {"ccwrap", "ccroute"} else program
        return Terminal(
            (command, *arguments),
            environment=self.environment | dict(env or {}),
            cwd=cwd or self.project,
            size=size,
        )

    def past_onboarding(self, *, trusted: bool = True) -> None:
        """Let an interactive claude come to its prompt without its first-run questions."""
        project = {"hasTrustDialogAccepted": trusted, "hasCompletedProjectOnboarding": True}
        state = {
            "hasCompletedOnboarding": True,
            "theme": "dark",
            "projects": {str(self.project): project},
        }
        self.write(self.home / ".claude.json", json.dumps(state), 0o600)
