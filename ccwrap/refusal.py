"""The table of a launch that is refused: every candidate, or what nobody has allowed."""

from __future__ import annotations

import textwrap

from ccwrap.home import short
from ccwrap.light import TYPE_CHECKING
from ccwrap.routes import trust
from ccwrap.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccwrap.health.selection import Choice, Considered
    from ccwrap.routes.schema import RouteFile
    from ccwrap.routes.trust import Trust

COLUMNS = 80


def unusable(choice: Choice, unpin: str = "") -> str:
    """The table of every candidate when none can be used; `unpin` takes a pin back."""
    lines = ["no usable route, claude not started (exit 69)", ""]
    if "pinned" in choice.reason:
        lines += folded(choice.reason + (f"; to unpin: {unpin}" if unpin else ""), "  ")
        lines.append("")
    if offline(choice.considered):
        lines += ["  no host name could be resolved: this machine looks offline", ""]
    lines += table(choice.considered)
    lines += ["", "again: ccroute check      without routing: CCWRAP_DISABLE=1 ccwrap"]
    return "\n".join(lines)


def offline(considered: Sequence[Considered]) -> bool:
    """Whether every host that was asked failed in its name look-up."""
    asked = [one.verdict for one in considered if one.verdict.phase]
    return bool(asked) and all(verdict.phase == "dns" for verdict in asked)


def table(considered: Sequence[Considered]) -> list[str]:
    """What is known of each candidate, with its mend, in 80 columns."""
    names = max((len(one.route.name) for one in considered), default=0)
    verdicts = max((len(one.verdict.name) for one in considered), default=0)
    lines: list[str] = []
    for one in considered:
        verdict = one.verdict
        start = f"  {one.route.name:{names}}  {verdict.name:{verdicts}}  "
        for text in filter(None, (verdict.detail, verdict.hint and f"fix: {verdict.hint}")):
            lines += folded(text, start)
            start = " " * len(start)
        if start.strip():
            lines.append(start.rstrip())
    return lines


def folded(text: str, start: str) -> list[str]:
    """`text` behind `start`, further lines as far in."""
    return textwrap.wrap(
        text,
        max(COLUMNS, len(start) + 20),
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def untrusted(file: RouteFile, root: Path, granted: Trust, home: Path) -> str:
    """What the file asks for and nobody has allowed."""
    shown = escaped(short(file.file or file.folder, home))
    lines = [f"{shown}: nothing of it is allowed for {escaped(short(root, home))}", ""]
    names = max((len(route.name) for route in file.routes), default=0)
    for route in file.routes:
        start = f"  {route.name:{names}}  "
        for grant in granted.missing(root, route):
            lines.append(f"{start}{trust.plain(grant)}")
            start = " " * len(start)
    if granted.locked:
        lines += ["", f"{granted.locked} alone allows: ask whoever manages this machine"]
    else:
        lines += ["", "look and allow: ccroute trust      without routing: CCWRAP_DISABLE=1 ccwrap"]
    return "\n".join(lines)
