"""The main checkout of a folder, as Claude Code looks for settings.local.json."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from ccwrap.claude import jsonfile

if TYPE_CHECKING:
    from pathlib import Path

LIMIT: Final = 4096
"""Bytes of a `.git` file and of a `commondir` that are read at most."""


def main_checkout(cwd: Path) -> Path:
    """The folder that holds `cwd`'s repository, for a worktree its main one; else `cwd`.

    It decides which files are shown as beaten, never what is trusted.
    """
    for at in (cwd, *cwd.parents):
        mark = at / ".git"
        if mark.is_dir():
            return at
        if mark.is_file():
            return _of_worktree(at, mark) or at
    return cwd


def _of_worktree(at: Path, mark: Path) -> Path | None:
    try:
        line = os.fsdecode(jsonfile.read(mark, LIMIT)).strip()
        inner = at / line.removeprefix("gitdir:").strip()
        common = inner / os.fsdecode(jsonfile.read(inner / "commondir", LIMIT)).strip()
    except (OSError, ValueError):
        return None
    folder = common.resolve()
    return folder.parent if folder.name == ".git" and folder.is_dir() else None
