"""Launches that ask the same at the same moment: one asks, the others wait for its answer.

A flight is a small file, locked by the launch that asks. Its answer is written into
the file before the lock goes, so that the waiting have it also where the store is
broken. A launch that dies or becomes claude lets go of its locks by that.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time

from ccwrap import private
from ccwrap.digest import digest
from ccwrap.errors import SettingError
from ccwrap.health.reading import remembered_of
from ccwrap.light import TYPE_CHECKING, Final

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ccwrap.health.records import Remembered

FOLDER: Final = "flights"
SALT: Final = "salt"
SIZE: Final = 4096
"""Bytes of a flight's file, taken when it is made: a disk that fills up later is no matter."""

KEPT: Final = 86400.0
"""Seconds for which a flight's file is kept."""


class Flights:
    """The folders where launches meet: the first that takes a flight's file has it."""

    def __init__(self, bases: Iterable[Path]) -> None:
        self._bases = tuple(bases)
        self._salts: dict[Path, bytes | None] = {}

    def flight(self, *parts: str) -> Flight | None:
        """The flight for what `parts` say; the file's name tells nobody what that is.

        None where no folder takes it, or where there is no lock that can be waited for
        (Windows): then each launch asks for itself.
        """
        if sys.platform == "win32":
            return None
        whole = "\0".join(parts).encode("utf-8", "surrogatepass")
        for base in self._bases:
            if salt := self._salt(base):
                name = digest(whole, salt)
                with contextlib.suppress(OSError):
                    return Flight(base / FOLDER / name)
        return None

    def _salt(self, base: Path) -> bytes | None:
        if base not in self._salts:
            self._salts[base] = None
            with contextlib.suppress(OSError, SettingError):
                self._salts[base] = _salt(base)
        return self._salts[base]


def clear(bases: Iterable[Path], now: float | None = None) -> None:
    """Remove the flights' files: all, or with `now` (Unix time) those that are old. Never raises."""
    for base in bases:
        with contextlib.suppress(OSError):
            for path in (base / FOLDER).iterdir():
                if path.name == SALT:
                    continue
                with contextlib.suppress(OSError):
                    if now is None or now - path.stat().st_mtime > KEPT:
                        path.unlink()


class Flight:
    """One question that is being asked. Raises OSError where its file can't be made."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(path, flags, 0o600)
        try:
            if os.fstat(self._descriptor).st_size < SIZE:
                os.pwrite(self._descriptor, b" " * SIZE, 0)
        except OSError:
            os.close(self._descriptor)
            raise

    def lead(self) -> bool:
        """Whether it is ours to ask: nobody else is at it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        with contextlib.suppress(OSError):
            os.utime(self._descriptor)
        return True

    def age(self) -> float:
        """Seconds since somebody began to ask, or answered; 0 where the clock was set back."""
        try:
            return max(time.time() - os.fstat(self._descriptor).st_mtime, 0.0)
        except OSError:
            return 0.0

    def wait(self) -> None:
        """Until nobody asks any more; however long that is. For a thread of its own."""
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def answer(self) -> Remembered | None:
        """The last answer that was handed over; None where there is none to be read."""
        try:
            said = json.loads(os.pread(self._descriptor, SIZE, 0))
            return remembered_of(said) if isinstance(said, dict) else None
        except (OSError, ValueError, KeyError, RecursionError):
            return None

    def hand_over(self, answer: Remembered) -> None:
        """Give `answer` to those who wait. Never raises."""
        said = {**answer._asdict(), **answer.verdict._asdict(), "verdict": None}
        data = json.dumps(said).encode()
        if len(data) <= SIZE:
            with contextlib.suppress(OSError):
                os.pwrite(self._descriptor, data.ljust(SIZE), 0)
        self.let_go()

    def let_go(self) -> None:
        """Leave the asking to others."""
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def _salt(base: Path) -> bytes:
    """The folder's own key for names, made where there is none. Raises OSError, SettingError."""
    private.folder(base)
    folder = base / FOLDER
    private.folder(folder)
    made = folder / f".{SALT}.{os.urandom(8).hex()}"
    for _ in range(2):
        held = private.read(folder / SALT)
        if held is not None and len(held) == 32:
            return held
        private.write(made, os.urandom(32))
        try:
            with contextlib.suppress(FileExistsError):
                os.link(made, folder / SALT)
        finally:
            made.unlink()
    raise SettingError(f"{folder / SALT} can't be used")
