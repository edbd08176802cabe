"""`ccroute use`: pin one route for this project."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import completing, jsonout, world
from ccwrap.errors import UsageError
from ccwrap.routes import files, pins, project, readers, trust
from ccwrap.text import those

if TYPE_CHECKING:
    from pathlib import Path

    from ccwrap.routes.schema import RouteFile
    from ccwrap.world import World

LONGEST: Final = 30 * 86400.0
"""Seconds that `--for` may say at most."""


@click.command()
@click.argument("name", default="", shell_complete=completing.routes)
@click.option("--auto", is_flag=True, help="Choose again; forget the pin.")
@click.option("--for", "span", default="", metavar="2h", help="Pin for so long only.")
@click.option("--json", "as_json", is_flag=True, help="The pin as JSON.")
def command(name: str, auto: bool, span: str, as_json: bool) -> None:
    """Pin the route NAME for this project; without NAME show the pin.

    A pinned route that can't be used stops a launch: no other takes its place.
    """
    if (auto and (name or span)) or (span and not name):
        raise UsageError("say either a route, with --for if you like, or --auto")
    here = world.here()
    file = files.load(here.cwd, here.environment, here.places, here.catalogue)
    root = project.root(here.cwd, file.file if file else None)
    if auto:
        pins.unpin(here.places, root)
    elif name:
        known(file, name)
        pins.pin(here.places, root, name, time.time() + seconds(span) if span else None)
    show(here, root, as_json)
    if name and not as_json and waits(here, file, root, name):
        click.echo(f"{name} is not allowed yet: ccroute trust {name}")


def waits(here: World, file: RouteFile | None, root: Path, name: str) -> bool:
    """Whether the route `name` asks for something that the user hasn't allowed."""
    granted = trust.Trust.read(
        here.places,
        here.environment,
        file.trusted if file else {},
        file.locks.by("trust") if file else "",
    )
    routes = file.routes if file else ()
    return any(granted.missing(root, route) for route in routes if route.name == name)


def known(file: RouteFile | None, name: str) -> None:
    """Raises UsageError where there is no route `name`."""
    names = [route.name for route in file.routes] if file else []
    if name not in names:
        if not names:
            raise UsageError(
                f"no route is called {name!r}; there is no .ccroute here", "ccroute init"
            )
        raise UsageError(f"no route is called {name!r}; {those(names)}")


def seconds(span: str) -> float:
    """`span`, like "2h". Raises UsageError."""
    try:
        return readers.duration(1, LONGEST)(span)
    except readers.Wrong as wrong:
        raise UsageError(f"--for {span}: {wrong.faults[0].what}", "write it like 2h") from None


def moment(end: float, now: float) -> str:
    """The Unix time `end` as a person here says it, with its day where that isn't near."""
    near = end - now < 86400
    return time.strftime("%H:%M" if near else "%Y-%m-%d %H:%M", time.localtime(end))


def show(here: World, root: Path, as_json: bool) -> None:
    """Print which route is pinned."""
    pinned, end = pins.current(here.places, root, time.time())
    variable = here.environment.get("CCWRAP_ROUTE", "")
    if as_json:
        jsonout.say({"project": str(root), "pinned": pinned or None})
        return
    till = f" until {moment(end, time.time())}" if end else ""
    click.echo(f"pinned to {pinned}{till}" if pinned else "not pinned: every launch chooses")
    if variable:
        click.echo(f"  but CCWRAP_ROUTE={variable!r} is set, and counts first")
