"""Writing into a repository: in one step, and never through a link that it planted."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from ccwrap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def replace(path: Path, text: str, mode: int = 0o666) -> None:
    """Put `text` at `path`; a symbolic link there is replaced, not followed.

    A new file gets `mode` less the umask, an old one keeps its own, and its owner as far
    as we may give it away. Bytes that are no UTF-8 stand in `text` as surrogates. Raises
    SettingError.
    """
    try:
        if path.is_file() and not path.is_symlink():
            _rename_onto(path, text, path.stat().st_mode & 0o777, path.stat())
        else:
            _rename_onto(path, text, mode, None)
    except OSError as error:
        raise SettingError(
            f"{path}: {error.strerror}", "choose a folder that you may write"
        ) from None


def _rename_onto(path: Path, text: str, mode: int, old: os.stat_result | None) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(
            descriptor, "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            file.write(text)
        if old is not None:
            if hasattr(os, "chown"):
                with contextlib.suppress(OSError):
                    os.chown(temporary, old.st_uid, old.st_gid)
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def add_lines(path: Path, lines: Iterable[str], mode: int = 0o666) -> tuple[str, ...]:
    """Append those of `lines` that `path` doesn't have yet, and return them.

    Raises SettingError where `path` is a symbolic link or can't be read.
    """
    text = read(path)
    present = {line.strip() for line in text.splitlines()}
    missing = tuple(line for line in lines if line not in present)
    if missing:
        gap = "" if not text or text.endswith("\n") else "\n"
        replace(path, text + gap + "".join(f"{line}\n" for line in missing), mode)
    return missing


def read(path: Path) -> str:
    """The text of `path`, "" where there is none. Raises SettingError as `add_lines`."""
    if path.is_symlink():
        raise SettingError(f"{path}: is a symbolic link", "put the file itself there")
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        raise SettingError(f"{path}: can't be read as text", f"look at {path}") from None
