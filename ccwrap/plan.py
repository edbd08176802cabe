"""What a launch is going to do."""

from __future__ import annotations

import contextlib
import json
import time

from ccwrap.claude import nesting
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccwrap.claude.hooks import Listener
    from ccwrap.claude.injection import Injection
    from ccwrap.claude.invocation import Invocation
    from ccwrap.claude.settings import Beaten, Settings
    from ccwrap.errors import CcwrapError
    from ccwrap.health.selection import Choice
    from ccwrap.routes.schema import RouteFile
    from ccwrap.world import World

LEFT_OUT: Final = ("untrusted", "disabled")
"""Verdicts on routes whose words count for nothing: `${PATH}` could stand there."""


class Plan(NamedTuple):
    """What a launch is going to do.

    action    route | unrouted (there is a route file, and something outranks it) |
              passthrough (as if ccwrap were not there)
    reason    in a few words
    refusal   why claude may not be started, in full; None when it may
    listener  hears from the session how the route fares; None where nothing does
    stale     (header, variable) of what expires and yet goes out as it is at launch
    """

    action: str
    reason: str
    file: RouteFile | None = None
    choice: Choice | None = None
    injection: Injection | None = None
    beaten: tuple[Beaten, ...] = ()
    layers: Settings | None = None
    refusal: CcwrapError | None = None
    listener: Listener | None = None
    stale: tuple[tuple[str, str], ...] = ()

    @contextlib.contextmanager
    def arguments(self, world: World, launch: int = 0) -> Iterator[tuple[str, ...]]:
        """claude's arguments, while the overlay that they name is there. Raises SettingError.

        `launch` is the store's id of this launch, 0 where it isn't stored. A session that
        managed settings have taken off its route keeps the user's own settings only: its
        route's key would go to their gateway.
        """
        taken = self.action == "unrouted" and world.around.own
        if self.injection is None and not taken:
            yield world.invocation.arguments
            return
        from ccwrap.claude import overlay  # noqa: PLC0415 - only where something is routed

        whole = self.settings(world, launch)
        if taken:
            whole = json.loads(world.invocation.settings or "{}")
        with overlay.written(world.places, world.environment, whole) as path:
            overlay.sweep(world.places, world.environment, time.time())
            yield with_settings(world.invocation, str(path))

    def settings(self, world: World, launch: int = 0) -> dict[str, object]:
        """The settings that claude is given on top of its own; {} where nothing is routed."""
        if self.injection is None:
            return {}
        from ccwrap.claude import hooks  # noqa: PLC0415 - see arguments

        note = {"launch": launch, **self.secrets(world.before)}
        signs = self.marks(launch)
        whole = nesting.marked(self.injection.overlay, self.injection.given, signs, note)
        if self.listener is None:
            return whole
        printing = world.invocation.printing or not world.terminal
        return hooks.beside(whole, self.listener._replace(launch=launch), printing=printing)

    def secrets(self, environment: Mapping[str, str]) -> dict[str, object]:
        """What the overlay says of the variables that the secrets of allowed routes come from."""
        if self.choice is None or self.choice.chosen is None:
            return {}
        allowed = [one for one in self.choice.considered if one.verdict.name not in LEFT_OUT]
        others = dict.fromkeys(name for one in allowed for name in one.route.names())
        return nesting.secrets(environment, self.choice.chosen.route.names(), tuple(others))

    def environment(self, world: World, launch: int = 0) -> dict[str, str]:
        """claude's environment; `launch` as for `arguments`."""
        if self.injection is None:
            return dict(world.environment)
        gone = self.injection.unset
        kept = {name: value for name, value in world.before.items() if name not in gone}
        whole = {**kept, **self.injection.set, **self.marks(launch)}
        return {name: value for name, value in whole.items() if value or name not in nesting.MARKS}

    def marks(self, launch: int) -> dict[str, str]:
        """What a run inside the session sees of this launch."""
        if self.injection is None or self.choice is None or self.choice.chosen is None:
            return {}
        return nesting.marks(launch, self.choice.chosen.route.credential, self.injection.set)


def with_settings(run: Invocation, path: str) -> tuple[str, ...]:
    """claude's arguments with one `--settings path`, where the user's own stood or in front.

    Claude Code takes only the last `--settings` it is given, whole.
    """
    arguments = list(run.arguments)
    place = run.settings_at[-1][0] if run.settings_at else run.front
    for start, end in reversed(run.settings_at):
        del arguments[start:end]
        if end <= place:
            place -= end - start
    arguments[place:place] = ["--settings", path]
    return tuple(arguments)
