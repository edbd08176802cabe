"""Showing what is allowed, for a person and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccwrap.cli import jsonout, render
from ccwrap.routes import files, grants, trust
from ccwrap.routes.trust import Grant, Trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ccwrap.routes.schema import Route
    from ccwrap.world import World


def show(here: World, as_json: bool) -> None:
    """Everything that is recorded or given, wherever one is."""
    file = files.load(here.cwd, here.environment, here.places, here.catalogue)
    held = Trust.read(
        here.places,
        here.environment,
        file.trusted if file else {},
        file.locks.by("trust") if file else "",
    )
    given = [Grant(url, what) for url, what in sorted(held.pins)]
    if as_json:
        jsonout.say(
            {
                "projects": {root: objects(listed) for root, listed in held.projects.items()},
                "every_repository": objects(held.everywhere),
                "given": objects(given),
                "ignored": sorted(held.ignored),
            }
        )
        return
    groups = [(render.short(root, here.places.home), held.projects[root]) for root in held.projects]
    groups += [("every repository", held.everywhere), ("CCWRAP_TRUST, config.toml", tuple(given))]
    for title, listed in groups:
        if listed:
            click.echo(title)
            click.echo(
                "".join(f"  {render.printable(trust.plain(one))}\n" for one in listed), nl=False
            )
    for path in sorted(held.ignored):
        click.echo(f"ignored: {render.short(path, here.places.home)}")
    if not (held.projects or held.everywhere or given or held.ignored):
        click.echo("nothing is allowed yet")


def as_object(path: Path, root: Path, routes: Sequence[Route], held: Trust) -> dict[str, object]:
    """The state of `routes` for scripts."""
    found = []
    for route in routes:
        missing = held.missing(root, route)
        listed = [{**one, "allowed": True} for one in objects(trust.wanted(route))]
        for grant, one in zip(trust.wanted(route), listed, strict=True):
            one["allowed"] = grant not in missing
        found.append({"name": route.name, "allowed": not missing, "grants": listed})
    return {"file": str(path), "project": str(root), "ignored": held.ignores(path), "routes": found}


def new_as_objects(found: Iterable[tuple[Route, tuple[Grant, ...]]]) -> list[dict[str, object]]:
    """What is newly asked for, one object a grant."""
    return [{"route": route.name, **one} for route, new in found for one in objects(new)]


def objects(listed: Iterable[Grant]) -> list[dict[str, object]]:
    """Grants for scripts; a URL's secret part is never in a grant."""
    return [
        {"what": grant.what, "url": grants.place(grant.url), "value": grant.value}
        for grant in listed
    ]
