"""One file of routes: its bytes, parsed, and where its keys stand."""

from __future__ import annotations

import errno
import os
import re
import stat

from ccwrap.errors import Problem, RouteFileError
from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccwrap.routes.readers import Fault

LIMIT: Final = 256 * 1024
"""Bytes of a route file at most."""

MOST_DOTS: Final = 50_000
"""The sum, over all lines, of the square of their dots: tomllib's time grows with it."""


class Document(NamedTuple):
    """A route file or config.toml.

    label   how its name is shown
    layer   which of the layers it is
    linked  it is a symbolic link, so nothing of its contents may be quoted
    """

    path: Path | None
    label: str
    layer: str
    data: dict[str, Any]
    text: str = ""
    linked: bool = False

    def problems(self, faults: Sequence[Fault]) -> tuple[Problem, ...]:
        """`faults` with their lines."""
        from ccwrap.routes import locate  # noqa: PLC0415 - only for errors

        lines = locate.lines(self.text, [fault.path for fault in faults])
        if self.linked:
            first = min((lines[fault.path] for fault in faults), default=0)
            return (_unquoted(self.label, self.path, first),)
        problems = [
            Problem(self.label, lines[fault.path], shown(fault.path), fault.what, fault.mend)
            for fault in faults
        ]
        return tuple(sorted(problems, key=lambda problem: problem.line))


def shown(path: tuple[str | int, ...]) -> str:
    """A key path as a person would write it: `route.headers.X-Edge`."""
    return clean(".".join(str(key) for key in path if isinstance(key, str)), limit=60)


def read_bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file. Raises OSError, also for a device or a large file.

    A FIFO is not waited for, a device not opened.
    """
    _regular(os.stat(path), limit)
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        _regular(os.fstat(file.fileno()), limit)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"is larger than {limit // 1024} KiB")
    return data


def _regular(status: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, "is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file")
    if status.st_size > limit:
        raise OSError(errno.EFBIG, f"is larger than {limit // 1024} KiB")


def read(path: Path, label: str, layer: str) -> Document:
    """The route file at `path`. Raises RouteFileError."""
    try:
        data = read_bytes(path, LIMIT)
    except OSError as error:
        what = error.strerror or "can't be read"
        missing = error.errno == errno.ENOENT
        mend = "correct the name, or ccroute init" if missing else f"look at: ls -l {label}"
        raise RouteFileError((Problem(label, 0, "", what, mend),)) from None
    return parse(data, path, label, layer, linked=path.is_symlink())


def parse(data: bytes, path: Path | None, label: str, layer: str, *, linked: bool) -> Document:
    """The document that `data` holds. Raises RouteFileError with the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(label, path, line, "is not UTF-8", linked=linked) from None
    if line := _too_many_dots(text):
        raise _error(label, path, line, "has too many dotted keys", linked=linked)
    import tomllib  # noqa: PLC0415 - a launch without a route file does without

    try:
        return Document(path, label, layer, tomllib.loads(text), text, linked)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        what, line = _syntax(error, text)
        raise _error(label, path, line, what, linked=linked) from None


def _too_many_dots(text: str) -> int:
    """The line with which the dots become too many; 0 where they don't."""
    total = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("#"):
            total += line.count(".") ** 2
            if total > MOST_DOTS:
                return number
    return 0


def _syntax(error: Exception, text: str) -> tuple[str, int]:
    """tomllib's own words without what they quote, and the line they name."""
    from tomllib import TOMLDecodeError  # noqa: PLC0415 - see parse

    if isinstance(error, RecursionError):
        return "nested too deeply", 0
    if not isinstance(error, TOMLDecodeError):
        return "a number with too many digits", 0
    message = re.sub(r"'(=|\]\]?)'", r"\1", str(error))  # these marks it may quote
    match = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", message)
    words = re.sub(r"\s*\(.*\)|'.*'", "", message).strip()
    line = int(match[1]) if match and match[1] else text.rstrip("\n").count("\n") + 1
    return f"no valid TOML: {clean(words).lower()}", line


def _error(label: str, path: Path | None, line: int, what: str, *, linked: bool) -> RouteFileError:
    mend = "text goes in quotes, tables in [brackets]" if "TOML" in what else ""
    problem = _unquoted(label, path, line) if linked else Problem(label, line, "", what, mend)
    return RouteFileError((problem,))


def _unquoted(label: str, path: Path | None, line: int) -> Problem:
    target = clean(str(path.resolve())) if path else label
    return Problem(
        label,
        line,
        "",
        "is a symbolic link to something that is no valid route file",
        f"ccroute validate {target}",
    )
