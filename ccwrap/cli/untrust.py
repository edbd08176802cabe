"""`ccroute untrust`: take back what was allowed."""

from __future__ import annotations

from pathlib import Path

import click

from ccwrap.cli import completing, world
from ccwrap.cli.trust import look
from ccwrap.errors import UsageError
from ccwrap.routes import trust


@click.command()
@click.argument("route", nargs=-1, shell_complete=completing.routes)
@click.option("--all", "everything", is_flag=True, help="All that was ever allowed, everywhere.")
def command(route: tuple[str, ...], everything: bool) -> None:
    """Take back what was allowed for this project, or for each ROUTE of its file.

    A file that was ignored is asked about again.
    """
    here = world.here()
    if everything:
        if route:
            raise UsageError("say either routes or --all")
        held = trust.Trust.read(here.places, {}, {})
        for project in held.projects:
            trust.forget(here.places, Path(project))
        trust.forget(here.places, None)
        for path in held.ignored:
            trust.heed(here.places, Path(path))
        click.echo("nothing is allowed any more")
        return
    asked = look(here, route)
    grants = [grant for one in asked.routes for grant in trust.wanted(one)] if route else None
    trust.forget(here.places, asked.root, grants)
    trust.heed(here.places, asked.path)
    click.echo(f"taken back for {asked.root.name}")
    left = look(here, route)
    for one in left.routes:
        if not left.granted.missing(left.root, one):
            where = "for every repository, in CCWRAP_TRUST or in config.toml"
            click.echo(f"{one.name} is still allowed {where}: ccroute trust --list")
