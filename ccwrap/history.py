"""What a launch leaves in the store: that it was, on which route, and how it failed."""

from __future__ import annotations

import contextlib
import os
import time

from ccwrap import past, report
from ccwrap.claude import overlay
from ccwrap.errors import CcwrapError
from ccwrap.health import live
from ccwrap.health.records import Launch
from ccwrap.light import TYPE_CHECKING
from ccwrap.routes import project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.health.selection import Choice
    from ccwrap.plan import Plan
    from ccwrap.world import World


def record(world: World, plan: Plan) -> int:
    """Keep the launch that `plan` is about; the store's id, 0 where nothing is kept.

    A plan without a choice of routes is no launch of ours.
    """
    if plan.file is None or plan.choice is None:
        return 0
    now, chosen = time.time(), plan.choice.chosen
    # Before this launch is kept: where the clock is wrong, the last one tells the time.
    tidied = world.memory.tidy(now)
    number = world.memory.launched(
        Launch(
            time=now,
            project=plan.file.project,
            branch=project.branch(world.cwd),
            tags=plan.file.tags,
            route=chosen.route.name if chosen else "",
            question=chosen.question if chosen else "",
            credential=chosen.route.credential if chosen else "",
            model=chosen.model if chosen else "",
            pid=os.getpid(),
            pid_started=live.started(os.getpid()) or 0.0,
            session=session(world, plan.choice) if plan.listener is None else "",
            reason=plan.choice.reason,
            fault=fault(plan.refusal) if plan.refusal else "",
            folder=str(world.cwd),
            fallback=bool(report.passed_over(plan.choice)),
        )
    )
    if plan.choice.standing is not None:
        world.memory.stand(past.scope(plan.file), plan.choice.standing)
    if tidied:
        from ccwrap.health import flight  # noqa: PLC0415 - once a day

        flight.clear(overlay.bases(world.places, world.environment), now)
    return number


def session(world: World, choice: Choice) -> str:
    """The session as far as the arguments tell it; a hook of ours knows better."""
    return "" if world.invocation.forks else choice.past.session


@contextlib.contextmanager
def failures(world: World, number: int) -> Iterator[None]:
    """Keep what stops the launch with this id at its last step."""
    try:
        yield
    except CcwrapError as error:
        world.memory.failed(number, fault(error))
        raise


def fault(error: CcwrapError) -> str:
    """The first line of an error, with its exit code."""
    return f"exit {error.exit_code}: {error.message.partition(chr(10))[0]}"
