"""`ccroute statusline`: the route in Claude Code's status line."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import render, world
from ccwrap.cli.settingsfile import SettingsFile
from ccwrap.errors import SettingError, UsageError
from ccwrap.health import statusline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.places import Places

KEY: Final = "statusLine"
PROGRAM: Final = Path(statusline.__file__).absolute()


@click.command()
@click.option("--install", is_flag=True, help="Write it into your Claude Code settings.")
@click.option("--undo", is_flag=True, help="Take it out of them again.")
def command(install: bool, undo: bool) -> None:
    """Show a session's route, as "ollama · fallback", in Claude Code's status line.

    Alone: the line for the session that stands as JSON on standard input, which is how
    Claude Code calls a status line.
    """
    if install and undo:
        raise UsageError("say either --install or --undo")
    here = world.here()
    if not (install or undo):
        if sys.stdin.isatty():
            raise UsageError("no session stands on standard input", "ccroute statusline --install")
        sys.argv[1:] = [str(here.places.state)]
        statusline.main()
        return
    file = settings_file(here.places, here.environment)
    shown = render.linked(file.path, here.places.home)
    if install:
        changed = put(file, {"type": "command", "command": line(here.places)})
        click.echo(f"{shown}: {KEY} shows the route" if changed else f"{shown}: it is there")
    else:
        click.echo(f"{shown}: {KEY} is gone" if take(file) else f"{shown}: nothing of ours there")


def settings_file(places: Places, environment: Mapping[str, str]) -> SettingsFile:
    """Where the status line belongs."""
    return SettingsFile.of_claude(places, environment, "statusline", KEY, ours)


def line(places: Places) -> str:
    """The command that Claude Code runs."""
    words = [sys.executable, "-I", "-S", str(PROGRAM), str(places.state)]
    return " ".join(map(shlex.quote, words))


def ours(value: object) -> bool:
    """Whether this status line is one that we wrote, perhaps as another installation."""
    command = str(value.get("command")) if isinstance(value, dict) else ""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    # One that calls ours among other things is a person's own.
    if shlex.join(words) != command or words[1:2] != ["-I"]:
        return False
    program = next((word for word in words[2:] if not word.startswith("-")), "")
    return os.path.isabs(program) and program.endswith("/health/statusline.py")


def put(file: SettingsFile, value: Mapping[str, str]) -> bool:
    """Add the status line to the settings; False where it stands there already.

    Raises SettingError where they can't be read or have a status line of their own.
    """
    there = file.values()
    if KEY in there and not ours(there[KEY]):
        raise SettingError(
            f"{file.path}: has a statusLine of its own",
            f"call this in yours, with the same standard input: {value['command']}",
        )
    if KEY in there and there[KEY] != value:
        take(file)
    return file.put({KEY: dict(value)})


def take(file: SettingsFile) -> bool:
    """Remove our status line from the settings; False where there is none."""
    return file.take((KEY,))
