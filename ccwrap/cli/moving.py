"""Moving a secret from where it lies open to where it belongs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import render, writing
from ccwrap.errors import CcwrapError, SettingError
from ccwrap.routes import credentials

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ccwrap.cli.takeover import Loose
    from ccwrap.places import Places

PRIVATE: Final = 0o600


def offer(found: Sequence[Loose], folder: Path, places: Places) -> None:
    """Ask, for each secret that the route can't reach by name yet, where it shall go."""
    for loose in found:
        if not needs_a_place(loose):
            continue
        where = render.short(loose.file, places.home) if loose.file else "the environment"
        said = f"The route wants {loose.name}; its value stands in {where} ({loose.variable})."
        click.echo("\n" + "\n".join(render.wrap(said, render.WIDTH)))
        answer = click.prompt(
            "Copy it to the [k]eyring, to .[e]nv.local, or [n]owhere",
            type=click.Choice(["k", "e", "n"]),
            default="n",
            show_choices=False,
        )
        if answer == "n" or not _kept(loose, answer, folder, places):
            continue
        if loose.file and click.confirm(
            f"Take it out of {where}? Plain claude then has it no more, in any folder."
        ):
            take_out(loose, where)


def take_out(loose: Loose, where: str) -> None:
    """Remove the secret from its settings file, or say that it is still there."""
    try:
        remove(loose)
    except (CcwrapError, ValueError, LookupError):
        click.echo(f"{where} could not be changed: take {loose.variable} out by hand", err=True)


def needs_a_place(loose: Loose) -> bool:
    """Whether `${NAME}` doesn't already find it: in the environment, under that name."""
    return loose.file is not None or loose.name != loose.variable


def _kept(loose: Loose, answer: str, folder: Path, places: Places) -> bool:
    """Whether the secret could be stored; says why where it could not."""
    try:
        if answer == "k":
            credentials.store(places, loose.name, loose.secret)
            click.echo(f"{loose.name} is in the keyring.")
        else:
            add_to_env_local(loose, folder / ".env.local")
            click.echo(f"{loose.name} is in {render.short(folder / '.env.local', places.home)}.")
    except CcwrapError as error:
        click.echo(render.printable(str(error)), err=True)
        return False
    return True


def add_to_env_local(loose: Loose, path: Path) -> None:
    """Append NAME='value' to `path`, 0600. Raises SettingError where NAME is there already."""
    lines = writing.read(path).splitlines()
    if any(line.removeprefix("export ").split("=")[0].strip() == loose.name for line in lines):
        raise SettingError(f"{path}: has a {loose.name} already", "look at it and choose one")
    value = loose.secret.reveal().replace("\\", "\\\\").replace("'", "\\'")
    writing.add_lines(path, [f"{loose.name}='{value}'"], PRIVATE)
    path.chmod(PRIVATE)


def remove(loose: Loose) -> None:
    """Take the secret out of its settings file; all else in it stays, in its order."""
    if loose.file is None:
        return
    path = loose.file.resolve()
    data = json.loads(writing.read(path))
    value = data["env"].pop(loose.variable)
    if loose.variable == "ANTHROPIC_CUSTOM_HEADERS":
        kept = [line for line in value.splitlines() if loose.secret.reveal() not in line]
        if kept:
            data["env"][loose.variable] = "\n".join(kept)
    writing.replace(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
