"""Reading JSON objects from files that others write."""

from __future__ import annotations

import errno
import json
import os
import stat

from ccwrap.light import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from pathlib import Path

LIMIT: Final = 2 << 20
"""Bytes of a settings file that Claude Code reads at most."""


def read(path: Path, limit: int = LIMIT) -> bytes:
    """The bytes of a regular file, at most `limit`; never waits for a FIFO's writer.

    Raises OSError; EFBIG for a larger file, EINVAL for what is no regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file (device, FIFO, or socket)")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return data


def parse(data: bytes | str) -> object:
    """What JSON text means, as JavaScript reads it. Raises ValueError.

    An empty file is an empty object; a byte order mark is passed over.
    """
    text = data.decode("utf-8-sig", "replace") if isinstance(data, bytes) else data
    if not text.strip():
        return {}
    try:
        value: object = json.loads(text, parse_constant=_refused, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


def _finite(digits: str) -> float:
    """JavaScript makes Infinity of 1e999, which can't be written down again."""
    value = float(digits)
    return _refused(digits) if value in (float("inf"), float("-inf")) else value


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def load(path: Path, limit: int = LIMIT) -> dict[str, object] | None:
    """The object in `path`; None where there is no such file; {} where it is broken.

    The last is how Claude Code takes it: a settings file that can't be read is ignored.
    """
    try:
        value = parse(read(path, limit))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
