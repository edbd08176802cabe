"""`.env.local` and `.env` beside the route file: values only, never exported.

python-dotenv parses them; a malformed line is an error, and nothing is interpolated.
A file that git tracks is never read: a stranger's key shows a stranger your prompts.
"""

from __future__ import annotations

import errno
import os

from ccwrap.errors import Problem, RouteFileError
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple
from ccwrap.routes import tracked
from ccwrap.routes.document import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMES: Final = (".env.local", ".env")
LIMIT: Final = 1 << 20


class Line(NamedTuple):
    """One variable of an env file. `value` is a secret."""

    value: str
    origin: str

    def __repr__(self) -> str:
        return f"Line(***, {self.origin})"


class EnvFiles(NamedTuple):
    """What the env files say, the nearer file first; and why one was left unread."""

    lines: Mapping[str, Line]
    unread: Mapping[str, str]


def read(folder: Path, environment: Mapping[str, str], seconds: float = 5.0) -> EnvFiles:
    """Both files of `folder`. Raises RouteFileError for a malformed line.

    A git that doesn't say within `seconds` whether it tracks them leaves them unread.
    """
    there = present(folder)
    unread = tracked.reasons(folder, there, environment, seconds) if there else {}
    lines: dict[str, Line] = {}
    for name in there:
        if name not in unread:
            lines = {**_lines(folder / name, name), **lines}
    return EnvFiles(lines, unread)


def names(folder: Path) -> dict[str, str]:
    """Variables that the files name, with the file; asks nobody, keeps no value."""
    found: dict[str, str] = {}
    for name in present(folder):
        found = {**dict.fromkeys(_lines(folder / name, name), name), **found}
    return found


def present(folder: Path) -> tuple[str, ...]:
    """The env files of `folder`, by their exact names.

    Where case doesn't count, a tracked `.Env` would open as `.env`.
    """
    try:
        entries = set(os.listdir(folder))
    except OSError:
        return ()
    return tuple(name for name in NAMES if name in entries)


def _lines(path: Path, name: str) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for key, value, line in _bindings(path, name):
        if value:
            found[key] = Line(value, f"{name}:{line}")
        else:
            found.pop(key, None)
    return found


def _bindings(path: Path, name: str) -> list[tuple[str, str, int]]:
    from io import StringIO  # noqa: PLC0415 - only where such a file is

    from dotenv.parser import parse_stream  # noqa: PLC0415 - heavy

    found, problems = [], []
    for binding in parse_stream(StringIO(_text(path, name))):
        if binding.error:
            problems.append(
                Problem(
                    name,
                    binding.original.line,
                    "",
                    "is no NAME=value",
                    "mend it, or put # before it",
                )
            )
        elif binding.key is not None:
            line = binding.original.line + _blank_lines_before(binding.original.string)
            found.append((binding.key, binding.value or "", line))
    if problems:
        raise RouteFileError(tuple(problems))
    return found


def _blank_lines_before(text: str) -> int:
    """python-dotenv counts blank lines to the binding that follows them."""
    return text[: len(text) - len(text.lstrip())].count("\n")


def _text(path: Path, name: str) -> str:
    try:
        return read_bytes(path, LIMIT).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RouteFileError((Problem(name, 0, "", "is not UTF-8", "save it as UTF-8"),)) from None
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EACCES):
            return ""
        what = error.strerror or "can't be read"
        raise RouteFileError((Problem(name, 0, "", what, f"look at: ls -l {name}"),)) from None
