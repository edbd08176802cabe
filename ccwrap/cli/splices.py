"""Small changes of a text that know their way back (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Splice(NamedTuple):
    """At the character `at`, `old` becomes `new`."""

    at: int
    old: str
    new: str


def applied(text: str, splices: Iterable[Splice]) -> str:
    """`text` with `splices`, which stand in their order and don't overlap.

    Raises ValueError where an `old` isn't there.
    """
    pieces, end = [], 0
    for at, old, new in splices:
        if at < end or text[at : at + len(old)] != old:
            raise ValueError("the text has changed")
        pieces += [text[end:at], new]
        end = at + len(old)
    return "".join((*pieces, text[end:]))


def inverse(splices: Iterable[Splice]) -> tuple[Splice, ...]:
    """What leads from the changed text back."""
    shift, back = 0, []
    for at, old, new in splices:
        back.append(Splice(at + shift, new, old))
        shift += len(new) - len(old)
    return tuple(back)
