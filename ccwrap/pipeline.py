"""What becomes of a launch: `ccwrap` does it, `ccroute explain` prints the `Plan` instead."""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING
from ccwrap.plan import Plan
from ccwrap.routes import files

if TYPE_CHECKING:
    from ccwrap.world import World


def survey(world: World) -> Plan:
    """The plan for `world`; a launch that must be refused is a plan that says so.

    Raises RouteFileError, SettingError and UsageError.
    """
    file = files.load(world.cwd, world.wishes, world.places, world.catalogue)
    if file is None:
        return Plan("passthrough", "no .ccroute here, and no routes of your own")
    from ccwrap import routing  # noqa: PLC0415 - where nothing is routed most code isn't needed

    return routing.survey(world, file)
