"""The question that a person is asked before anything is sent, 80 columns wide.

Nothing in it is shortened: what doesn't fit goes on the next line. A long address
that loses its end could hide where it leads.
"""

from __future__ import annotations

from ccwrap.home import short
from ccwrap.light import TYPE_CHECKING, Final
from ccwrap.routes.grants import place, thing, url_of, wanted
from ccwrap.text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ccwrap.routes.grants import Grant
    from ccwrap.routes.schema import Route

WIDTH: Final = 80
SCREEN: Final = 16
"""Lines of routes above which the first may have scrolled away when the answer is given."""

MOST: Final = 12
"""Credentials that are named in one sentence; more than that say enough by their number."""

TAIL: Final = "Your prompts and this repository's code go there too."


def answers(*, ignorable: bool = True, stop: bool = True) -> str:
    """The answers that there are; the cursor stays behind the last line.

    ignorable  plain claude may run instead (the file doesn't require a route)
    stop       a no leaves no route, so claude isn't started
    """
    no = "N stop" if stop else "N go on with the others"
    ignore = f"{'i ignore the file, plain claude':38} {no}" if ignorable else no
    letters = "y/a/r/i/N" if ignorable else "y/a/r/N"
    return f"y this repository  a every repository  r route by route\n{ignore}\nAllow? [{letters}] "


def question(  # noqa: PLR0917 - file and home first, the rest as it is read
    file: Path,
    home: Path,
    routes: Sequence[Route],
    missing: Callable[[Route], tuple[Grant, ...]],
    origins: Mapping[str, str],
    choices: str = "",
) -> str:
    """What `file` wants to send, and where, with `choices` below (default: `answers()`).

    `origins` says where each variable would come from; a name that isn't in it has
    not been found. A route is NEW where others of the file are allowed already.
    """
    asked = [route for route in routes if not route.own and not route.disabled]
    some_allowed = any(not missing(route) for route in asked)
    lines = table(asked, origins, lambda route: some_allowed and bool(missing(route)))
    head = f"ccwrap: {escaped(short(file, home))} wants to send"
    return "\n".join([head, "", *lines, "", *summary(asked, lines), TAIL, choices or answers()])


def table(
    routes: Sequence[Route], origins: Mapping[str, str], new: Callable[[Route], bool]
) -> list[str]:
    """One line a route: its name, what it sends, where to; headers below it."""
    things = {route.name: _thing(route, origins) for route in routes}
    names = min(max((len(route.name) for route in routes), default=0), 20)
    whats = min(max((len(one) for one in things.values()), default=0), 36)
    lines: list[str] = []
    for route in routes:
        left = f"  {route.name:{names}}  {things[route.name]:{whats}}"
        lines += _fitted(left, f"to {_address(route)}", "   NEW" if new(route) else "")
        for detail in _details(route, origins):
            lines += _wrapped(detail, 4 + names)
    return lines


def summary(routes: Sequence[Route], shown: Sequence[str]) -> list[str]:
    """All of a long table in a sentence, for whoever sees its end only; else nothing."""
    if len(shown) <= SCREEN:
        return []
    every = [grant for route in routes for grant in wanted(route)]
    sent = sorted({thing(grant) for grant in every if ":" not in grant.what})
    what = ", ".join(sent) if len(sent) <= MOST else f"{len(sent)} different credentials"
    places = len({grant.url for grant in every})
    text = f"In all {len(shown)} lines: {what}, to {places} base URL{'s' if places > 1 else ''}."
    return _wrapped(text, 0)


def difference(
    before: Sequence[Route], after: Sequence[Route]
) -> tuple[tuple[Route, tuple[Grant, ...]], ...]:
    """What `after` asks for that `before` didn't, route by route."""
    known = {grant.key() for route in before for grant in wanted(route)}
    asked = (
        (route, tuple(grant for grant in wanted(route) if grant.key() not in known))
        for route in after
    )
    return tuple((route, grants) for route, grants in asked if grants)


def _thing(route: Route, origins: Mapping[str, str]) -> str:
    first = wanted(route)[0]
    return (
        f"{thing(first)} ({origin(route.credential, origins)})"
        if route.credential
        else thing(first)
    )


def origin(name: str, origins: Mapping[str, str]) -> str:
    return origins.get(name, "not set")


def _address(route: Route) -> str:
    return (
        route.shown + ("/" if route.url.count("/") == 2 else "")
        if route.url
        else place(url_of(route))
    )


def _details(route: Route, origins: Mapping[str, str]) -> Iterator[str]:
    """What goes along beside the credential."""
    for header in route.headers:
        found = ", ".join(f"{name} {origin(name, origins)}" for name in header.references)
        yield f"header {header.name}: {header.value}" + (f" ({found})" if found else "")
    for grant in wanted(route):
        if grant.what.startswith("env:"):
            yield f"with {grant.what.removeprefix('env:')}={grant.value}"


def _fitted(left: str, right: str, mark: str) -> list[str]:
    if len(left) + 3 + len(right) + len(mark) <= WIDTH:
        return [f"{left}   {right}{mark}".rstrip()]
    return [f"{left}{mark}".rstrip(), *_wrapped(right, 6)]


def _wrapped(text: str, indent: int) -> list[str]:
    room = WIDTH - indent
    return [" " * indent + text[at : at + room] for at in range(0, len(text), room)]
