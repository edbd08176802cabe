"""`ccroute init`: a first route file, from what this machine already uses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ccwrap.claude import settings
from ccwrap.cli import (
    completing,
    granting,
    moving,
    render,
    schema,
    takeover,
    template,
    world,
    writing,
)
from ccwrap.cli.add import known
from ccwrap.cli.render import Pen
from ccwrap.errors import UsageError
from ccwrap.routes import project, urls
from ccwrap.routes.readers import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ccwrap.cli.takeover import Draft, Said
    from ccwrap.routes.schema import Route
    from ccwrap.world import World


@click.command()
@click.option(
    "--kind",
    default="",
    help="The gateway's kind; see `ccroute add --help`.",
    shell_complete=completing.kinds,
)
@click.option("--url", default="", help="Its base URL, where the kind doesn't bring one.")
@click.option("--yes", is_flag=True, help="Ask nothing: write it and allow it.")
@click.option("--force", is_flag=True, help="Overwrite a .ccroute that is there.")
def command(kind: str, url: str, yes: bool, force: bool) -> None:
    """Write a .ccroute in this folder, and allow what it asks for.

    Takes over what the environment and your Claude Code settings say; a key is
    written by its name, never its value.
    """
    here = world.here()
    path = here.cwd / ".ccroute"
    asking = not yes and sys.stdin.isatty()
    refuse(here, path, asking or yes, force)
    found = gathered(here, asking)
    draft = drafted(here, found, kind, url, asking)
    text = template.whole(draft, here.catalogue.get(draft.kind))
    if asking:
        click.echo(f"\n{text}")
        if not click.confirm(f"Write this to {render.short(path, here.places.home)}?", True):
            click.echo("nothing was written")
            raise click.exceptions.Exit(1)
    routes = granting.in_bytes(text.encode(), path, here.catalogue)
    ignored = write(here, path, text)
    granting.allow(here, path, routes)
    if asking:
        moving.offer(draft.loose, here.cwd, here.places)
    summary(here, path, draft, routes, ignored)


def refuse(here: World, path: Path, may_go_on: bool, force: bool) -> None:
    """Raise UsageError where nothing may be written or asked."""
    shown = render.short(path, here.places.home)
    if path.with_name(".ccroute.toml").exists():
        raise UsageError(f"{shown}.toml is there already", "ccroute add KIND, or move it away")
    if (path.is_symlink() or path.exists()) and not force:
        raise UsageError(f"{shown} is there already", "ccroute add KIND, or ccroute init --force")
    if not may_go_on:
        raise UsageError("nobody can be asked here", "ccroute init --kind KIND --yes")


def gathered(here: World, asking: bool) -> dict[str, Said]:
    """What routing variables say; this repository's own settings only on a yes."""
    layers = settings.read(here.cwd, here.environment, here.places.home, here.invocation).layers
    own = takeover.said(here.environment, layers, project=False)
    every = takeover.said(here.environment, layers, project=True)
    theirs = {name: said for name, said in every.items() if own.get(name) != said}
    if not theirs:
        return own
    for name, said in theirs.items():
        where = render.short(said.where, here.places.home)
        click.echo(f"This repository's {where} sets {name}.")
    return every if asking and click.confirm("Take that over too?") else own


def drafted(here: World, found: Mapping[str, Said], kind: str, url: str, asking: bool) -> Draft:
    """The route, with what is missing asked for. Raises UsageError."""
    if kind:
        known(kind, here.catalogue.names())
    try:
        first = takeover.draft(found, here.catalogue, kind, url)
        if asking and not kind and not url:
            kind = asked_kind(here, first.kind)
            first = takeover.draft(found, here.catalogue, kind, "")
        facts = here.catalogue.get(first.kind)
        if first.url or facts.url or facts.provider:
            return first
        if not asking:
            raise UsageError(f"the kind {first.kind} needs a URL", "add --url https://…")
        return takeover.draft(found, here.catalogue, first.kind, asked_url())
    except Wrong as wrong:
        raise UsageError(f"the URL {wrong.faults[0].what}", wrong.faults[0].mend) from None


def asked_kind(here: World, default: str) -> str:
    """The kind that a person types; the list of all of them stands above the question."""
    names = here.catalogue.names()
    width = Pen.of(sys.stdout, here.environment).width
    click.echo("\n".join(render.wrap(f"Kinds: {', '.join(names)}", width)))

    def one(word: str) -> str:
        known(word.strip(), names)
        return word.strip()

    return again("Kind of gateway", one, default)


def asked_url() -> str:
    """The base URL that a person types."""
    return again("Base URL", urls.normal)


def again(question: str, read: Callable[[str], str], default: str | None = None) -> str:
    """What `read` makes of an answer; asked for again where it raises Wrong or UsageError."""

    def heard(answer: str) -> str:
        try:
            return read(answer)
        except Wrong as wrong:
            fault = wrong.faults[0]
            raise click.UsageError(f"the URL {fault.what}; {fault.mend}") from None
        except UsageError as error:
            raise click.UsageError(f"{error.message}; {error.hint}") from None

    return str(click.prompt(question, default=default, value_proc=heard))


def write(here: World, path: Path, text: str) -> tuple[str, ...]:
    """The route file, the schema that its first line names, and `.gitignore`'s new lines."""
    writing.replace(path, text)
    writing.replace(path.with_name(template.SCHEMA_FILE), schema.text())
    if project.repository(here.cwd):
        return writing.add_lines(here.cwd / ".gitignore", template.IGNORED)
    return ()


def summary(
    here: World, path: Path, draft: Draft, routes: tuple[Route, ...], ignored: tuple[str, ...]
) -> None:
    """What was written, where, and what is still wanted."""
    kind = here.catalogue.get(draft.kind)
    click.echo(f"wrote {render.short(path, here.places.home)}; what it asks for is allowed")
    click.echo(f"and {template.SCHEMA_FILE}, for editors: commit both")
    if ignored:
        click.echo(f"added to .gitignore: {', '.join(ignored)}")
    if where := reach(here):
        click.echo(where)
    for note in draft.notes:
        click.echo("\n".join(render.wrap(f"note: {note}", render.WIDTH)))
    for name in granting.unset(here, path, routes):
        click.echo(granting.wanting(name))
    if urls.is_loopback(urls.host(draft.url or kind.url)):
        click.echo(f"its gateway is to run on this machine{': ' + kind.fix if kind.fix else ''}")
    click.echo("next: ccroute check")


def reach(here: World) -> str:
    """For which folders the new file holds, where that isn't plain."""
    repository = project.repository(here.cwd)
    if repository == here.cwd:
        return ""
    if repository:
        return f"it holds from this folder down, in {render.short(repository, here.places.home)}"
    below = " and all below it" if here.cwd.is_relative_to(here.places.home) else " alone"
    return f"no git repository here: it holds for this folder{below}"
