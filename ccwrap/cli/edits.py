"""Edits of files that belong to other programs, with an exact way back.

Before a file is written, its edit is noted in the state folder: what it takes to go
back (the fragments alone, for a settings file may hold keys), the hashes of the file
before and after, and the folders that were made. So a kill at any moment leaves either
the old file or a new one whose edit is known. Where somebody has changed the file
since, its writer takes its own words out by structure.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ccwrap import private
from ccwrap.claude import jsonfile
from ccwrap.cli import writing
from ccwrap.cli.splices import Splice, applied, inverse
from ccwrap.errors import SettingError
from ccwrap.routes import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ccwrap.places import Places

FILE: Final = "edits.json"
TURNS: Final = 10
"""So often is begun anew, because somebody else has written the file in between."""


class Edit(NamedTuple):
    """An edit that was made, or was about to be.

    before  hash of the file before it; "" where there was none
    ways    from the hash of the file with it to what leads back to `before`; two where
            one was made in place of another, and a kill may have left either
    made    folders made for the file, outermost first
    extra   what the writer wants to know again
    """

    before: str
    ways: Mapping[str, tuple[Splice, ...]]
    made: tuple[str, ...]
    extra: Mapping[str, Any]


class Target(NamedTuple):
    """A file to edit.

    path    where it is, links followed
    given   the path that a person knows
    advice  what to do where it can't be written
    """

    path: Path
    given: Path
    advice: str

    @classmethod
    def of(cls, given: Path, advice: str) -> Target:
        """Follow links, also one to a file that isn't there yet."""
        return cls(Path(os.path.realpath(given)), given, advice)

    def read(self) -> str | None:
        """Its text, None where there is none. Raises SettingError.

        Bytes that are no UTF-8 survive a way through this text.
        """
        try:
            data = jsonfile.read(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SettingError(f"{self.given}: {error.strerror}", self.advice) from None
        if b"\0" in data:
            raise SettingError(f"{self.given}: is no UTF-8 text", self.advice)
        return data.decode("utf-8", "surrogateescape")

    def write(self, text: str | None, mode: int) -> None:
        """Put `text` there in one step, or no file at all. Raises SettingError."""
        try:
            if text is None:
                self.path.unlink(missing_ok=True)
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.close(os.open(self.path, os.O_WRONLY))  # whoever made it read-only meant it
        except OSError as error:
            raise SettingError(f"{self.given}: {error.strerror}", self.advice) from None
        try:
            writing.replace(self.path, text, mode)
        except SettingError as error:
            raise SettingError(error.message, self.advice) from None


class Book:
    """The notes of one writer (`owner`) on one file; a context manager that has both alone."""

    def __init__(self, places: Places, target: Target, owner: str) -> None:
        self._path = places.state / FILE
        self._key = f"{owner} {target.path}"
        self.target = target

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """No other ccroute edits any file meanwhile. Raises SettingError."""
        with contextlib.ExitStack() as held:
            folder = self._path.parent
            try:
                private.folder(folder)
                held.enter_context(records.locked(folder / "editing.lock"))
            except OSError as error:
                fix = f"look at: ls -ld {folder}"
                raise SettingError(f"{folder}: {error.strerror}", fix) from None
            yield

    def edit(self) -> Edit | None:
        """What is noted. Raises SettingError."""
        noted = records.read(self._path).get(self._key)
        if noted is None:
            return None
        try:
            ways = {
                after: tuple(Splice(int(at), str(old), str(new)) for at, old, new in back)
                for after, back in noted["ways"].items()
            }
            made = tuple(map(str, noted["made"]))
            return Edit(str(noted["before"]), ways, made, dict(noted["extra"]))
        except (TypeError, ValueError, LookupError, AttributeError):
            raise records.broken(self._path, "is none of ours") from None

    def note(self, edit: Edit | None) -> None:
        """Note `edit`, or nothing any more; forget files that are gone. Raises SettingError."""
        with records.changing(self._path) as record:
            for key in list(record):
                if key != self._key and not os.path.lexists(key.partition(" ")[2]):
                    del record[key]
            record.pop(self._key, None)
            if edit is not None:
                record[self._key] = edit._asdict()


def put(
    book: Book,
    change: Callable[[str], tuple[Splice, ...]],
    without: Callable[[str, Edit | None], str],
    extra: Callable[[str], Mapping[str, Any]],
    mode: int = 0o666,
) -> bool:
    """Edit the file as `change` says; False where it says so already.

    `without` takes an earlier edit out by structure, `extra` is what shall be noted of
    the text before. A new file gets `mode` less the umask. Raises SettingError.
    """
    target = book.target
    with book.alone():
        for _ in range(TURNS):
            text = target.read()
            if text is not None and not change(text):
                return False
            edit = book.edit()
            base = before(text, edit, without)
            splices = change(base or "")
            wanted = applied(base or "", splices)
            made = edit.made if edit and (base is None or text is None) else ()
            made += tuple(map(str, _missing(target.path.parent)))
            ways = {digest(wanted): inverse(splices)}
            if edit and (back := edit.ways.get(digest(text))) is not None:
                ways.setdefault(digest(text), back)
            book.note(Edit(digest(base), ways, made, extra(base or "")))
            if target.read() == text:
                target.write(wanted, mode)
                return True
    raise SettingError(f"{target.given}: is written all the time by another program", target.advice)


def take(book: Book, without: Callable[[str, Edit | None], str]) -> bool:
    """Take the edit back; False where nothing of it was there. Raises SettingError."""
    target = book.target
    with book.alone():
        for _ in range(TURNS):
            text, edit = target.read(), book.edit()
            if edit is None and text is None:
                return False
            base = before(text, edit, without)
            if target.read() != text:
                continue
            if base != text:
                target.write(base, 0o666)
            if base is None and edit:
                _remove(edit.made, target.path)
            if edit:
                book.note(None)
            return base != text
    raise SettingError(f"{target.given}: is written all the time by another program", target.advice)


def before(
    text: str | None, edit: Edit | None, without: Callable[[str, Edit | None], str]
) -> str | None:
    """The file as it would be had `edit` never been made; None for no file."""
    if text is None or (edit and digest(text) == edit.before):
        return text
    if edit:
        with contextlib.suppress(KeyError, ValueError):
            base = applied(text, edit.ways[digest(text)])
            if not base and not edit.before:
                return None
            if digest(base) == edit.before:
                return base
    left = without(text, edit)
    return None if edit and not edit.before and not left.strip("{} \t\r\n\ufeff") else left


def digest(text: str | None) -> str:
    """The hash of a file's bytes; "" where there is no file."""
    if text is None:
        return ""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _missing(folder: Path) -> list[Path]:
    """Those of `folder` and the folders above it that aren't there, outermost first."""
    missing: list[Path] = []
    while not os.path.lexists(folder) and folder.parent != folder:
        missing.insert(0, folder)
        folder = folder.parent
    return missing


def _remove(folders: tuple[str, ...], file: Path) -> None:
    """Remove folders that were made for `file` and hold nothing else now."""
    for folder in file.parents:
        if str(folder) in folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
