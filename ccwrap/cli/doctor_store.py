"""`ccroute doctor`: what ccwrap has written, and what Claude Code keeps of it."""

from __future__ import annotations

import os
import shlex
import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from ccwrap.claude import overlay
from ccwrap.cli import statusline as line
from ccwrap.cli.doctor_own import fault
from ccwrap.cli.finding import Finding
from ccwrap.errors import SettingError
from ccwrap.health import opening, schema
from ccwrap.health.opening import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccwrap.cli.finding import Machine

AGAIN: Final = "ccroute doctor --fix"
SALT: Final = 32
"""Bytes of the store's key for fingerprints."""


def store(machine: Machine) -> Iterator[Finding]:
    """Whether the memory of earlier launches can be read; it is not changed."""
    path = machine.places.state / opening.FILE
    seen = opening.identity(path)
    if seen is None:
        return
    try:
        count = _launches(path)
    except StoreError as error:
        mend = partial(_set_aside, path, seen, machine) if error.damaged else None
        text = f"{error}; nothing is remembered"
        yield Finding("problem", text, AGAIN if mend else error.hint, mend=mend)
    else:
        launches = "1 launch" if count == 1 else f"{count} launches"
        yield Finding("ok", f"memory of {launches}: {machine.short(path)}")


def _launches(path: Path) -> int:
    """How many launches the store at `path` holds. Raises StoreError."""
    with opening.worded(path):
        if not os.path.isfile(path) or path.is_symlink():
            raise StoreError(f"{path} is not a regular file")
        way = "ro" if os.access(path.parent, os.W_OK) else "ro&immutable=1"
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={way}", opening.BUSY, uri=True
        )
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > schema.VERSION:
                text = f"{path} was written by a newer ccwrap and is left alone"
                raise StoreError(text, "upgrade this ccwrap")
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise StoreError(f"{path} is damaged", damaged=True)
            if version < schema.VERSION:
                return 0  # the next launch brings it up to date
            row = connection.execute("SELECT value FROM keep WHERE name = 'salt'").fetchone()
            if row is None or not isinstance(row[0], bytes) or len(row[0]) != SALT:
                raise StoreError(f"{path} is damaged", damaged=True)
            (count,) = connection.execute("SELECT count(*) FROM launch").fetchone()
            return int(count)
        finally:
            connection.close()


def _set_aside(path: Path, seen: tuple[int, int], machine: Machine) -> str:
    opening.set_aside(path, seen)
    if opening.identity(path) == seen:
        raise SettingError(f"{path}: can't be renamed", f"look at: ls -ld {path.parent}")
    return f"{machine.short(path)} is now {path.name}.damaged; the next launch begins anew"


def overlays(machine: Machine) -> Iterator[Finding]:
    """Settings overlays, which hold a route's key, that no session names any more."""
    for base in overlay.bases(machine.places, machine.environment):
        folder = base / overlay.FOLDER
        old = overlay.stale(folder, time.time()) if os.path.isdir(folder) else []
        if old:
            files = "1 settings overlay" if len(old) == 1 else f"{len(old)} settings overlays"
            text = f"{files} in {machine.short(folder)} of sessions that are over"
            yield Finding("note", text, AGAIN, mend=partial(_swept, folder, machine))


def _swept(folder: Path, machine: Machine) -> str:
    old = overlay.stale(folder, time.time())
    for path in old:
        path.unlink(missing_ok=True)
    return f"{len(old)} removed from {machine.short(folder)}"


def statusline(machine: Machine) -> Iterator[Finding]:
    """Our line in Claude Code's status line, whose program may be gone."""
    value = next(
        (one.data.get(line.KEY) for one in machine.layers.layers if one.name == "user"), None
    )
    if not line.ours(value) or not isinstance(value, dict):
        return
    file = line.settings_file(machine.places, machine.environment)
    try:
        words = shlex.split(str(value["command"]))
    except ValueError:
        words = []
    python = words[0] if words else ""
    program = next((word for word in words if word.endswith("health/statusline.py")), "")
    gone = fault(python) if os.path.isabs(python) else ""
    broken = next(
        (f"{machine.short(path)}, which {why}" for path, why in
         ((python, gone), (program, "" if os.path.isfile(program) else "is not there")) if why),
        "",
    )  # fmt: skip
    where = machine.short(file.path)
    if broken:
        text = f"{line.KEY} in {where} runs {broken}"
        mend = partial(_rewrite, machine)
        yield Finding("problem", text, "ccroute statusline --install", mend=mend)
    else:
        yield Finding("ok", f"{line.KEY} in {where} shows the route")


def _rewrite(machine: Machine) -> str:
    file = line.settings_file(machine.places, machine.environment)
    line.put(file, {"type": "command", "command": line.line(machine.places)})
    return f"{line.KEY} in {machine.short(file.path)} is this installation's"
