"""`ccroute add KIND`: one more gateway in the nearest route file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccwrap.cli import completing, granting, render, template, world, writing
from ccwrap.cli.takeover import Draft, with_key
from ccwrap.errors import UsageError
from ccwrap.gateways import kinds
from ccwrap.routes import files, project, trust, urls
from ccwrap.routes.readers import Wrong

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccwrap.gateways.kinds import Kind
    from ccwrap.routes.schema import Route
    from ccwrap.world import World


class Described(click.Command):
    """A command whose help ends with every kind and its title."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        catalogue = kinds.load()
        with formatter.section("Kinds"):
            formatter.write_dl([(name, about(catalogue.get(name))) for name in catalogue.names()])


def about(kind: Kind) -> str:
    """A kind in one line: its title, URL and key, as far as they are fixed."""
    return "  ".join(part for part in (kind.title, kind.url, kind.key) if part)


@click.command(cls=Described)
@click.argument("kind", shell_complete=completing.kinds)
@click.option("--url", default="", help="Base URL, where the kind doesn't bring one.")
@click.option("--name", default="", help="The route's name (default: the kind).")
def command(kind: str, url: str, name: str) -> None:
    """Append a route of KIND to the nearest .ccroute; all that is there stays.

    Allowed at once where you have allowed every other route of the file.
    """
    here = world.here()
    known(kind, here.catalogue.names())
    path = granting.nearest(here, f"ccroute init --kind {kind}")
    before = granting.in_file(path, here.catalogue)
    if (name or kind) in [route.name for route in before]:
        there = f"{render.short(path, here.places.home)} has a route {name or kind!r} already"
        raise UsageError(there, f"ccroute add {kind} --name NAME")
    trusted = all_allowed(here, path, before)
    facts = here.catalogue.get(kind)
    if not (url or facts.url or facts.provider):
        raise UsageError(f"the kind {kind} needs a URL", f"ccroute add {kind} --url https://…")
    append(here, path, template.route(draft(facts, url), facts, name))
    added = granting.in_file(path, here.catalogue)[len(before) :]
    if trusted:
        granting.allow(here, path, added)
    summary(here, path, added, trusted)


def known(kind: str, names: Sequence[str]) -> None:
    """Raises UsageError, with a guess, where there is no such kind."""
    if kind not in names:
        from ccwrap.routes import guesses  # noqa: PLC0415 - only for errors

        guess = guesses.close(kind, names)
        fix = f"did you mean {guess}?" if guess else "ccroute add --help lists them"
        raise UsageError(f"no such kind: {kind!r}", fix)


def draft(kind: Kind, url: str) -> Draft:
    """The new route; a kind that knows no key gets a name for one. Raises UsageError."""
    try:
        target = urls.normal(url) if url else ""
    except Wrong as wrong:
        raise UsageError(f"the URL {wrong.faults[0].what}", wrong.faults[0].mend) from None
    return with_key(Draft(kind.name, "" if target == kind.url else url), kind)


def all_allowed(here: World, path: Path, routes: tuple[Route, ...]) -> bool:
    """Whether this user has allowed every route that the file had; False for none."""
    if not routes:
        return False
    file = files.load(here.cwd, here.environment, here.places, here.catalogue)
    granted = trust.Trust.read(
        here.places,
        here.environment,
        file.trusted if file else {},
        file.locks.by("trust") if file else "",
    )
    root = project.root(here.cwd, path)
    return not any(granted.missing(root, route) for route in routes)


def append(here: World, path: Path, table: str) -> None:
    """Put `table` at the end of the file. Raises RouteFileError, and then writes nothing."""
    text = writing.read(path)
    gap = "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    text = f"{text}{gap if text else ''}{table}"
    granting.in_bytes(text.encode(), path, here.catalogue)
    writing.replace(path, text)


def summary(here: World, path: Path, added: tuple[Route, ...], trusted: bool) -> None:
    """What was added, the variable that it wants, and whether it is allowed."""
    for route in added:
        click.echo(f"added {route.name} to {render.short(path, here.places.home)}")
        for name in granting.unset(here, path, [route]):
            click.echo(granting.wanting(name))
        if trusted:
            click.echo("allowed, as the others are")
        click.echo(f"next: ccroute {'check' if trusted else f'trust {route.name}'}")
