"""`ccroute ide`: let an editor's Claude Code start ccwrap."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import editors, installed, jsonc, render, world
from ccwrap.cli.editors import Place
from ccwrap.errors import SettingError, UsageError
from ccwrap.routes import project, tracked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccwrap.world import World

MENU: Final = """\
JetBrains IDEs have no file for this that a program may write. In each IDE:
  1. open Settings (Ctrl+Alt+S, on macOS Cmd+,) > Tools > Claude Code [Beta]
  2. set "Claude command" to
       {command}
  3. click OK, and start Claude Code again
back: {back}"""
GIT_SECONDS: Final = 2.0


@click.command()
@click.argument("editor", type=click.Choice([*editors.EDITORS, "jetbrains"]))
@click.option("--user", is_flag=True, help="In your own settings (the default).")
@click.option("--workspace", is_flag=True, help="In this project's .vscode/settings.json.")
@click.option("--undo", is_flag=True, help="Take it back, to the byte.")
@click.option("--dry-run", is_flag=True, help="Show the change, write nothing.")
def command(editor: str, *, user: bool, workspace: bool, undo: bool, dry_run: bool) -> None:
    """Let the Claude Code of EDITOR start ccwrap, and ask for no login of its own.

    All else in its settings stays as it is, comments too.
    """
    if user and workspace:
        raise UsageError("say either --user or --workspace")
    here = world.here()
    if editor == "jetbrains":
        if workspace:
            raise UsageError(
                "a JetBrains IDE keeps this for the user alone", "leave --workspace out"
            )
        click.echo(menu(here, undo=undo))
        return
    found = [in_project(here)] if workspace else chosen(here, editor)
    if workspace and not (undo or dry_run):
        refuse_without_effect(here, editor)
    back = f"ccroute ide {editor}{' --workspace' if workspace else ''} --undo"
    for place in found:
        if dry_run:
            preview(here, place, undo=undo)
        elif undo:
            take(here, place)
        else:
            put(here, place, back)
    if not (undo or dry_run):
        for note in notes(here, editor, found, workspace=workspace):
            click.echo("\n".join(render.wrap(f"note: {note}", render.WIDTH)))


def menu(here: World, *, undo: bool) -> str:
    """The clicks in a JetBrains IDE."""
    path = str(installed.script(here.environment))
    own = f'"{path}"' if sys.platform == "win32" else shlex.quote(path)
    command, back = (
        ("claude", "ccroute ide jetbrains") if undo else (own, "ccroute ide jetbrains --undo")
    )
    return render.printable(MENU.format(command=command, back=back))


def chosen(here: World, editor: str) -> list[Place]:
    """The user's settings files of every variant on this machine; else the usual one."""
    found = editors.places(editor, here.environment, here.places.home)
    if found:
        return found
    place = editors.usual(editor, here.environment, here.places.home)
    click.echo(f"{place.title} has not been here yet; this is where it will look")
    return [place]


def in_project(here: World) -> Place:
    """The repository's settings file. Raises SettingError where a link leads out of it."""
    root = (project.repository(here.cwd) or here.cwd).resolve()
    file = root / editors.WORKSPACE
    if not Path(os.path.realpath(file)).is_relative_to(root):
        raise SettingError(f"{file}: is a link that leads out of the project", f"rm {file}")
    return Place("a window on this folder", file)


def refuse_without_effect(here: World, editor: str) -> None:
    """Raise UsageError where the extension here doesn't read a project's wrapper."""
    scope, version = editors.scope(editor, here.places.home)
    if scope in editors.CONFINED:
        raise UsageError(
            f"Claude Code's extension {version} here takes {editors.WRAPPER} from your own "
            "settings only: a project's would do nothing",
            f"ccroute ide {editor} --user",
        )


def values(here: World) -> dict[str, object]:
    """What is written."""
    return {editors.WRAPPER: str(installed.script(here.environment)), editors.LOGIN: True}


def put(here: World, place: Place, back: str) -> None:
    """Write it into one file, and say so."""
    file = editors.settings(place.file, here.places)
    written, link = values(here), render.linked(place.file, here.places.home)
    if not file.put(written):
        click.echo(f"{link}: it is there already")
        return
    click.echo(f"wrote {link}")
    for name, value in written.items():
        click.echo(render.printable(f"  {name} = {jsonc.written(value)}"))
    click.echo(f'next: "Developer: Reload Window" in every window\nback: {back}')


def take(here: World, place: Place) -> None:
    """Take it out of one file, and say so."""
    file = editors.settings(place.file, here.places)
    shown = render.linked(place.file, here.places.home)
    if not file.take(editors.NAMES):
        click.echo(f"{shown}: nothing of ours there")
    elif not place.file.exists():
        click.echo(f"{shown}: is gone again; it held nothing else")
    else:
        click.echo(f"{shown}: ours is taken back")
        left = file.values().get(editors.WRAPPER)
        if left is not None:
            click.echo(render.printable(f"  {editors.WRAPPER} = {jsonc.written(left)}"))


def preview(here: World, place: Place, *, undo: bool) -> None:
    """What would be written; other values in the file are not shown, for they may be secret."""
    file = editors.settings(place.file, here.places)
    lines = file.difference(None if undo else values(here), editors.NAMES)
    if lines:
        click.echo(render.printable("\n".join(lines)))
    else:
        click.echo(f"{render.linked(place.file, here.places.home)}: nothing would change")


def notes(here: World, editor: str, found: list[Place], *, workspace: bool) -> Iterator[str]:
    """What else decides whether it takes effect."""
    home, own = here.places.home, str(installed.script(here.environment))
    if workspace:
        yield from committed(here, found[0].file, own)
        scope, _ = editors.scope(editor, home)
        if not scope:
            yield (
                "newer versions of the extension read this from your own settings only; "
                f"there it takes ccroute ide {editor} --user"
            )
    for place in found:
        yield from beside(here, place)
    if any(place.remote for place in found) and contained(here.environment):
        yield (
            "a container that is built anew has lost this: put both keys into its "
            "devcontainer.json, under customizations.vscode.settings"
        )
    elif not workspace:
        yield (
            "a window that works on another machine (SSH, WSL, a container) reads that "
            "machine's settings: run this there, too"
        )


def beside(here: World, place: Place) -> Iterator[str]:
    """Other settings that bear on it."""
    held = editors.settings(place.file, here.places).values()
    if held.get(editors.TERMINAL) is True:
        yield (
            f"{editors.TERMINAL} is on: there the extension starts the claude on PATH, and no "
            "wrapper; ccroute alias --shim --install puts ccwrap there"
        )
    if editors.MODE not in held:
        yield (
            f"with a wrapper, conversations begin in manual mode unless {editors.MODE} "
            "says otherwise"
        )
    for profile in editors.profiles(place):
        shown = render.short(profile, here.places.home)
        yield f"an editor profile has settings of its own, without this: {shown}"


def committed(here: World, file: Path, own: str) -> Iterator[str]:
    """A warning where git has the file, or would take it."""
    root = file.parents[1]
    if project.repository(root) is None:
        return
    name = editors.WORKSPACE.as_posix()
    if tracked.reasons(root, (name,), here.environment, GIT_SECONDS):
        yield f"git tracks {name}: {own} is a path of yours alone, so don't commit it"
    else:
        yield f"{own} is a path of yours alone: keep {name} out of git (.git/info/exclude)"


def contained(environment: Mapping[str, str]) -> bool:
    """Whether this is a development container, as far as can be told."""
    marks = ("REMOTE_CONTAINERS", "CODESPACES", "DEVCONTAINER")
    return any(environment.get(name) for name in marks) or Path("/.dockerenv").exists()
