"""What a launch says before it becomes claude, and what stopped the last one.

Standard output belongs to claude; everything here goes to standard error. The table
of a launch that is refused stands in `refusal`.
"""

from __future__ import annotations

import contextlib
import sys
import time

from ccwrap.errors import CcwrapError, SettingError
from ccwrap.light import TYPE_CHECKING
from ccwrap.text import shown_url
from ccwrap.voice import tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.health.selection import Choice, Considered
    from ccwrap.places import Places
    from ccwrap.plan import Plan
    from ccwrap.world import World

LAST_FAILURE = "last-failure.json"


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
    from ccwrap import past  # noqa: PLC0415 - only where something was chosen

    if plan.injection is not None and plan.injection.dropped:
        yield f"left out of your --settings: {'; '.join(plan.injection.dropped)}"
    left_out = [c.route.name for c in plan.choice.considered if c.verdict.name == "untrusted"]
    if left_out:
        locked = plan.file.locks.by("trust") if plan.file else ""
        how = f"{locked} locks trust" if locked else "ccroute trust"
        yield f"left out, not allowed yet: {', '.join(left_out)} ({how})"
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
        import json  # noqa: PLC0415 - only where something stopped it

        from ccwrap import private  # noqa: PLC0415

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
    import json  # noqa: PLC0415 - no launch reads it

    from ccwrap import private  # noqa: PLC0415

    try:
        record = json.loads(private.read(places.state / LAST_FAILURE) or b"null")
    except (ValueError, RecursionError, SettingError):
        return None
    return record if isinstance(record, dict) and record.get("version") == 1 else None
