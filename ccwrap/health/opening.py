"""Opening the store's file: created whole, ours alone, and wrong in one sentence."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat

from ccwrap import private
from ccwrap.errors import SettingError
from ccwrap.health import schema
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE: Final = "health.db"
BUSY: Final = 0.25
"""Seconds that another process's write is waited for."""

SENTENCES: Final = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_READONLY: "can't be written",
    sqlite3.SQLITE_FULL: "can't be written, no space is left",
    sqlite3.SQLITE_ERROR: "is damaged",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is damaged",
    sqlite3.SQLITE_CANTOPEN: "can't be opened",
    sqlite3.SQLITE_IOERR: "can't be read or written",
}
DAMAGED: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""ERROR among them: the statements are fixed, so a table or column must be missing."""


BUSIED: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class StoreError(Exception):
    """Why the store can't be used, in one sentence.

    hint     the mend
    damaged  it holds no data any more
    """

    def __init__(
        self,
        sentence: str,
        hint: str = "make sure that you may read and write it",
        *,
        damaged: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.hint = "remove that file; it holds nothing but memories" if damaged else hint
        self.damaged = damaged


@contextlib.contextmanager
def worded(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside is a StoreError about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        sentence = f"{path} " + SENTENCES.get(code, f"can't be used ({error})")
        if code in BUSIED:
            raise StoreError(sentence, "try again in a moment") from None
        raise StoreError(sentence, damaged=code in DAMAGED) from None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from None
    except SettingError as error:
        raise StoreError(error.message) from None
    except (LookupError, UnicodeError):
        # A column has another name; SQLite's own words for what it found are no text.
        raise StoreError(f"{path} is damaged", damaged=True) from None
    except (ValueError, OverflowError, TypeError, MemoryError) as error:
        raise StoreError(f"{path} can't be used ({type(error).__name__})") from None


def connect(path: Path) -> tuple[sqlite3.Connection, bytes]:
    """A connection to the store at `path`, made where there is none, and its salt."""
    with worded(path):
        if not _checked(path):
            _create(path)
        connection = _opened(path)
        try:
            return connection, _prepared(path, connection)
        except BaseException:
            connection.close()
            raise


def identity(path: Path) -> tuple[int, int] | None:
    """Which file is at `path`; None for none that can be looked at."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def set_aside(path: Path, damaged: tuple[int, int] | None) -> None:
    """Rename a damaged store, so that the next launch begins a new one. Never raises.

    `damaged` is its identity: of many launches that find the damage at once the first
    renames it, and what a later one finds in its place is a new store.
    """
    if identity(path) != damaged:
        return
    with contextlib.suppress(OSError):
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        os.replace(path, path.with_name(f"{path.name}.damaged"))


def _checked(path: Path) -> bool:
    """Whether it is there, and then a file that only we can read and write."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"{path} is not a regular file")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise StoreError(f"{path} belongs to another user")
    if hasattr(os, "geteuid") and stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o600)
    return True


def _create(path: Path) -> None:
    """Make the whole file under another name first: nobody meets a half-made one."""
    private.folder(path.parent)
    made = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        connection = _opened(made)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            schema.migrate(connection, 0)
        finally:
            connection.close()
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            made.with_name(made.name + end).unlink(missing_ok=True)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint = 200")
    return connection


def _prepared(path: Path, connection: sqlite3.Connection) -> bytes:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > schema.VERSION:
        raise StoreError(
            f"{path} was written by a newer ccwrap and is left alone", "upgrade this ccwrap"
        )
    if version < schema.VERSION:
        schema.migrate(connection, version)
    row = connection.execute("SELECT value FROM keep WHERE name = 'salt'").fetchone()
    if row is None or not isinstance(row[0], bytes) or len(row[0]) != 32:
        raise StoreError(f"{path} is damaged", damaged=True)
    return bytes(row[0])
