"""What a launch says: nothing on success, else one line or one table.

Standard output belongs to claude; everything here goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

from ccwrap import past, private
from ccwrap.errors import CcwrapError, SettingError
from ccwrap.light import TYPE_CHECKING
from ccwrap.routes import trust
from ccwrap.routes.question import short
from ccwrap.text import escaped, shown_url
from ccwrap.voice import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccwrap.health.selection import Choice, Considered
    from ccwrap.places import Places
    from ccwrap.plan import Plan
    from ccwrap.routes.schema import RouteFile
    from ccwrap.routes.trust import Trust
    from ccwrap.world import World

LAST_FAILURE = "last-failure.json"
COLUMNS = 80


def refusal(choice: Choice, unpin: str = "") -> str:
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
    import textwrap  # noqa: PLC0415 - only a refusal needs it

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
    lines += ["", "look and allow: ccroute trust      without routing: CCWRAP_DISABLE=1 ccwrap"]
    return "\n".join(lines)


def before_leaving(world: World, plan: Plan) -> None:
    """Say what a person should know, forget the last failure."""
    with contextlib.suppress(OSError):
        (world.places.state / LAST_FAILURE).unlink(missing_ok=True)
    if not world.may_speak:
        return
    for line in notes(world, plan):
        tell(f"ccwrap: {line}\n")


def notes(world: World, plan: Plan) -> Iterator[str]:
    """What outranks the routes, what was left out, and a choice that isn't the first."""
    if plan.action == "unrouted":
        yield f"managed settings choose the gateway ({plan.reason}); claude runs unrouted"
    if plan.choice is None or plan.choice.chosen is None:
        return
    if plan.injection is not None and plan.injection.dropped:
        yield f"left out of your --settings: {'; '.join(plan.injection.dropped)}"
    left_out = [c.route.name for c in plan.choice.considered if c.verdict.name == "untrusted"]
    if left_out:
        yield f"left out, not allowed yet: {', '.join(left_out)} (ccroute trust)"
    yield from past.notes(plan.choice)
    chosen, better = plan.choice.chosen, passed_over(plan.choice)
    if better and (_seen() or world.environment.get("CI")):
        why = ", ".join(f"{one.route.name} is {one.verdict.name}" for one in better)
        yield f"using {chosen.route.name} ({shown_url(chosen.route.url)}): {why}"


def passed_over(choice: Choice) -> list[Considered]:
    """The routes that the file prefers to the chosen one, and that were not as well."""
    if choice.chosen is None or choice.past.returning:
        return []
    not_meant = ("disabled", "untrusted", "unchecked", choice.chosen.verdict.name)
    before = choice.considered[: choice.considered.index(choice.chosen)]
    return [one for one in before if one.verdict.name not in not_meant]


def _seen() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


@contextlib.contextmanager
def failures(world: World) -> Iterator[None]:
    """Keep what stopped the launch for `ccroute`: an IDE hides standard error."""
    try:
        yield
    except CcwrapError as error:
        record = {
            "version": 1,
            "time": int(time.time()),
            "folder": str(world.cwd),
            "exit": error.exit_code,
            "message": str(error),
        }
        with contextlib.suppress(OSError, SettingError):
            private.write(world.places.state / LAST_FAILURE, json.dumps(record).encode())
        raise


def last_failure(places: Places) -> dict[str, object] | None:
    """The record of the last launch, when it failed; None when it didn't."""
    try:
        record = json.loads(private.read(places.state / LAST_FAILURE) or b"null")
    except (ValueError, RecursionError, SettingError):
        return None
    return record if isinstance(record, dict) and record.get("version") == 1 else None
