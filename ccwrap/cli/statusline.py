"""`ccroute statusline`: the route in Claude Code's status line."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ccwrap.claude import jsonfile
from ccwrap.cli import render, world, writing
from ccwrap.errors import SettingError, UsageError
from ccwrap.health import statusline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.world import World

KEY: Final = "statusLine"
BOM: Final = "\ufeff"
PROGRAM: Final = Path(statusline.__file__).absolute()
_ENTRY: Final = re.compile(r',?\s*"statusLine"\s*:\s*\{[^{}]*\}')


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
    path = settings_file(here)
    shown = render.short(path, here.places.home)
    if install:
        changed = put(path, {"type": "command", "command": line(here)})
        click.echo(f"{shown}: {KEY} shows the route" if changed else f"{shown}: it is there")
    else:
        click.echo(f"{shown}: {KEY} is gone" if take(path) else f"{shown}: nothing of ours there")


def settings_file(here: World) -> Path:
    """The user's settings file; a link to it is followed, as Claude Code does."""
    folder = Path(here.environment.get("CLAUDE_CONFIG_DIR") or here.places.home / ".claude")
    return Path(os.path.realpath(folder / "settings.json"))


def line(here: World) -> str:
    """The command that Claude Code runs."""
    words = [sys.executable, "-I", "-S", str(PROGRAM), str(here.places.state)]
    return " ".join(map(shlex.quote, words))


def ours(value: object) -> bool:
    """Whether this status line is one that we wrote, perhaps as another installation."""
    return isinstance(value, dict) and "health/statusline.py" in str(value.get("command"))


def put(path: Path, value: Mapping[str, str]) -> bool:
    """Add the status line to the settings in `path`; False where it stands there already.

    Raises SettingError where they can't be read or have a status line of their own.
    """
    text, data = read(path)
    if data.get(KEY) == value:
        return False
    if KEY in data and not ours(data[KEY]):
        raise SettingError(
            f"{path}: has a statusLine of its own",
            f"call this in yours, with the same standard input: {value['command']}",
        )
    if KEY in data:
        take(path)
        text, data = read(path)
    write(path, inserted(text, value), {**data, KEY: value})
    return True


def take(path: Path) -> bool:
    """Remove our status line from the settings in `path`; False where there is none."""
    text, data = read(path)
    if not ours(data.get(KEY)):
        return False
    rest = {name: value for name, value in data.items() if name != KEY}
    write(path, removed(text, rest), rest)
    return True


def read(path: Path) -> tuple[str, dict[str, object]]:
    """The settings, as text and as data. Raises SettingError."""
    try:
        text = jsonfile.read(path).decode()
        data = parsed(text)
    except FileNotFoundError:
        return "", {}
    except OSError as error:
        raise SettingError(f"{path}: {error.strerror}", "mend it first") from None
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise SettingError(f"{path}: is no JSON object", "mend it first")
    return text, data


def parsed(text: str) -> object:
    """What settings mean; a byte order mark is passed over. Raises ValueError."""
    return jsonfile.parse(text.removeprefix(BOM))


def write(path: Path, text: str, data: Mapping[str, object]) -> None:
    """Write `text` where it says `data`, else `data` laid out anew. Raises SettingError."""
    try:
        as_meant = parsed(text) == data
    except ValueError:
        as_meant = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"{path.parent}: {error.strerror}", "make that folder") from None
    laid_out = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    writing.replace(path, text if as_meant else laid_out, 0o600)


def inserted(text: str, value: Mapping[str, str]) -> str:
    """`text` with the status line as its last entry; not a byte of it changed."""
    head, brace, tail = text.rstrip().rpartition("}")
    if not brace:
        return ""
    body = head.rstrip()
    comma = "" if body.endswith("{") else ","
    indent = re.search(r"\n([ \t]+)\S", text)
    start = f"\n{indent[1]}" if indent else ""
    entry = f'{comma}{start}"{KEY}": {json.dumps(value, ensure_ascii=False)}'
    return f"{body}{entry}{head[len(body) :]}{brace}{tail}{text[len(text.rstrip()) :]}"


def removed(text: str, rest: Mapping[str, object]) -> str:
    """`text` without the status line that `inserted` wrote, so that it says `rest`; else ""."""
    for entry in reversed(list(_ENTRY.finditer(text))):
        without = text[: entry.start()] + text[entry.end() :]
        with contextlib.suppress(ValueError):
            if parsed(without) == rest:
                return without
    return ""
