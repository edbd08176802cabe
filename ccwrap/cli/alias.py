"""`ccroute alias`: let a shell's `claude` be ccwrap, by an alias or by a shim on PATH."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import psutil

from ccwrap.claude import binary
from ccwrap.cli import edits, installed, render, shellfiles, world
from ccwrap.cli.shellfiles import Parts
from ccwrap.cli.splices import Splice
from ccwrap.errors import SettingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.places import Places
    from ccwrap.world import World

PROFILE_SECONDS: Final = 20
SHIM: Final = (
    binary.SHIM.decode()
    + """: starts ccwrap in place of claude (`ccroute alias --undo` removes it)
exec {program} "$@"
"""
)
FORGET: Final = {
    "fish": "functions --erase claude",
    "powershell": "Remove-Item Alias:claude",
}
"""What makes a running shell forget the alias."""


@click.command()
@click.argument("shell", type=click.Choice(shellfiles.SHELLS), required=False)
@click.option("--install", is_flag=True, help="Write it into the shell's start-up file.")
@click.option("--shim", is_flag=True, help="A folder for PATH, which scripts and tasks see too.")
@click.option("--undo", is_flag=True, help="Take all of it back, to the byte.")
def command(shell: str | None, *, install: bool, shim: bool, undo: bool) -> None:
    """Print the line that makes `claude` ccwrap in SHELL (default: yours), or write it.

    An alias holds where a person types; --shim makes a folder with a `claude` that is
    ccwrap, and prints the line that puts it first on PATH.
    """
    if undo and (install or shim):
        raise UsageError("say --undo alone: it takes back the alias and the shim")
    here = world.here()
    if undo:
        take(here, (shell,) if shell else shellfiles.SHELLS)
        return
    shell = shell or guessed(here)
    program, folder = installed.script(here.environment), shims(here)
    if any(character < " " for character in f"{program}{folder}"):
        raise SettingError(
            "a path with control characters can't stand in a shell's file", "move it"
        )
    wanted = Parts(alias=not shim, path=shim)
    if shim:
        make_shim(here, folder, program)
    if install:
        put(here, shell, wanted, program, folder)
    else:
        click.echo(shellfiles.lines(shell, wanted, program, folder), nl=False)
        chosen = [file for file in files(here, shell) if shellfiles.fitting(file, wanted)]
        where = " and ".join(render.short(file, here.places.home) for file in chosen)
        again = f"ccroute alias {shell}{' --shim' if shim else ''} --install"
        click.echo(f"this is for {where}; {again} writes it there", err=True)


def guessed(here: World) -> str:
    """The shell that started us, else SHELL's. Raises UsageError."""
    parent = psutil.Process().parent()
    try:
        names = [parent.name()] if parent else []
    except psutil.Error:
        names = []
    shell = shellfiles.guessed(names, here.environment)
    if not shell:
        raise UsageError(
            "it isn't clear which shell is yours", "ccroute alias bash, zsh, fish or powershell"
        )
    return shell


def shims(here: World) -> Path:
    """The folder for the shim."""
    return shellfiles.shims(here.environment, here.places.home)


def files(here: World, shell: str) -> tuple[Path, ...]:
    """The shell's start-up files; PowerShell on Windows is asked for its own."""
    return shellfiles.files(shell, here.environment, here.places.home) or (asked(here),)


def asked(here: World) -> Path:
    """Where PowerShell says that its profile is. Raises SettingError."""
    path = here.environment.get("PATH", "")
    program = shutil.which("pwsh", path=path) or shutil.which("powershell", path=path)
    said = ""
    if program and os.path.isabs(program):
        try:
            done = subprocess.run(
                [program, "-NoProfile", "-NonInteractive", "-Command", "$PROFILE"],
                env=dict(here.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROFILE_SECONDS,
                check=False,
            )
            said = done.stdout.decode("utf-8", "replace").strip()
        except (OSError, subprocess.TimeoutExpired):
            said = ""
    if not os.path.isabs(said):
        raise SettingError(
            "PowerShell doesn't say where its profile is", "notepad $PROFILE, and add the line"
        )
    return Path(said)


def put(here: World, shell: str, wanted: Parts, program: Path, folder: Path) -> None:
    """Write it into the shell's start-up files, and say so."""
    wrote = []
    for file in files(here, shell):
        target = edits.Target.of(file, f"make {file} writable, or add the line by hand")
        text = target.read() or ""
        shown = render.linked(target.given, here.places.home)
        line = shellfiles.by_hand(text)
        if line and shellfiles.fitting(file, wanted).alias:
            click.echo(f"{shown}: line {line} makes claude an alias of ccwrap already")
            continue
        held, new = shellfiles.parts(text), shellfiles.fitting(file, wanted)
        if not new:
            continue
        parts = Parts(held.alias or new.alias, held.path or new.path)
        inside = shellfiles.lines(shell, parts, program, folder)
        if write_block(here.places, shell, target, inside):
            wrote.append(file)
            click.echo(f"wrote {shown}")
            for one in inside.splitlines():
                click.echo(render.printable(f"  {one}"))
        else:
            click.echo(f"{shown}: it is there already")
    if wrote:
        session = ", and log in anew for programs without one" if wanted.path else ""
        click.echo(f"next: open a new {shell}{session}\nback: ccroute alias {shell} --undo")
    if wrote and not wanted.path:
        click.echo("scripts and an editor's tasks don't see an alias: --shim is for them")


def write_block(places: Places, shell: str, target: edits.Target, inside: str) -> bool:
    """Make `inside` our block of the file; False where it is. Raises SettingError."""
    book = edits.Book(places, target, "alias")
    change = partial(added, shell, inside)
    return edits.put(book, change, lambda text, _: shellfiles.without(text), lambda _: {})


def added(shell: str, inside: str, text: str) -> tuple[Splice, ...]:
    """What puts `inside` into the shell's start-up file."""
    return shellfiles.block(text, inside, shellfiles.line_end(shell, text))


def take(here: World, shells: tuple[str, ...]) -> None:
    """Take the lines out of the shells' start-up files, and the shim away."""
    found, fault = False, None
    for shell, file in targets(here, shells):
        try:
            found |= take_from(here, shell, file)
        except SettingError as error:
            fault = error
    shim = shims(here) / "claude"
    blocks = shellfiles.found(here.environment, here.places.home, shim, shim.parent)
    if binary.is_shim(str(shim)) and not any(block.parts.path for block in blocks):
        found = True
        remove_shim(here, shim)
        click.echo(f"{render.short(shim, here.places.home)} is gone")
    if fault:
        raise fault
    if not found:
        click.echo("nothing of ours there")


def take_from(here: World, shell: str, file: Path) -> bool:
    """Take the lines out of one start-up file; False where none are there."""
    target = edits.Target.of(file, f"make {file} writable, or take the lines out by hand")
    book = edits.Book(here.places, target, "alias")
    if not edits.take(book, lambda text, _: shellfiles.without(text)):
        return False
    gone = "" if target.path.exists() else ", which held nothing else and is gone"
    click.echo(f"taken out of {render.linked(target.given, here.places.home)}{gone}")
    click.echo(f"  a {shell} that runs: {FORGET.get(shell, 'unalias claude')}")
    return True


def targets(here: World, shells: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Each shell's start-up files, as far as they are known without asking every shell."""
    for shell in shells:
        known = shellfiles.files(shell, here.environment, here.places.home)
        for file in known or (files(here, shell) if len(shells) == 1 else ()):
            yield shell, file


def make_shim(here: World, folder: Path, program: Path) -> None:
    """Put a `claude` into `folder` that starts `program`. Raises SettingError."""
    if sys.platform == "win32":
        raise UsageError(
            "on Windows a shim would be a .cmd, which changes arguments", "ccroute alias powershell"
        )
    shim = folder / "claude"
    if os.path.lexists(shim) and not binary.is_shim(str(shim)):
        raise SettingError(f"{shim}: is none of ours", f"look at it, then: rm {shim}")
    refuse_others(folder)
    write_shim(here.places, shim, program)
    click.echo(f"{render.short(shim, here.places.home)} starts ccwrap", err=True)


def refuse_others(folder: Path) -> None:
    """Raise SettingError where others may put programs into `folder`: it shall lead PATH."""
    try:
        status = folder.stat()
    except OSError:
        return
    if status.st_uid not in (os.geteuid(), 0) or status.st_mode & stat.S_IWOTH:
        raise SettingError(f"{folder}: others may write it", f"look at it: ls -la {folder}")


def write_shim(places: Places, shim: Path, program: Path) -> None:
    """Write the shim. Raises SettingError."""
    text = SHIM.format(program=shlex.quote(str(program)))
    book = shim_book(places, shim)
    edits.put(book, partial(whole, text), lambda _text, _: "", lambda _: {}, 0o755)


def shim_book(places: Places, shim: Path) -> edits.Book:
    """The notes on the shim."""
    target = edits.Target.of(shim, f"make {shim.parent} writable")
    return edits.Book(places, target, "shim")


def whole(wanted: str, text: str) -> tuple[Splice, ...]:
    """What makes `wanted` of `text`."""
    return () if text == wanted else (Splice(0, text, wanted),)


def remove_shim(here: World, shim: Path) -> None:
    """Remove the shim, and the folders that were made for it. Raises SettingError."""
    edits.take(shim_book(here.places, shim), lambda _text, _: "")
    try:
        shim.unlink(missing_ok=True)
    except OSError as error:
        raise SettingError(f"{shim}: {error.strerror}", f"rm {shim}") from None
