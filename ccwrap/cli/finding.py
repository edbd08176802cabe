"""What a check of `ccroute doctor` looks at, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ccwrap.cli import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ccwrap.claude.settings import Settings
    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.places import Places


class Place(NamedTuple):
    """Somewhere that Claude Code is started.

    routed  whether that is by way of ccwrap; None where it can't be told
    by      what makes it so, or was meant to; "" for nothing
    file    where that stands, None for nowhere
    """

    name: str
    routed: bool | None
    by: str = ""
    file: Path | None = None


class Finding(NamedTuple):
    """One line of the report.

    level  ok | note (good to know) | problem (something will not work, or leaks)
    fix    what to type next
    place  what it is about, where that is a place that Claude Code is started at
    mend   does without a doubt what is to be done, and says what it did; None where a
           person has to. Raises CcwrapError and OSError
    """

    level: str
    text: str
    fix: str = ""
    place: Place | None = None
    mend: Callable[[], str] | None = None


class Machine(NamedTuple):
    """Everything that the checks read; `own` is the program that is running."""

    environment: Mapping[str, str]
    cwd: Path
    places: Places
    catalogue: Catalogue
    layers: Settings
    own: Path

    def short(self, path: object) -> str:
        """`path` with the home folder as `~`, safe to print."""
        return render.short(str(path), self.places.home)
