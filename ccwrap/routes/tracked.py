"""Whether git tracks a file, asked so that the repository can't answer by running something."""

from __future__ import annotations

import os
from pathlib import Path

from ccwrap.light import TYPE_CHECKING, Final
from ccwrap.routes import project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS: Final = 5
WHY: Final = "git tracks it"
_KEPT: Final = ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "SYSTEMROOT", "TMPDIR", "TEMP")
_OPTIONS: Final = (
    "--no-pager",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "safe.bareRepository=explicit",
)
"""A folder of committed files that looks like a bare repository would otherwise be asked."""


def reasons(
    folder: Path, names: Sequence[str], environment: Mapping[str, str], seconds: float
) -> dict[str, str]:
    """Why each of `names` in `folder` may not be read; {} where all may.

    Where git can't be asked although there is a repository, none may.
    """
    if project.repository(folder.resolve()) is None:
        return {}
    git = _git(environment)
    if git is None:
        return dict.fromkeys(names, "git isn't installed to say whether it is tracked")
    answer = _ask(git, folder, names, environment, min(seconds, SECONDS))
    if answer is None:
        return dict.fromkeys(names, "git can't say whether it is tracked")
    listed = {entry.casefold() for entry in answer}
    return {name: WHY for name in names if name.casefold() in listed}


def _ask(
    git: str, folder: Path, names: Sequence[str], environment: Mapping[str, str], seconds: float
) -> list[str] | None:
    """Those of `names` that git tracks, in any letter case; None where it can't say."""
    import subprocess  # noqa: PLC0415 - only where an env file is in a repository

    kept = {name: environment[name] for name in _KEPT if name in environment}
    paths = [f":(icase){name}" for name in names]
    try:
        done = subprocess.run(
            [git, *_OPTIONS, "ls-files", "-z", "--", *paths],
            cwd=folder,
            env={**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [entry.decode(errors="replace") for entry in done.stdout.split(b"\0") if entry]


def _git(environment: Mapping[str, str]) -> str | None:
    """git on PATH; relative entries would find one in the project."""
    name = "git.exe" if os.name == "nt" else "git"
    for entry in environment.get("PATH", "").split(os.pathsep):
        candidate = Path(entry, name)
        if (
            entry
            and candidate.is_absolute()
            and os.access(candidate, os.X_OK)
            and os.path.isfile(candidate)
        ):
            return str(candidate)
    return None
