"""Which project a folder belongs to, and what it is called. Runs no git.

Grants are bound to a project, so a folder must not be able to claim another's: a
worktree counts as its main checkout only where both say so.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ccwrap.light import Final
from ccwrap.routes.document import read_bytes

_SMALL: Final = 4096
_CONFIG: Final = 1 << 20


def root(cwd: Path, file: Path | None) -> Path:
    """The main checkout of cwd's repository, else the route file's folder, else cwd."""
    here = cwd.resolve()
    checkout = repository(here)
    if checkout is None:
        return file.parent.resolve() if file is not None else here
    return _main_checkout(checkout) or checkout


def repository(folder: Path) -> Path | None:
    """The nearest folder from `folder` upward that has a `.git`."""
    return next((one for one in (folder, *folder.parents) if _exists(one / ".git")), None)


def name(root: Path) -> str:
    """The git remote's name, else the folder's, fit for a cost tag."""
    url = _remote(root)
    last = re.split(r"[/:\\]", url.rstrip("/"))[-1]
    found = last.rpartition("@")[2].removesuffix(".git") or root.name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", found).strip("-")[:64] or "project"


def branch(folder: Path) -> str:
    """The branch that is checked out at `folder`; "" for none, or outside a repository."""
    checkout = repository(folder.resolve())
    if checkout is None:
        return ""
    gitdir = checkout / ".git"
    if not gitdir.is_dir():
        gitdir = _named(gitdir, checkout, prefix="gitdir: ") or checkout
    try:
        head = read_bytes(gitdir / "HEAD", _SMALL).decode(errors="replace").strip()
    except OSError:
        return ""
    start = "ref: refs/heads/"
    return head.removeprefix(start) if head.startswith(start) else ""


def _main_checkout(checkout: Path) -> Path | None:
    """The main checkout of a linked worktree, None for anything else.

    The worktree's `.git` names a folder in the repository's own `worktrees`; that
    folder names this worktree. A file that only claims it finds no echo there, and
    nor does a link to another worktree's `.git`.
    """
    marker = checkout / ".git"
    gitdir = _named(marker, checkout, prefix="gitdir: ")
    if gitdir is None:
        return None
    common = _named(gitdir / "commondir", gitdir)
    back = _named(gitdir / "gitdir", gitdir)
    if common is None or back != marker or gitdir.parent != common / "worktrees":
        return None
    return common.parent if common.name == ".git" else common


def _named(file: Path, base: Path, prefix: str = "") -> Path | None:
    """The path that `file` consists of, resolved against `base`; None where there is none."""
    try:
        text = read_bytes(file, _SMALL).decode()
    except (OSError, UnicodeDecodeError):
        return None
    if not text.startswith(prefix) or "\0" in text:
        return None
    # Not Path.resolve(): before Python 3.13 it raises where links go in circles.
    return Path(os.path.realpath(base / text.removeprefix(prefix).rstrip("\r\n")))


def _remote(root: Path) -> str:
    """The URL of `origin`, else of the first remote; "" where there is none."""
    gitdir = root / ".git"
    if not os.path.isdir(gitdir):
        gitdir = _named(gitdir, root, prefix="gitdir: ") or root
    try:
        text = read_bytes(gitdir / "config", _CONFIG).decode(errors="replace")
    except OSError:
        return ""
    section = ""
    urls: dict[str, str] = {}
    for line in text.splitlines():
        if match := re.match(r'\s*\[\s*([\w.-]+)(?:\s+"([^"]*)")?\s*\]', line):
            section = f"{match[1].lower()} {match[2] or ''}"
        elif section.startswith("remote ") and (match := re.match(r"\s*url\s*=\s*(\S+)", line)):
            urls.setdefault(section, match[1].strip('"'))
    return urls.get("remote origin") or next(iter(urls.values()), "")


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True
