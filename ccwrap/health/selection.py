"""Choosing one route among those that were asked (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
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
