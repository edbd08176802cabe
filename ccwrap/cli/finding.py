"""What a check of `ccroute doctor` looks at, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ccwrap.cli import render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccwrap.claude.settings import Settings
    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.places import Places


class Finding(NamedTuple):
    """One line of the report.

    level  ok | note (good to know) | problem (something will not work, or leaks)
    fix    what to type next
    """

    level: str
    text: str
    fix: str = ""


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
