"""What claude is given: environment and settings overlay (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Injection(NamedTuple):
    """Changes to claude's environment, and the settings overlay that pins them.

    set      variables and their values; `Secret` never, plain strings: this record
             is not printed, `repr` shows names only
    unset    variables taken away, because no settings file can blank them
    overlay  the object for `--settings`
    dropped  keys of the user's own --settings that claude would reject, and why
    """

    set: Mapping[str, str]
    unset: tuple[str, ...]
    overlay: Mapping[str, object]
    dropped: tuple[str, ...] = ()

    def __repr__(self) -> str:
        names = " ".join([*(f"+{name}" for name in self.set), *(f"-{name}" for name in self.unset)])
        return f"Injection({names})"
