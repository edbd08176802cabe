"""A file as it was at a git revision, from a repository that may be hostile.

Its configuration could name commands for hooks, fsmonitor, a pager, filters and the
transport of a lazy fetch. `cat-file` shows an object as it is stored, and the rest
is switched off, a repository among the committed files too: it would have another
history to compare with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from ccwrap.errors import UsageError
from ccwrap.routes.document import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECONDS: Final = 10
OFF: Final = (
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.sshCommand=false"),
    *("-c", "core.gitProxy=false"),
    *("-c", "credential.helper="),
    *("-c", "safe.bareRepository=explicit"),
)
KEPT: Final = ("HOME", "PATH", "SYSTEMROOT", "USERPROFILE", "XDG_CONFIG_HOME")
SET: Final = {
    "GIT_ALLOW_PROTOCOL": "",  # none; outranks protocol.*.allow of the repository
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def at(path: Path, revision: str, environment: Mapping[str, str]) -> bytes | None:
    """The bytes of `path` at `revision`, None where it wasn't there.

    Raises UsageError for a revision that git doesn't know, and without git.
    """
    if revision.startswith("-") or ":" in revision or not revision.isprintable():
        raise UsageError(f"{revision!r} is no revision", "ccroute trust --diff origin/main")
    found = _git(path.parent, environment, "rev-parse", "--verify", "-q", f"{revision}^{{commit}}")
    if found is None:
        raise UsageError(f"git knows no commit {revision!r} here", "git fetch, or name another")
    commit = found.decode("ascii").strip()
    return _git(path.parent, environment, "cat-file", "blob", f"{commit}:./{path.name}")


def _git(folder: Path, environment: Mapping[str, str], *arguments: str) -> bytes | None:
    """What git prints; None where it fails. Relative PATH entries are a project's to fill."""
    entries = environment.get("PATH", "").split(os.pathsep)
    git = shutil.which("git", path=os.pathsep.join(filter(os.path.isabs, entries)))
    if git is None:
        raise UsageError("there is no git on PATH", "install git")
    variables = {name: environment[name] for name in KEPT if name in environment}
    try:
        done = subprocess.run(
            [git, *OFF, *arguments],
            cwd=folder,
            env={**variables, **SET},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"git was not done after {SECONDS} s", "try it by hand") from None
    return done.stdout[: LIMIT + 1] if done.returncode == 0 else None
