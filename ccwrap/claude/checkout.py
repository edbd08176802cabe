"""The main checkout of a folder, as Claude Code looks for settings.local.json."""

from __future__ import annotations

import os
from pathlib import Path

from ccwrap.claude import jsonfile
from ccwrap.light import Final

LIMIT: Final = 4096
"""Bytes of a `.git` file and of a `commondir` that are read at most."""


def main_checkout(cwd: Path) -> Path:
    """The folder that holds `cwd`'s repository, for a worktree its main one; else `cwd`.

    It decides which files are shown as beaten, never what is trusted.
    """
    for at in (cwd, *cwd.parents):
        mark = at / ".git"
        if os.path.isdir(mark):
            return at
        if os.path.isfile(mark):
            return _of_worktree(at, mark) or at
    return cwd


def _of_worktree(at: Path, mark: Path) -> Path | None:
    try:
        line = os.fsdecode(jsonfile.read(mark, LIMIT)).strip()
        inner = at / line.removeprefix("gitdir:").strip()
        common = inner / os.fsdecode(jsonfile.read(inner / "commondir", LIMIT)).strip()
        folder = Path(os.path.realpath(common))
    except (OSError, ValueError):
        return None
    return folder.parent if folder.name == ".git" and os.path.isdir(folder) else None
