"""Our own JSON records: read strictly, changed under a lock, written in one step."""

from __future__ import annotations

import contextlib
import json
import os

from ccwrap import private
from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION: Final = 1


def read(path: Path) -> dict[str, Any]:
    """The record at `path`; {} where there is none. Raises SettingError for a broken one."""
    data = private.read(path)
    if data is None:
        return {}
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        raise broken(path, "is no JSON") from None
    if not isinstance(record, dict) or type(record.get("version")) is not int:
        raise broken(path, "is none of ours")
    if record.pop("version") != VERSION:
        raise SettingError(
            f"{path}: was written by another version of ccwrap", f"upgrade, or rm {path}"
        )
    return record


def broken(path: Path, what: str) -> SettingError:
    """The error for a record that can't be read, with its fix."""
    return SettingError(f"{path}: {what}", f"rm {path} (what it held must be said again)")


@contextlib.contextmanager
def changing(path: Path) -> Iterator[dict[str, Any]]:
    """The record at `path`, alone in our hands, written back at the end. Raises SettingError.

    One that could not be read again is not written: every launch would stop at it.
    """
    try:
        private.folder(path.parent)
        with locked(path.with_name(f"{path.name}.lock")):
            record = read(path)
            yield record
            data = json.dumps({"version": VERSION, **record}, indent=1, sort_keys=True)
            if len(data) > private.LIMIT:
                raise SettingError(f"{path}: has no room for so much", "shorten the route file")
            private.write(path, data.encode())
    except OSError as error:
        raise SettingError(f"{path}: {error.strerror}", f"look at: ls -ld {path.parent}") from None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, where the platform has flock."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        yield
        return
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
