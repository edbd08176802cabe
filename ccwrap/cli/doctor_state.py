"""`ccroute doctor`: ccwrap's own files and variables, the route file and its trust."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ccwrap import private
from ccwrap.claude import overlay
from ccwrap.cli.finding import Finding
from ccwrap.errors import CcwrapError, RouteFileError, SettingError
from ccwrap.routes import files, project
from ccwrap.routes.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccwrap.cli.finding import Machine


def variables(machine: Machine) -> Iterator[Finding]:
    """CCWRAP_* variables, by name: they bend every launch from here."""
    names = sorted(
        name
        for name, value in machine.environment.items()
        if name.startswith("CCWRAP_") and value and name not in ("CCWRAP_DISABLE", "CCWRAP_CHAIN")
    )
    if machine.environment.get("CCWRAP_DISABLE"):
        text = "CCWRAP_DISABLE is set: ccwrap starts plain claude"
        yield Finding("note", text, "unset CCWRAP_DISABLE")
    if names:
        yield Finding("note", f"set in the environment: {', '.join(names)}")


def state(machine: Machine) -> Iterator[Finding]:
    """The state folder and the user's config.toml: ours alone, readable, writable."""
    folder = machine.places.state
    try:
        status = folder.lstat()
    except OSError:
        yield _absent(machine)
    else:
        yield from _folder(machine, status)
    for path in (machine.places.config, *sorted(folder.glob("*.json"))):
        try:
            private.read(path)
        except SettingError as error:
            yield Finding("problem", error.message, error.hint)


def _absent(machine: Machine) -> Finding:
    """What it means that there is no state folder: nothing, where one can be made."""
    short = machine.short(machine.places.state)
    if _may_be_made(machine.places.state):
        return Finding("ok", f"no state folder yet ({short})")
    elsewhere = "set XDG_STATE_HOME to a folder of yours that can be written"
    if any(map(_may_be_made, overlay.bases(machine.places, machine.environment))):
        return Finding("note", f"{short} can't be made: nothing is remembered", elsewhere)
    text = f"{short} can't be made, and no temporary folder written: nothing can be routed"
    return Finding("problem", text, elsewhere)


def _may_be_made(folder: Path) -> bool:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _folder(machine: Machine, status: os.stat_result) -> Iterator[Finding]:
    folder, short = machine.places.state, machine.short(machine.places.state)
    if not stat.S_ISDIR(status.st_mode):
        yield Finding(
            "problem", f"{short} is not a folder", f"move it away: mv {short} {short}.old"
        )
    elif hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        yield Finding("problem", f"{short} belongs to another user", f"sudo chown -R $USER {short}")
    elif status.st_mode & 0o077:
        yield Finding("problem", f"{short}: others may look into it", f"chmod 700 {short}")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("problem", f"{short} can't be written", f"chmod u+wx {short}")
    else:
        yield Finding("ok", f"state folder {short}")


def trust(machine: Machine) -> Iterator[Finding]:
    """The route file that applies here, and which of its routes the user has allowed."""
    try:
        file = files.load(machine.cwd, machine.environment, machine.places, machine.catalogue)
        if file is None:
            yield Finding("note", "no .ccroute here: ccwrap starts plain claude", "ccroute init")
            return
        granted = Trust.read(machine.places, machine.environment, file.trusted)
    except RouteFileError as error:
        for one in error.problems:
            yield Finding("problem", str(one._replace(mend="")), one.mend)
        return
    except CcwrapError as error:
        yield Finding("problem", error.args[0], getattr(error, "hint", ""))
        return
    where = machine.short(file.file) if file.file else "your own routes"
    if file.file is not None and granted.ignores(file.file):
        yield Finding("note", f"{where} is ignored by you", "ccroute trust")
        return
    root = project.root(machine.cwd, file.file)
    routes = [route for route in file.routes if not route.disabled]
    waiting = [route.name for route in routes if granted.missing(root, route)]
    if waiting:
        level = "problem" if len(waiting) == len(routes) else "note"
        yield Finding(level, f"{where}: not allowed yet: {', '.join(waiting)}", "ccroute trust")
    else:
        yield Finding("ok", f"{where}: {routes_of(len(routes))}")


def routes_of(count: int) -> str:
    return "1 route, allowed" if count == 1 else f"{count} routes, all allowed"
