"""`ccroute background`: let the sessions that Claude Code starts by itself be ccwrap's."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import installed, jsonc, render, world
from ccwrap.cli.settingsfile import SettingsFile
from ccwrap.errors import SettingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccwrap.places import Places

KEY: Final = "processWrapper"
VARIABLE: Final = "CLAUDE_CODE_PROCESS_WRAPPER"
"""The same in the environment; it outranks the setting (2.1.330)."""

META: Final = frozenset(";|&$()`<>")
"""Characters that Claude Code refuses outside of quotes: the value is no shell's."""

TOKEN: Final = re.compile(r'\s+|"((?:\\["\\]|[^"])*)"|([^\s"]+)')


@click.command()
@click.option("--install", is_flag=True, help="Write it into your Claude Code settings.")
@click.option("--undo", is_flag=True, help="Take it out of them again.")
def command(install: bool, undo: bool) -> None:
    """Let background sessions, agents and teammates start by way of ccwrap.

    Claude Code starts these from its own path, whatever `claude` is in a shell. Alone:
    the line for its settings, yours or an organisation's; a project's doesn't count.
    """
    if install and undo:
        raise UsageError("say either --install or --undo")
    here = world.here()
    file = settings_file(here.places, here.environment)
    shown = render.linked(file.path, here.places.home)
    if undo:
        gone = file.take((KEY,))
        click.echo(f"{shown}: {KEY} is gone" if gone else f"{shown}: nothing of ours there")
        return
    value = written(installed.script(here.environment))
    if not install:
        click.echo(render.printable(f"{jsonc.written(KEY)}: {jsonc.written(value)}"))
        click.echo(f"this is for {shown}; ccroute background --install writes it there", err=True)
        return
    if sys.platform == "win32":
        raise UsageError("Claude Code on Windows starts these sessions by itself")
    click.echo(f"{shown}: {KEY} is ccwrap" if put(file, value) else f"{shown}: it is there")


def settings_file(places: Places, environment: Mapping[str, str]) -> SettingsFile:
    """Where the setting belongs."""
    return SettingsFile.of_claude(places, environment, "background", KEY, ours)


def written(program: Path) -> str:
    """`program` as the value: as it is, or a JSON array where Claude Code would split it."""
    text = str(program)
    plain = not re.search(r'[\s"\\]', text) and META.isdisjoint(text) and text[:1] != "["
    return text if plain else json.dumps([text])


def parsed(value: str) -> list[str]:
    """The launcher and its arguments, as Claude Code 2.1.330 reads them. Raises ValueError.

    A JSON array of strings, or words between blanks; `"` quotes, and no shell looks at it.
    """
    text = value.strip()
    if text.startswith("["):
        try:
            words: list[str] = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("begins with [ and is no JSON") from None
        if not all(isinstance(word, str) for word in words):
            raise ValueError("is no array of texts")
    else:
        words = _split(text)
    if "" in words and any(words):
        raise ValueError("has an empty word in it")
    return [word for word in words if word]


def _split(text: str) -> list[str]:
    words: list[str] = []
    open_word, at = False, 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise ValueError("has a quote without its end")
        at = found.end()
        quoted, plain = found.groups()
        if plain is not None and not META.isdisjoint(plain):
            raise ValueError("has a shell's character in it that isn't quoted")
        if quoted is None and plain is None:
            open_word = False
            continue
        piece = re.sub(r'\\(["\\])', r"\1", quoted) if quoted is not None else plain
        if open_word:
            words[-1] += piece
        else:
            words.append(piece)
        open_word = True
    return words


def ours(value: object) -> bool:
    """Whether this is one that we wrote, perhaps as another installation."""
    try:
        words = parsed(value) if isinstance(value, str) else []
    except ValueError:
        return False
    return len(words) == 1 and installed.is_ours(words[0])


def put(file: SettingsFile, value: str) -> bool:
    """Write the setting; False where it stands there already. Raises SettingError.

    Another launcher is left alone: an organisation's may have to come first.
    """
    there = file.values()
    if there.get(KEY) and not ours(there[KEY]):
        path = os.fspath(file.path)
        raise SettingError(f"{path}: has a {KEY} of its own", "have that launcher start ccwrap")
    if KEY in there and there[KEY] != value:
        file.take((KEY,))
    return file.put({KEY: value})
