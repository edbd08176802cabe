"""Files that are ours alone: owner checked, no symbolic link followed, 0600 in 0700.

Grants, pins, config.toml and overlays decide where keys go, so a file that
another user could have written is as good as a forged one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1 << 20
"""Bytes of a private file that are read at most."""


def read(path: Path, limit: int = LIMIT, owners: tuple[int, ...] | None = None) -> bytes | None:
    """The bytes of `path`, or None where there is no such file.

    `owners` are the user ids that may own it (this user and root by default).
    One of ours (no `owners`) in a folder that we may not enter counts as none.
    Raises SettingError when it is no regular file, larger than `limit` bytes,
    another user's, a symbolic link, or writable by others.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.EACCES and owners is None and _out_of_reach(path):
            return None
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise SettingError(f"{path}: is a symbolic link", "put the file itself there") from None
        raise SettingError(f"{path}: {error.strerror}", f"look at `ls -l {path}`") from None
    try:
        _check(path, os.fstat(descriptor), owners)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise SettingError(f"{path}: larger than {limit} bytes", "move it away")
    return data


def _out_of_reach(path: Path) -> bool:
    """Whether we may not even enter its folder: HOME is another account's (sudo, a container)."""
    try:
        os.lstat(path)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _check(path: Path, status: os.stat_result, owners: tuple[int, ...] | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SettingError(f"{path}: is not a regular file", "move it away")
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (owners or (os.geteuid(), 0)):
        raise SettingError(
            f"{path}: belongs to another user (id {status.st_uid})", f"chown $USER {path}"
        )
    if status.st_mode & 0o022:
        raise SettingError(f"{path}: others may write it", f"chmod go-w {path}")


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, 0600, its folder made 0700.

    A reader sees the old bytes or the new ones. Raises OSError.
    """
    folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def folder(path: Path) -> None:
    """Make `path` 0700 and be sure that it is ours. Raises OSError, SettingError."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise SettingError(f"{path}: is not a folder", "move it away")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise SettingError(f"{path}: belongs to another user", f"chown $USER {path}")
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o700)
