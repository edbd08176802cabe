"""`ccroute doctor`: ccwrap's own files and variables, the route file and its trust."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from ccwrap import private
from ccwrap.claude import overlay
from ccwrap.cli import doctor_keys
from ccwrap.cli.finding import Finding
from ccwrap.errors import CcwrapError, RouteFileError, SettingError
from ccwrap.routes import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccwrap.cli.finding import Machine

IN_CI: Final = "CCWRAP_TRUST in the job; ccroute trust --print on your own machine writes it"


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
    """The state folder and the user's config.toml: ours alone, readable, writable.

    What others could have written is closed again only where they couldn't reach it:
    else somebody has to look at what stands there.
    """
    folder = machine.places.state
    decisive = (machine.places.config, *sorted(folder.glob("*.json")))
    try:
        status = folder.lstat()
    except OSError:
        yield _absent(machine)
    else:
        open_inside = any(_mode(path) & 0o022 for path in decisive)
        yield from _folder(machine, status, open_inside=open_inside)
    for path in decisive:
        try:
            private.read(path)
        except SettingError as error:
            mend = (
                _closing(machine, path, 0o600)
                if _mode(path) & 0o022 and _closed(path.parent)
                else None
            )
            yield Finding("problem", error.message, error.hint, mend=mend)
    if _mode(machine.places.config.parent) & 0o022 and not _mode(machine.places.config) & 0o022:
        path = machine.places.config.parent
        text = f"{machine.short(path)}: others may write into it"
        yield Finding("problem", text, f"chmod 700 {path}", mend=_closing(machine, path, 0o700))
    yield from _readable(machine)


def _mode(path: Path) -> int:
    """The mode of a file or folder of ours; 0 for what is none."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    kind = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    ours = hasattr(os, "geteuid") and status.st_uid == os.geteuid()
    return stat.S_IMODE(status.st_mode) if kind and ours else 0


def _closed(folder: Path) -> bool:
    """Whether nobody else has a way into `folder`."""
    mode = _mode(folder)
    return mode != 0 and not mode & 0o077


def _closing(machine: Machine, path: Path, mode: int) -> Callable[[], str]:
    """What gives `path` the mode, as long as it is still ours and no link."""

    def close() -> str:
        if not _mode(path):
            raise SettingError(f"{path}: is not ours any more", f"look at: ls -ld {path}")
        path.chmod(mode)
        return f"{machine.short(path)} has mode {mode:04o}"

    return close


def _readable(machine: Machine) -> Iterator[Finding]:
    """Files of ours that others might read, were their folder open."""
    state, overlays = machine.places.state, machine.places.state / overlay.FOLDER
    files = (*state.glob("*.json"), *state.glob("health.db*"), *overlays.glob("*.json"))
    for path in (*sorted(files), overlays):
        mode, wanted = _mode(path), 0o700 if path == overlays else 0o600
        told = path.parent == state and path.suffix == ".json" and mode & 0o022
        if mode & 0o077 and not told:
            text = f"{machine.short(path)} has mode {mode:04o}"
            yield Finding(
                "note", text, f"chmod {wanted:o} {path}", mend=_closing(machine, path, wanted)
            )


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


def _folder(machine: Machine, status: os.stat_result, *, open_inside: bool) -> Iterator[Finding]:
    folder, short = machine.places.state, machine.short(machine.places.state)
    if not stat.S_ISDIR(status.st_mode):
        yield Finding(
            "problem", f"{short} is not a folder", f"move it away: mv {short} {short}.old"
        )
    elif hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        yield Finding("problem", f"{short} belongs to another user", f"sudo chown -R $USER {short}")
    elif status.st_mode & 0o077:
        mend = None if open_inside else _closing(machine, folder, 0o700)
        text = f"{short}: others may look into it"
        yield Finding("problem", text, f"chmod 700 {short}", mend=mend)
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
        granted = doctor_keys.granted(file, machine)
        waiting = doctor_keys.waiting(file, machine)
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
    routes = doctor_keys.enabled(file)
    if waiting:
        level = "problem" if len(waiting) == len(routes) else "note"
        fix = IN_CI if machine.environment.get("CI") else "ccroute trust"
        if granted.locked:
            fix = f"ask whoever manages this machine: {granted.locked} alone says what may go where"
        yield Finding(level, f"{where}: not allowed yet: {', '.join(waiting)}", fix)
    else:
        yield Finding("ok", f"{where}: {routes_of(len(routes))}")


def routes_of(count: int) -> str:
    return "1 route, allowed" if count == 1 else f"{count} routes, all allowed"
