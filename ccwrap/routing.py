"""The straight line from what a project says about routes to what claude is given.

Each step takes what the one before gave.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ccwrap import candidates, choosing
from ccwrap.claude import injection, overlay, settings
from ccwrap.claude.helper import Helper
from ccwrap.claude.hooks import Listener
from ccwrap.errors import NotTrusted, NoUsableRoute, UsageError
from ccwrap.gateways import tags
from ccwrap.home import short
from ccwrap.light import TYPE_CHECKING, Final
from ccwrap.plan import Plan
from ccwrap.routes import project, trust
from ccwrap.text import escaped, those

if TYPE_CHECKING:
    from collections.abc import Collection

    from ccwrap.claude.injection import Injection
    from ccwrap.claude.settings import Settings
    from ccwrap.errors import CcwrapError
    from ccwrap.health.selection import Choice
    from ccwrap.routes.schema import RouteFile
    from ccwrap.routes.trust import Trust
    from ccwrap.world import World

REFRESH: Final = Path(__file__).absolute().parent / "routes" / "refresh.py"
HOOK: Final = Path(__file__).absolute().parent / "health" / "hook.py"


def survey(world: World, file: RouteFile) -> Plan:
    """Walk the line; a launch that must be refused is a plan that says so.

    Raises SettingError and UsageError.
    """
    file = narrowed(world, file)
    layers = settings.read(world.cwd, world.environment, world.places.home, world.invocation)
    if managed := settings.managed_routing(layers):
        return Plan("unrouted", managed, file)
    root = project.root(world.cwd, file.file)
    granted = allowed(world, file, root)
    if granted is None:
        return ignored(world, file)
    choice, asked = choosing.choose(world, file, layers, root, granted)
    plan = Plan("route", choice.reason, file, choice, layers=layers)
    if choice.chosen is None:
        return plan._replace(refusal=refused(world, file, root, granted, choice))
    chosen = asked[choice.chosen.route.name]
    injected = inject(world, file, layers, chosen)
    beaten = settings.beaten(layers, (*injected.set, *injected.unset))
    hears = listener(world, file, chosen)
    return plan._replace(injection=injected, beaten=beaten, listener=hears, stale=chosen.stale)


def narrowed(world: World, file: RouteFile) -> RouteFile:
    """`file` as far as it is looked at. Raises UsageError for a route it doesn't have."""
    if world.depth:
        file = file._replace(probe=file.probe._replace(depth=world.depth))
    if not world.only:
        return file
    names = [route.name for route in file.routes]
    for name in world.only:
        if name not in names:
            raise UsageError(f"no route is called {name!r}; {those(names)}")
    return file._replace(routes=tuple(r for r in file.routes if r.name in world.only))


def allowed(world: World, file: RouteFile, root: Path) -> Trust | None:
    """The user's grants, asked for where that can be done; None: ignore this file."""
    granted = trust.Trust.read(
        world.places, world.environment, file.trusted, file.locks.by("trust")
    )
    if file.file is not None and not granted.ignores(file.file) and world.may_ask:
        from ccwrap.routes import consent  # noqa: PLC0415 - only where there is a person

        granted = consent.ask(world.places, world.environment, file, root, granted)
    return None if file.file is not None and granted.ignores(file.file) else granted


def ignored(world: World, file: RouteFile) -> Plan:
    """What becomes of a launch whose route file the user ignores."""
    shown = escaped(short(file.file or file.folder, world.places.home))
    plan = Plan("passthrough", f"you chose to ignore {shown}", file)
    if not file.require_route:
        return plan
    what = f"{shown}: is ignored by you, and says require_route = true"
    return plan._replace(refusal=NotTrusted(what, "ccroute trust, or CCWRAP_DISABLE=1 ccwrap"))


def refused(
    world: World, file: RouteFile, root: Path, granted: Trust, choice: Choice
) -> CcwrapError:
    """Why no route was chosen: nothing is allowed, or nothing that is allowed works."""
    from ccwrap import refusal  # noqa: PLC0415 - few launches are refused

    enabled = [route for route in file.routes if not route.disabled]
    if enabled and all(granted.missing(root, route) for route in enabled):
        return NotTrusted(refusal.untrusted(file, root, granted, world.places.home))
    unpin = "" if world.wishes.get("CCWRAP_ROUTE") else "ccroute use --auto"
    return NoUsableRoute(refusal.unusable(choice, unpin))


def listener(world: World, file: RouteFile, candidate: candidates.Candidate) -> Listener | None:
    """What hears from the session; None where that is not wanted, or nothing is remembered."""
    if not (file.hooks and candidate.question):
        return None
    state = world.places.state.absolute()
    marks = str(state / overlay.FOLDER)
    return Listener(sys.executable, str(HOOK), str(state), marks, candidate.question)


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
            existing.get("OTEL_RESOURCE_ATTRIBUTES", ""),
            candidates.cost_tags(file),
            fixed_tags(world, file),
        ),
        invocation=world.invocation,
        environment=world.before,
        settings=layers,
        logins=settings.logins(world.environment, world.places.home),
        road=candidates.road_variables(world, layers),
        keep_headers=file.keep_headers,
        helper=helper(world, candidate),
    )


def fixed_tags(world: World, file: RouteFile) -> Collection[str]:
    """Tags that no resource attribute in the environment may contradict.

    In another project's session those in the environment are that project's.
    """
    around = world.memory.launch(world.around.launch)
    if around is not None and around.project != file.project:
        return candidates.cost_tags(file)
    return dict(file.tags) if file.locks.by("tags") else ()


def helper(world: World, candidate: candidates.Candidate) -> Helper | None:
    """What hands on the candidate's credential where it expires."""
    if not candidate.refresh or world.static:
        return None
    where = world.places
    files = [str(path.absolute()) for path in (where.home, where.config, where.machine)]
    search = world.environment.get("PATH", os.defpath)
    arguments = (candidate.route.credential, files[0], search, *files[1:])
    return Helper(sys.executable, str(REFRESH), arguments, candidate.refresh)
