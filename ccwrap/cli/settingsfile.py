"""Keys of ours in a settings file of another program, put there and taken back."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from ccwrap.claude import jsonfile, settings
from ccwrap.cli import edits, jsonc
from ccwrap.cli.splices import Splice, applied
from ccwrap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccwrap.cli.edits import Edit
    from ccwrap.places import Places

PRIVATE: Final = 0o600


class SettingsFile(NamedTuple):
    """One settings file, and the keys that one writer may put there.

    owner   the writer's name in the notes of edits
    ours    whether a key's value is ours, where no note says so
    strict  its program reads no comments and no comma after the last entry
    """

    places: Places
    path: Path
    owner: str
    ours: Callable[[str, object], bool]
    advice: str
    strict: bool = False

    @classmethod
    def of_claude(
        cls,
        places: Places,
        environment: Mapping[str, str],
        owner: str,
        key: str,
        ours: Callable[[object], bool],
    ) -> Self:
        """The user's settings of Claude Code, which takes none of a file with comments (2.1.330).

        A link is followed, as Claude Code does; `ours` is asked about `key` alone.
        """
        folder = settings.folder(environment, places.home)
        path = Path(os.path.abspath(folder / "settings.json"))

        def mine(name: str, value: object) -> bool:
            return name == key and ours(value)

        return cls(places, path, owner, mine, f"look at: ls -l {path}", strict=True)

    @property
    def target(self) -> edits.Target:
        return edits.Target.of(self.path, self.advice)

    def values(self) -> dict[str, object]:
        """The file's entries; {} where there is none. Raises SettingError."""
        document = self._read(self.target.read() or "")
        return {entry.name: entry.data() for entry in document.entries}

    def put(self, values: Mapping[str, object]) -> bool:
        """Write `values`; False where they stand there. Raises SettingError."""
        try:
            jsonc.written(dict(values)).encode()
        except UnicodeEncodeError:
            raise SettingError("a path that is no UTF-8 can't stand in JSON", "move it") from None
        return edits.put(
            edits.Book(self.places, self.target, self.owner),
            lambda text: jsonc.put(self._read(text), values),
            lambda text, edit: self._without(text, edit) if edit else text,
            lambda text: {"wrote": dict(values), "was": self._was(text, values)},
            PRIVATE,
        )

    def take(self, names: tuple[str, ...]) -> bool:
        """Take back what `put` wrote of `names`; False for nothing. Raises SettingError."""
        book = edits.Book(self.places, self.target, self.owner)
        return edits.take(book, lambda text, edit: self._without(text, edit, names))

    def difference(self, values: Mapping[str, object] | None, names: tuple[str, ...]) -> list[str]:
        """What `put` (or, for None, `take`) would change, as a diff that shows no other values.

        Raises SettingError.
        """
        target = self.target
        edit = edits.Book(self.places, target, self.owner).edit()
        text = target.read()
        if values is None:
            base = edits.before(text, edit, lambda text, edit: self._without(text, edit, names))
        else:
            base = applied(text or "", jsonc.put(self._read(text or ""), values))
        old, new = (jsonc.veiled(self._read(one or ""), names).splitlines() for one in (text, base))
        path = str(self.path)
        return list(difflib.unified_diff(old, new, path, path, lineterm="", n=0))

    def _was(self, text: str, values: Mapping[str, object]) -> dict[str, str | None]:
        """How each key's value is written in `text`, None where it has none."""
        document = self._read(text)
        found = {name: document.get(name) for name in values}
        return {
            name: text[entry.value_at : entry.end] if entry else None
            for name, entry in found.items()
        }

    def _without(self, text: str, edit: Edit | None, names: tuple[str, ...] = ()) -> str:
        """`text` without what we wrote, found by structure."""
        wrote, was = (_noted(edit, word) for word in ("wrote", "was"))
        for name in wrote or names:
            document = self._read(text)
            entry = document.get(name)
            if entry is None:
                continue
            value = entry.data()
            if not ((name in wrote and jsonc.same(value, wrote[name])) or self.ours(name, value)):
                continue
            if was.get(name) is None:
                text = applied(text, jsonc.take(document, name))
            else:
                raw = text[entry.value_at : entry.end]
                text = applied(text, (Splice(entry.value_at, raw, str(was[name])),))
        return text

    def _read(self, text: str) -> jsonc.Document:
        """`text`, read. Raises SettingError where it isn't fit to edit."""
        try:
            if self.strict:
                jsonfile.parse(text.removeprefix(jsonc.BOM))
            return jsonc.read(text)
        except ValueError as error:
            said = "is no JSON object" if self.strict else str(error)
            raise SettingError(f"{self.path}: {said}", "mend it first") from None


def _noted(edit: Edit | None, word: str) -> Mapping[str, object]:
    said = edit.extra.get(word) if edit else None
    return said if isinstance(said, dict) else {}
