"""The store, for commands of a person's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccwrap.errors import SettingError, UsageError
from ccwrap.health.store import Store, StoreError
from ccwrap.routes import readers

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ccwrap.world import World

    T = TypeVar("T")

LONGEST = 30 * 86400.0
"""Seconds for which anything is remembered."""


def look(here: World, use: Callable[[Store], T]) -> T:
    """What `use` finds. Raises SettingError where the store can't be used."""
    try:
        return use(Store.open(here.places.state))
    except StoreError as error:
        raise SettingError(str(error), error.hint) from None


def seconds(option: str, span: str) -> float:
    """`span`, like "7d", given with `option`. Raises UsageError."""
    try:
        return readers.duration(1, LONGEST)(span)
    except readers.Wrong as wrong:
        what = f"{option} {span}: {wrong.faults[0].what}"
        raise UsageError(what, "write it like 5s, 2h or 7d") from None


def span(seconds: float) -> str:
    """A length of time in a person's words: "5 s", "12 min", "3 h", "4 d"."""
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word}"
    return f"{max(int(seconds), 0)} s"
