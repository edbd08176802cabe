"""Choosing one route among those that were asked (pure).

A new policy is one function in `POLICIES` that orders usable candidates, and its
name in the route file's schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.gateways.verdict import USABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ccwrap.gateways.verdict import Verdict
    from ccwrap.routes.schema import Route


class Considered(NamedTuple):
    """One candidate as it stood when the choice was made.

    origin  where its credential came from, "" where there is none
    age     seconds since the verdict was made
    until   Unix time until which it is left alone, None when it isn't
    """

    route: Route
    verdict: Verdict
    origin: str = ""
    age: float = 0.0
    until: float | None = None


class Choice(NamedTuple):
    """The chosen route, None where none is usable, and every candidate with it."""

    chosen: Considered | None
    reason: str
    considered: tuple[Considered, ...]


def choose(policy: str, considered: Sequence[Considered], pinned: str = "") -> Choice:
    """The candidate that `policy` picks; `pinned`, a route's name, leaves no other."""
    candidates = tuple(considered)
    if pinned:
        named = [one for one in candidates if one.route.name == pinned and one.verdict.usable]
        reason = f"pinned to {pinned}" if named else f"pinned to {pinned}, which can't be used"
        return Choice(named[0] if named else None, reason, candidates)
    usable = [one for one in candidates if one.verdict.usable]
    if not usable:
        return Choice(None, "no candidate is usable", candidates)
    chosen = POLICIES[policy](usable)
    return Choice(chosen, _reason(policy, chosen, usable), candidates)


def settled(policy: str, verdicts: Sequence[Verdict | None]) -> bool:
    """Whether no candidate that is still being asked (None) could change the choice.

    `verdicts` stand in order of preference. Only `ordered` can end early: a better
    place in the file beats everything but a better verdict.
    """
    if None not in verdicts:
        return True
    if policy != "ordered":
        return False
    for verdict in verdicts:
        if verdict is None:
            return False
        if verdict.name == USABLE[0]:
            return True
    return False


def _ordered(usable: Sequence[Considered]) -> Considered:
    """The best verdict; among equals the first in the file (`min` keeps the order)."""
    return min(usable, key=lambda one: USABLE.index(one.verdict.name))


def _reason(policy: str, chosen: Considered, usable: Sequence[Considered]) -> str:
    place = "first usable" if chosen is usable[0] else "best verdict among the usable"
    return f"{policy}: {place}; verdict {chosen.verdict.name}"


POLICIES: Final[Mapping[str, Callable[[Sequence[Considered]], Considered]]] = {"ordered": _ordered}
