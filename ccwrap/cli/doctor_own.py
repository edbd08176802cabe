"""`ccroute doctor`: whether a program that something names is a ccwrap, and would run."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccwrap.claude import binary
from ccwrap.cli import installed
from ccwrap.cli.finding import Finding, Place
from ccwrap.errors import SettingError
from ccwrap.routes import project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.finding import Machine

CALLS_US: Final = re.compile(rb"""[\s/"']ccwrap(?:["'\s;]|$)|ccwrap\.launcher""")
HEAD: Final = 2048
"""Bytes of a script in which a call of ccwrap is looked for."""


def present(machine: Machine) -> Path | None:
    """The ccwrap that settings shall name; None where none is fit for that."""
    try:
        return installed.script(machine.environment)
    except SettingError:
        return None


def claudes(machine: Machine) -> list[Path]:
    """Every `claude` on PATH, the one that counts first."""
    folders = machine.environment.get("PATH", "").split(os.pathsep)
    paths = [os.path.join(folder, binary.NAME) for folder in folders if os.path.isabs(folder)]
    return [Path(path) for path in dict.fromkeys(paths) if runs(path)]


def runs(path: str | Path) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def fault(path: str | Path) -> str:
    """Why the program at `path` won't start, as far as a look can tell; "" where it will."""
    if not os.path.isfile(path):
        return "is not there"
    if not os.access(path, os.X_OK):
        return "is not executable"
    interpreter = _interpreter(_head(path))
    if os.path.isabs(interpreter) and not os.path.exists(interpreter):
        return f"needs {interpreter}, which is not there"
    return ""


def _interpreter(head: bytes) -> str:
    """What runs the script that begins with `head`; "" for none.

    pip writes a long path, or one with a blank, as `'''exec' PATH …` behind `#!/bin/sh`.
    """
    first, second, *_ = (*os.fsdecode(head).split("\n", 2), "", "")
    try:
        if second.startswith("'''exec' "):
            return shlex.split(second[len("'''exec' ") :])[0]
        return first[2:].split(maxsplit=1)[0] if first.startswith("#!") else ""
    except (ValueError, IndexError):
        return ""


def _head(path: str | Path) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(HEAD) or b""
    except OSError:
        return b""


def is_ccwrap(path: str | Path, machine: Machine) -> bool:
    """Whether `path` is a ccwrap, or a short script that calls one."""
    ours = {os.path.realpath(machine.own.with_name(installed.NAME)), os.path.realpath(machine.own)}
    if os.path.realpath(path) in ours:
        return True
    head = _head(path) if os.path.isfile(path) else b""
    return head.startswith(b"#!") and CALLS_US.search(head) is not None


def another(path: str | Path, machine: Machine) -> bool:
    """Whether `path` is a ccwrap of another installation than the one that runs."""
    own = present(machine)
    return own is not None and os.path.realpath(path) != os.path.realpath(own)


def shim_program(shim: str | Path) -> str:
    """The program that a shim of ours starts; "" where it can't be read."""
    lines = os.fsdecode(_head(shim)).splitlines()
    try:
        return next(shlex.split(line)[1] for line in lines if line.startswith("exec "))
    except (StopIteration, ValueError, IndexError):
        return ""


def routed_by_path(machine: Machine) -> Path | None:
    """The `claude` that PATH leads to, where that is a ccwrap which starts."""
    found = claudes(machine)[:1]
    if not found or not is_ccwrap(found[0], machine):
        return None
    program = shim_program(found[0]) if binary.is_shim(str(found[0])) else found[0]
    return None if fault(program) else found[0]


def routed(machine: Machine, place: Place, text: str) -> Finding:
    """What is to be said of a place that is routed as far as settings go, started from here."""
    if machine.environment.get("CCWRAP_DISABLE"):
        off = f"{text}; but CCWRAP_DISABLE is set here: plain claude"
        return Finding("note", off, "unset CCWRAP_DISABLE", place._replace(routed=False))
    return Finding("ok", text, place=place._replace(routed=True))


def elsewhere(
    machine: Machine, program: str | Path, place: Place, what: str, fix: str
) -> Iterator[Finding]:
    """A note where `what` names a ccwrap that isn't the one which runs now."""
    if another(program, machine):
        text = f"{what} names another installation's ccwrap: {machine.short(program)}"
        yield Finding("note", text, fix, place)


def project_root(machine: Machine) -> Path:
    """The repository's folder, or the working directory outside of one."""
    return project.repository(machine.cwd) or machine.cwd
