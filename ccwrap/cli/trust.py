"""`ccroute trust`: allow what a route file asks for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from ccwrap.cli import completing, granting, jsonout, render, revision, trusted, world
from ccwrap.errors import NotTrusted, RouteFileError, UsageError
from ccwrap.routes import credentials, files, project, trust
from ccwrap.routes.question import table
from ccwrap.text import those

if TYPE_CHECKING:
    from pathlib import Path

    from ccwrap.routes.schema import Route, RouteFile
    from ccwrap.routes.trust import Trust
    from ccwrap.world import World


class Asked(NamedTuple):
    """What the command looks at: the file, its project, the chosen routes, the grants."""

    here: World
    file: RouteFile
    path: Path
    root: Path
    routes: tuple[Route, ...]
    granted: Trust

    @property
    def missing(self) -> tuple[trust.Grant, ...]:
        """What the chosen routes want and nobody has allowed."""
        found = (grant for route in self.routes for grant in self.granted.missing(self.root, route))
        return tuple(dict.fromkeys(found))


@click.command()
@click.argument("route", nargs=-1, shell_complete=completing.routes)
@click.option("--yes", is_flag=True, help="Allow it without asking.")
@click.option("--every-repository", is_flag=True, help="Allow it for every repository.")
@click.option("--list", "listing", is_flag=True, help="Show everything that is allowed.")
@click.option("--ignore", is_flag=True, help="Leave this file alone: plain claude here.")
@click.option("--print", "printing", is_flag=True, help="Print the CCWRAP_TRUST for a CI job.")
@click.option("--diff", "since", metavar="REV", help="What is newly asked for since a revision.")
@click.option("--json", "as_json", is_flag=True, help="The state as JSON; with --yes afterwards.")
def command(
    route: tuple[str, ...],
    *,
    yes: bool,
    every_repository: bool,
    listing: bool,
    ignore: bool,
    printing: bool,
    since: str | None,
    as_json: bool,
) -> None:
    """Show what the route file (or each ROUTE of it) sends where, and allow it.

    Exit code 77 where something is not allowed and nobody said yes. With --diff: 0
    where nothing new is asked for, 1 where something is.
    """
    if sum((listing, ignore, printing, since is not None)) > 1:
        raise UsageError("say one of --list, --ignore, --print and --diff")
    here = world.here()
    if listing:
        trusted.show(here, as_json)
    elif since is not None:
        sys.exit(difference(here, since, as_json))
    else:
        asked = look(here, route)
        if ignore:
            leave(asked)
        elif printing:
            grants = [grant for one in asked.routes for grant in trust.wanted(one)]
            click.echo(trust.as_variable(grants))
        else:
            decide(asked, yes, every_repository, as_json)


def look(here: World, names: tuple[str, ...]) -> Asked:
    """The route file here and the routes called `names`, or all. Raises UsageError."""
    file = files.load(here.cwd, here.environment, here.places, here.catalogue)
    if file is None or file.file is None:
        raise UsageError("there is no .ccroute here; routes of your own need no leave")
    known = {route.name: route for route in file.routes if not route.own}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"no route of the file is called {unknown[0]!r}; {those(known)}")
    routes = tuple(route for route in known.values() if route.name in (names or known))
    locked = file.locks.by("trust")
    granted = trust.Trust.read(here.places, here.environment, file.trusted, locked)
    return Asked(here, file, file.file, project.root(here.cwd, file.file), routes, granted)


def decide(asked: Asked, yes: bool, everywhere: bool, as_json: bool) -> None:
    """Show what is wanted, ask unless `yes`, and record it. Raises NotTrusted."""
    if not as_json:
        click.echo(render.printable("\n".join(wanted(asked))))
    waiting = asked.missing or asked.granted.ignores(asked.path)
    if asked.missing and asked.granted.locked:
        what = f"{asked.granted.locked} locks `trust`: it alone says what a project may send"
        raise NotTrusted(what, "ask whoever manages this machine")
    if yes or (not as_json and waiting and confirmed(asked, everywhere)):
        project = None if everywhere else asked.root
        grants = [grant for one in asked.routes for grant in trust.wanted(one)]
        trust.allow(asked.here.places, project, grants)
        trust.heed(asked.here.places, asked.path)
        asked = look(asked.here, tuple(route.name for route in asked.routes))
    if as_json:
        jsonout.say(trusted.as_object(asked.path, asked.root, asked.routes, asked.granted))
        sys.exit(NotTrusted.exit_code if asked.missing else 0)
    click.echo("all of it is allowed")


def wanted(asked: Asked) -> list[str]:
    """The file's grants in plain words."""
    names = [name for route in asked.routes for name in route.names()]
    secrets, folder = asked.file.secrets, asked.file.folder
    environment, fixed = asked.here.environment, asked.file.fixed
    origins = credentials.origins(names, folder, environment, secrets, fixed)
    missing = {one.name for one in asked.routes if asked.granted.missing(asked.root, one)}
    some = len(missing) < len(asked.routes)
    lines = table(asked.routes, origins, lambda one: some and one.name in missing)
    return [f"{render.short(asked.path, asked.here.places.home)} wants to send", "", *lines, ""]


def confirmed(asked: Asked, everywhere: bool) -> bool:
    """A person's yes. Raises NotTrusted for a no, and where nobody can be asked."""
    if not sys.stdin.isatty():
        raise NotTrusted("not allowed: nobody can be asked here", "ccroute trust --yes")
    home = asked.here.places.home
    scope = "every repository" if everywhere else render.short(asked.root, home)
    if asked.granted.ignores(asked.path):
        click.echo("You chose to ignore this file; a yes heeds it again.")
    click.echo("Your prompts and this repository's code go there too.")
    if click.confirm(f"Allow it for {scope}?"):
        return True
    raise NotTrusted("nothing was allowed")


def leave(asked: Asked) -> None:
    """Record that the file is to be ignored. Raises UsageError where it may not be."""
    shown = render.short(asked.path, asked.here.places.home)
    if asked.file.require_route:
        raise UsageError(f"{shown} says require_route = true: it can't be ignored")
    trust.ignore(asked.here.places, asked.path)
    click.echo(f"{shown} is ignored from now on: ccwrap starts plain claude there")


def difference(here: World, since: str, as_json: bool) -> int:
    """Show what the file newly asks for since a revision; 1 where there is something."""
    path = granting.nearest(here)
    data = revision.at(path, since, here.environment)
    try:
        before = granting.in_bytes(data, path, here.catalogue) if data is not None else ()
    except RouteFileError:
        click.echo(f"the file was no valid route file at {since}: all of it is new", err=True)
        before = ()
    found = trust.difference(before, granting.in_file(path, here.catalogue))
    if as_json:
        jsonout.say({"revision": since, "new": trusted.new_as_objects(found)})
        return 1 if found else 0
    for route, grants in found:
        for grant in grants:
            click.echo(render.printable(f"new  {route.name}  {trust.plain(grant)}"))
    if not found:
        click.echo(f"nothing new since {render.printable(since)}")
    return 1 if found else 0
