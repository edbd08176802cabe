"""Choosing one route among those that were asked (pure).

A new policy is one function in `POLICIES` that picks one of several equally usable
candidates, and its name in the route file's schema.
"""

from __future__ import annotations

from ccwrap.gateways.verdict import USABLE
from ccwrap.health.records import Standing
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ccwrap.gateways.verdict import Verdict
    from ccwrap.health.records import Remembered
    from ccwrap.routes.schema import Route

LEAST_GAIN_MS: Final = 50.0
LEAST_GAIN: Final = 0.25
"""`fastest` leaves its incumbent for a gain over the larger of the two, …"""

IN_A_ROW: Final = 2
"""… seen so many times in a row."""

WELL: Final = USABLE[:2]
"""Verdicts with which a session returns to its route; claude waits the others out."""


class Considered(NamedTuple):
    """One candidate as it stood when the choice was made.

    origin       where its credential came from, "" where there is none
    age          seconds since the verdict was made; 0 where this launch made it
    checked      Unix time at which it was made
    until        Unix time until which it is left alone, None when it isn't
    smoothed_ms  its round trip over time, None where none is remembered
    question     under which its verdict is remembered, "" where nothing is
    model        that it was asked about
    """

    route: Route
    verdict: Verdict
    origin: str = ""
    age: float = 0.0
    until: float | None = None
    smoothed_ms: float | None = None
    question: str = ""
    model: str = ""
    checked: float = 0.0

    @property
    def pace(self) -> float:
        """Milliseconds of a round trip; endless where nothing was measured."""
        pace = self.verdict.latency_ms if self.smoothed_ms is None else self.smoothed_ms
        return float("inf") if pace is None else pace


class Past(NamedTuple):
    """What earlier launches left for this choice; routes by name.

    standing   who runs by `fastest` here, and who has beaten it
    live       sessions that run now
    returning  the route that the resumed session ran on, "" for none
    model      that it ran with, "" for claude's own choice
    session    the id of the resumed session, "" for none
    within     what is known of `returning` where it is the route of the session in which
               this run stands, which nobody asks; else None
    """

    standing: Standing = Standing()
    live: Mapping[str, int] = {}
    returning: str = ""
    model: str = ""
    session: str = ""
    within: Remembered | None = None


class Choice(NamedTuple):
    """The chosen route, None where none is usable, and every candidate with it.

    standing  what `fastest` wants to find at its next choice; None for nothing new
    past      what it rests on beside the candidates
    """

    chosen: Considered | None
    reason: str
    considered: tuple[Considered, ...]
    standing: Standing | None = None
    past: Past = Past()


class Picked(NamedTuple):
    """One candidate, and why in a few words."""

    one: Considered
    why: str
    standing: Standing | None = None


def choose(
    policy: str, considered: Sequence[Considered], pinned: str = "", past: Past | None = None
) -> Choice:
    """The candidate that `policy` picks; `pinned`, a route's name, leaves no other.

    A session that is resumed returns to its own route while that one is well.
    """
    past = past or Past()
    candidates = tuple(considered)
    if pinned:
        named = [one for one in candidates if one.route.name == pinned and one.verdict.usable]
        reason = f"pinned to {pinned}" if named else f"pinned to {pinned}, which can't be used"
        return Choice(named[0] if named else None, reason, candidates, past=past)
    usable = [one for one in candidates if one.verdict.usable]
    if not usable:
        return Choice(None, "no candidate is usable", candidates, past=past)
    for one in usable:
        if one.route.name == past.returning and returns(one.verdict, one.until):
            ran = "around this one runs" if past.within else "ran"
            why = f"the session {ran} on {one.route.name}; verdict {one.verdict.name}"
            return Choice(one, why, candidates, past=past)
    best = min(USABLE.index(one.verdict.name) for one in usable)
    equals = [one for one in usable if one.verdict.name == USABLE[best]]
    picked = POLICIES[policy](equals, past)
    better = policy == "ordered" and picked.one is not usable[0]
    why = "best verdict among the usable" if better else picked.why
    reason = f"{policy}: {why}; verdict {picked.one.verdict.name}"
    return Choice(picked.one, reason, candidates, picked.standing, past)


def returns(verdict: Verdict, until: float | None = None) -> bool:
    """Whether a resumed session goes back to a route of which this is known."""
    return verdict.name in WELL and until is None


def settled(policy: str, verdicts: Sequence[Verdict | None], returning: int | None = None) -> bool:
    """Whether no candidate that is still being asked (None) could change the choice.

    `verdicts` stand in order of preference; `returning` is the place of a resumed
    session's route. Only `ordered` can end early otherwise: a better place in the
    file beats everything but a better verdict.
    """
    if None not in verdicts:
        return True
    if returning is not None:
        verdict = verdicts[returning]
        if verdict is None or returns(verdict):
            return verdict is not None
    if policy != "ordered":
        return False
    for verdict in verdicts:
        if verdict is None:
            return False
        if verdict.name == USABLE[0]:
            return True
    return False


def ordered(equals: Sequence[Considered], past: Past) -> Picked:
    """The first in the file."""
    del past
    return Picked(equals[0], "first usable")


def fastest(equals: Sequence[Considered], past: Past) -> Picked:
    """The shortest smoothed round trip, but the incumbent unless it is clearly beaten.

    Its newest measurement must say so as well as what is remembered, and counts once:
    one slow answer stays in the memory for several launches and would be seen twice.
    """
    quickest = min(equals, key=lambda one: one.pace)
    before = past.standing
    held = next((one for one in equals if one.route.name == before.incumbent), None)
    if held is None:
        standing = Standing(quickest.route.name, seen=quickest.checked)
        return Picked(quickest, "shortest round trip", standing)
    own, name, times = held.route.name, quickest.route.name, before.times + 1
    if held.checked == before.seen:
        return Picked(held, f"keeps to {own}")
    if not _beaten(held, quickest):
        return Picked(held, f"keeps to {own}", Standing(own, seen=held.checked))
    if times < IN_A_ROW:
        standing = Standing(own, name, times, held.checked)
        return Picked(held, f"keeps to {own}, {name} was faster once", standing)
    why = f"{name} was faster than {own} twice in a row"
    return Picked(quickest, why, Standing(name, seen=quickest.checked))


def _beaten(held: Considered, other: Considered) -> bool:
    """Clearly over time, and at its newest measurement by as large a part."""
    measured = float("inf") if held.verdict.latency_ms is None else held.verdict.latency_ms
    over_time, now = held.pace - other.pace, measured - other.pace
    clear = over_time > LEAST_GAIN_MS and over_time > LEAST_GAIN * _finite(held.pace)
    return clear and now > LEAST_GAIN * _finite(measured)


def _finite(ms: float) -> float:
    return 0.0 if ms == float("inf") else ms


def balanced(equals: Sequence[Considered], past: Past) -> Picked:
    """The fewest live sessions for its weight, this one counted in."""

    def load(one: Considered) -> float:
        return (past.live.get(one.route.name, 0) + 1) / one.route.weight

    least = min(equals, key=load)
    live = past.live.get(least.route.name, 0)
    return Picked(least, f"fewest sessions for its weight ({live} live)")


POLICIES: Final[Mapping[str, Callable[[Sequence[Considered], Past], Picked]]] = {
    "ordered": ordered,
    "fastest": fastest,
    "balanced": balanced,
}
