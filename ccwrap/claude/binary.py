"""Find the real claude, never ourselves."""

from __future__ import annotations

import os
import sys
from itertools import dropwhile

from ccwrap.errors import ClaudeNotFound, ClaudeNotRunnable, SettingError
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccwrap.claude.invocation import Invocation

WINDOWS: Final = sys.platform == "win32"
NAME: Final = "claude.exe" if WINDOWS else "claude"
"""Never `.cmd`, `.bat` or `.ps1`: what stands in arguments would pass a shell (CVE-2024-27980)."""

INSTALL: Final = "npm install -g @anthropic-ai/claude-code, or CCWRAP_CLAUDE=/path/to/claude"

PLACES: Final = (
    "~/.local/bin",
    "~/.claude/local",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "~/.npm-global/bin",
    "~/.bun/bin",
    "~/.yarn/bin",
    "~/node_modules/.bin",
    "~/AppData/Roaming/npm/node_modules/@anthropic-ai/claude-code/bin",
)
"""Where installers put claude, should PATH not have it (an IDE started from the Dock)."""


SHIM: Final = b"#!/bin/sh\n# ccwrap shim"
"""How a script begins that leads back to us: `ccroute alias --shim` makes it, as `claude`."""


class Binary(NamedTuple):
    """What is executed: an absolute path, arguments that come before claude's own
    (the script, where `node` runs it), and how it was found."""

    path: str
    prefix: tuple[str, ...] = ()
    found: str = ""


def find(
    invocation: Invocation,
    environment: Mapping[str, str],
    home: str | os.PathLike[str],
    own: str | os.PathLike[str],
) -> Binary:
    """The claude to start: CCWRAP_CLAUDE, the wrapped one, PATH, the usual places.

    `own` is our own console script; whatever is the same file, or one of our shims, is
    passed over.
    Raises SettingError, ClaudeNotRunnable and ClaudeNotFound.
    """
    home = os.fspath(home)
    ours = _ours(os.fspath(own))
    if chosen := environment.get("CCWRAP_CLAUDE"):
        return _chosen(chosen, home, ours)
    if wrapped := tuple(dropwhile(lambda one: _leads_back(one, ours), invocation.wrapped)):
        path, *prefix = wrapped
        return Binary(path, tuple(prefix), "the wrapper form")
    unfit = ""
    for path, found in _candidates(environment, home):
        if not os.path.isfile(path) or _leads_back(path, ours):
            continue
        if os.access(path, os.X_OK):
            return Binary(path, (), found)
        unfit = unfit or path
    if unfit:
        raise ClaudeNotRunnable(f"{unfit}: is not executable", f"chmod +x {unfit}")
    raise ClaudeNotFound("no claude on PATH or in the usual install places", INSTALL)


def _candidates(environment: Mapping[str, str], home: str) -> Iterator[tuple[str, str]]:
    """Paths to try. Relative and empty PATH entries are a project's to fill: left out."""
    for entry in environment.get("PATH", "").split(os.pathsep):
        if os.path.isabs(entry):
            yield os.path.join(entry, NAME), "PATH"
    for place in PLACES:
        if os.path.isabs(folder := place.replace("~", home, 1)):
            yield os.path.join(folder, NAME), "a usual install place"


def _chosen(value: str, home: str, ours: frozenset[tuple[int, int]]) -> Binary:
    path = home + value[1:] if value.startswith(("~/", "~\\")) else value
    if not os.path.isabs(path):
        raise SettingError(f"CCWRAP_CLAUDE={value}: is not an absolute path", "write it in full")
    if WINDOWS and not path.lower().endswith(".exe"):
        raise SettingError(f"CCWRAP_CLAUDE={value}: is no .exe", "name claude.exe itself")
    if not os.path.isfile(path):
        raise ClaudeNotFound(f"CCWRAP_CLAUDE={value}: there is no such file", INSTALL)
    if _leads_back(path, ours):
        raise ClaudeNotRunnable(f"CCWRAP_CLAUDE={value}: is ccwrap itself", "name the real claude")
    if not os.access(path, os.X_OK):
        raise ClaudeNotRunnable(f"{path}: is not executable", f"chmod +x {path}")
    return Binary(path, (), "CCWRAP_CLAUDE")


def _leads_back(path: str, ours: frozenset[tuple[int, int]]) -> bool:
    """Whether starting the file at `path` would start us again."""
    return _identity(path) in ours or is_shim(path)


def is_shim(path: str) -> bool:
    """Whether the file at `path` is a shim of ours, of any installation."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(len(SHIM)) == SHIM
    except OSError:
        return False


def _identity(path: str) -> tuple[int, int] | None:
    """What makes two paths the same file, symbolic links followed; None: no file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _ours(own: str) -> frozenset[tuple[int, int]]:
    """Our console script, and those of the same name beside it and beside the interpreter."""
    suffix = ".exe" if WINDOWS else ""
    folders = (os.path.dirname(own), os.path.dirname(sys.executable))
    scripts = (own, *(os.path.join(folder, f"ccwrap{suffix}") for folder in folders))
    return frozenset(found for script in scripts if (found := _identity(script)))


TURNS: Final = 3
"""So often may one process become the same file within `SPAN` seconds: claude itself does
so, through its process wrapper, when a person leaves the agent view."""

SPAN: Final = 30.0
DEPTH: Final = 12
"""So many processes may start one another through ccwrap: sessions in sessions."""

CHAIN: Final = "CCWRAP_CHAIN"


class Chain(NamedTuple):
    """What CCWRAP_CHAIN carries: `depth pid [device:inode@seconds …]`.

    depth   processes that led here, each through ccwrap
    pid     the last of them
    turns   files that this process became, and when (seconds since 1970)
    """

    depth: int = 0
    pid: int = 0
    turns: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Chain:
        """What was carried over; nothing where it isn't ours to read."""
        try:
            depth, pid, *turns = text.split()
            pairs = (turn.split("@") for turn in turns)
            return cls(int(depth), int(pid), tuple((file, float(when)) for file, when in pairs))
        except ValueError:
            return cls()

    def __str__(self) -> str:
        turns = (f"{file}@{when:.1f}" for file, when in self.turns)
        return " ".join((str(self.depth), str(self.pid), *turns))


def guard(environment: Mapping[str, str], binary: Binary, pid: int, now: float) -> dict[str, str]:
    """The variable that lets the next ccwrap see a loop of wrappers.

    `now` is seconds since 1970. Raises ClaudeNotRunnable where `binary`, in this
    process or through others, has led back here time and again.
    """
    chain = Chain.parse(environment.get(CHAIN, ""))
    file = "{}:{}".format(*(_identity(binary.path) or (0, 0)))
    if chain.pid != pid:
        chain = Chain(chain.depth + 1, pid)
    turns = tuple(turn for turn in chain.turns if 0 <= now - turn[1] < SPAN)
    if [earlier for earlier, _ in turns].count(file) >= TURNS or chain.depth > DEPTH:
        raise ClaudeNotRunnable(
            f"ccwrap and {binary.path} ({binary.found}) keep starting each other",
            "CCWRAP_CLAUDE=/path/to/the/real/claude, or take the wrapper out of PATH",
        )
    return {CHAIN: str(chain._replace(turns=(*turns, (file, now))))}
