"""The straight line from a project's `.ccroute` to what claude is given.

Each step takes what the one before gave. `ccwrap` walks the whole line and leaves;
`ccroute explain` walks the same line and prints the `Plan` instead.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ccwrap import candidates, report
from ccwrap.claude import injection, overlay, settings
from ccwrap.errors import NotTrusted, NoUsableRoute, SettingError, UsageError
from ccwrap.gateways import kinds, tags
from ccwrap.places import Places, places
from ccwrap.routes import consent, files, project, trust

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccwrap.claude.injection import Injection
    from ccwrap.claude.invocation import Invocation
    from ccwrap.claude.settings import Beaten, Settings
    from ccwrap.errors import CcwrapError
    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.gateways.verdict import Verdict
    from ccwrap.health.selection import Choice
    from ccwrap.routes.schema import RouteFile
    from ccwrap.routes.trust import Trust

WRAPPER_SECONDS = 2.5
"""All that a launch may take in the wrapper form, whose callers give up after three."""


class World(NamedTuple):
    """What a launch is made from; the edges are read once, here.

    started   monotonic seconds at which the launch began
    terminal  a person sits at standard input, output and error
    patient   every candidate is asked and waited for, also when the choice is clear
    watch     is told where each candidate stands (None: being asked), and each verdict
    overrides CCWRAP_* variables that count for this launch and are not handed on
    only      names of the routes that are looked at; () for all
    depth     the probe's depth in place of the file's; "" for the file's
    """

    invocation: Invocation
    environment: Mapping[str, str]
    cwd: Path
    places: Places
    catalogue: Catalogue
    started: float
    terminal: bool = False
    patient: bool = False
    watch: Callable[[str, Verdict | None], None] | None = None
    overrides: Mapping[str, str] = {}
    only: tuple[str, ...] = ()
    depth: str = ""

    @classmethod
    def here(cls, invocation: Invocation, environment: Mapping[str, str]) -> World:
        """This process's world. Raises SettingError where the folder is gone."""
        started = time.monotonic()
        try:
            cwd = Path.cwd()
        except FileNotFoundError:
            raise SettingError("the working directory no longer exists", "cd elsewhere") from None
        streams = (sys.stdin, sys.stdout, sys.stderr)
        terminal = all(stream is not None and stream.isatty() for stream in streams)
        catalogue = kinds.load()
        where = places(environment)
        return cls(invocation, environment, cwd, where, catalogue, started, terminal)

    @property
    def wishes(self) -> dict[str, str]:
        """The environment as the choice of a route sees it."""
        return {**self.environment, **self.overrides}

    @property
    def may_ask(self) -> bool:
        """Whether a question may be put: a person, an interactive session, no wrapper."""
        run = self.invocation
        return self.terminal and not (run.printing or run.background or run.wrapped)

    @property
    def may_speak(self) -> bool:
        """Whether a line on standard error is allowed at all."""
        return not self.invocation.wrapped

    def seconds(self, limit: float) -> float:
        """`limit`, or what the wrapper form leaves of it."""
        if not self.invocation.wrapped:
            return limit
        return max(0.1, min(limit, self.started + WRAPPER_SECONDS - time.monotonic()))


class Plan(NamedTuple):
    """What a launch is going to do.

    action    route | unrouted (there is a route file, and something outranks it) |
              passthrough (as if ccwrap were not there)
    reason    in a few words
    refusal   why claude may not be started, in full; None when it may
    """

    action: str
    reason: str
    file: RouteFile | None = None
    choice: Choice | None = None
    injection: Injection | None = None
    beaten: tuple[Beaten, ...] = ()
    layers: Settings | None = None
    refusal: CcwrapError | None = None

    def arguments(self, world: World) -> tuple[str, ...]:
        """claude's arguments; writes the overlay that they name. Raises SettingError."""
        if self.injection is None:
            return world.invocation.arguments
        path = overlay.write(world.places, world.environment, self.injection.overlay)
        overlay.sweep(world.places, world.environment, time.time())
        return with_settings(world.invocation, str(path))

    def environment(self, world: World) -> dict[str, str]:
        """claude's environment."""
        if self.injection is None:
            return dict(world.environment)
        gone = self.injection.unset
        kept = {name: value for name, value in world.environment.items() if name not in gone}
        return {**kept, **self.injection.set}


def prepare(world: World) -> Plan:
    """Walk the line. Raises every error of `ccwrap.errors` but the binary's."""
    plan = survey(world)
    if plan.refusal is not None:
        raise plan.refusal
    return plan


def survey(world: World) -> Plan:
    """Walk the line, for a look: a launch that would be refused is a plan that says so.

    Raises RouteFileError and SettingError.
    """
    file = files.load(world.cwd, world.wishes, world.places, world.catalogue)
    if file is None:
        return Plan("passthrough", "no .ccroute here, and no routes of your own")
    file = narrowed(world, file)
    layers = settings.read(world.cwd, world.environment, world.places.home, world.invocation)
    if managed := settings.managed_routing(layers):
        return Plan("unrouted", managed, file)
    root = project.root(world.cwd, file.file)
    granted = allowed(world, file, root)
    if granted is None:
        return ignored(file)
    choice, asked = candidates.choose(world, file, layers, root, granted)
    plan = Plan("route", choice.reason, file, choice, layers=layers)
    if choice.chosen is None:
        return plan._replace(refusal=refusal(file, root, granted, choice))
    injected = inject(world, file, layers, asked[choice.chosen.route.name])
    beaten = settings.beaten(layers, (*injected.set, *injected.unset))
    return plan._replace(injection=injected, beaten=beaten)


def narrowed(world: World, file: RouteFile) -> RouteFile:
    """`file` as far as it is looked at. Raises UsageError for a route it doesn't have."""
    if world.depth:
        file = file._replace(probe=file.probe._replace(depth=world.depth))
    if not world.only:
        return file
    names = [route.name for route in file.routes]
    for name in world.only:
        if name not in names:
            raise UsageError(f"no route is called {name!r}; there are {', '.join(names)}")
    return file._replace(routes=tuple(r for r in file.routes if r.name in world.only))


def allowed(world: World, file: RouteFile, root: Path) -> Trust | None:
    """The user's grants, asked for where that can be done; None: ignore this file."""
    granted = trust.Trust.read(world.places, world.environment, file.trusted)
    if file.file is not None and not granted.ignores(file.file) and world.may_ask:
        granted = consent.ask(world.places, world.environment, file, root, granted)
    return None if file.file is not None and granted.ignores(file.file) else granted


def ignored(file: RouteFile) -> Plan:
    """What becomes of a launch whose route file the user ignores."""
    plan = Plan("passthrough", f"you chose to ignore {file.file}", file)
    if not file.require_route:
        return plan
    what = f"{file.file}: is ignored by you, and says require_route = true"
    return plan._replace(refusal=NotTrusted(what, "ccroute trust, or CCWRAP_DISABLE=1 ccwrap"))


def refusal(file: RouteFile, root: Path, granted: Trust, choice: Choice) -> CcwrapError:
    """Why no route was chosen: nothing is allowed, or nothing that is allowed works."""
    enabled = [route for route in file.routes if not route.disabled]
    if enabled and all(granted.missing(root, route) for route in enabled):
        return NotTrusted(report.untrusted(file, root, granted))
    return NoUsableRoute(report.refusal(choice))


def inject(
    world: World, file: RouteFile, layers: Settings, candidate: candidates.Candidate
) -> Injection:
    """What makes `candidate` take effect."""
    kind = world.catalogue.get(candidate.route.kind)
    existing = settings.own_variables(layers, world.environment, ["OTEL_RESOURCE_ATTRIBUTES"])
    return injection.inject(
        route=candidate.route,
        kind=kind,
        key=candidate.key,
        headers=candidate.headers,
        attributes=tags.resource_attributes(
            existing.get("OTEL_RESOURCE_ATTRIBUTES", ""), candidates.cost_tags(file)
        ),
        invocation=world.invocation,
        environment=world.environment,
        settings=layers,
        logins=settings.logins(world.environment, world.places.home),
        road=candidates.road_variables(world, layers),
        keep_headers=file.keep_headers,
    )


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
