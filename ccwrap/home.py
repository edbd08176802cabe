"""The user's home: a plain string, for a pass-through needs no more of a path."""

from __future__ import annotations

import os

from ccwrap.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def home(environment: Mapping[str, str]) -> str:
    """HOME where it is absolute, else what the account's entry says, else the root folder.

    A relative one would put our own records, and with them its trust, into the project.
    """
    for name in ("HOME", "USERPROFILE"):
        if os.path.isabs(value := environment.get(name, "")):
            return value
    try:
        import pwd  # noqa: PLC0415 - not on Windows

        return pwd.getpwuid(os.getuid()).pw_dir
    except (ImportError, KeyError):
        return os.sep


def short(file: Path, home: Path) -> str:
    """A path with `~` for the home folder."""
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)
