"""`ccwrap`: claude, routed.

    argv, cwd, environment
      -> invocation   what kind of claude run is this?
      -> pipeline     route file, trust, credentials, health, selection, injection
      -> exec claude

This module imports only what a pass-through needs; the pipeline is imported when
there is something to route. Arguments and environment enter here, once.
"""

from __future__ import annotations

import os
import sys
import time
from types import MappingProxyType

from ccwrap.claude import binary, invocation, process
from ccwrap.errors import CcwrapError
from ccwrap.home import home
from ccwrap.light import TYPE_CHECKING, NoReturn
from ccwrap.voice import tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccwrap.claude.binary import Binary
    from ccwrap.claude.invocation import Invocation

COLD_SPARE = 1
"""Exit code that makes Claude Code start a background session cold, in its folder."""


def main() -> int:
    """Become claude, or say why not and return the exit code. Raises KeyboardInterrupt."""
    environment = dict(os.environ)
    try:
        run = invocation.read(sys.argv[1:], environment)
        if run.action == "cold":
            return COLD_SPARE
        launch(run, environment)
    except CcwrapError as error:
        tell(f"ccwrap: {error}\n")
        return error.exit_code
    except Exception as error:
        if environment.get("CCWRAP_DEBUG"):
            raise
        tell(
            f"ccwrap: a fault in ccwrap ({type(error).__name__}); claude was not started\n"
            "  fix: CCWRAP_DEBUG=1 shows where; CCWRAP_DISABLE=1 runs claude without ccwrap\n"
        )
        return CcwrapError.exit_code


def launch(
    run: Invocation,
    environment: Mapping[str, str],
    overrides: Mapping[str, str] = MappingProxyType({}),
    *,
    afresh: bool = False,
) -> NoReturn:
    """Leave the process: as claude on a route, or as claude alone.

    `overrides` are CCWRAP_* variables that count for this launch and are not handed on.
    `afresh` asks every candidate, whatever is remembered.
    """
    if run.action == "pass":
        claude, marked = ready(run, environment)
        leave(claude, run.arguments, marked)
    from ccwrap import pipeline, report  # noqa: PLC0415 - a pass-through does without
    from ccwrap.world import World  # noqa: PLC0415

    world = World.here(run, environment)._replace(overrides=overrides, afresh=afresh)
    with report.failures(world):
        claude, marked = ready(run, world.environment)
        world = world._replace(environment=marked)
        plan = pipeline.survey(world)
        if plan.file is None:
            report.before_leaving(world, plan)
            leave(claude, run.arguments, plan.environment(world))
        from ccwrap import history  # noqa: PLC0415 - there is nothing to keep of the others

        number = history.record(world, plan)
        if plan.refusal is not None:
            raise plan.refusal
        report.before_leaving(world, plan)
        with (
            history.failures(world, number),
            plan.arguments(world, number) as arguments,
        ):
            leave(claude, arguments, plan.environment(world, number))


def ready(run: Invocation, environment: Mapping[str, str]) -> tuple[Binary, dict[str, str]]:
    """The real claude, and the environment with our mark against wrappers that go in circles."""
    claude = binary.find(run, environment, home(environment), sys.argv[0])
    marks = binary.guard(environment, claude, os.getpid(), time.time())
    return claude, {**environment, **marks}


def leave(claude: Binary, arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Become `claude`."""
    process.become(claude.path, [claude.path, *claude.prefix, *arguments], environment)
