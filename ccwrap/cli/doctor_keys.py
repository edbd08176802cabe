"""`ccroute doctor`: where the credentials of the routes here would come from. No value is kept."""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import TYPE_CHECKING, Any, Final

from ccwrap.cli.finding import Finding
from ccwrap.errors import CcwrapError
from ccwrap.routes import credentials, envfiles, files, project, tracked
from ccwrap.routes.trust import Trust
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.finding import Machine
    from ccwrap.routes.schema import Route, RouteFile

GIT_SECONDS: Final = 2.0


def loaded(machine: Machine) -> RouteFile | None:
    """The routes that apply here; None where there are none, or none that can be read.

    What is wrong with a file is the trust check's to tell.
    """
    try:
        file = files.load(machine.cwd, machine.environment, machine.places, machine.catalogue)
        if file and file.file:
            return None if granted(file, machine).ignores(file.file) else file
    except CcwrapError:
        return None
    return file


def granted(file: RouteFile, machine: Machine) -> Trust:
    """What is allowed here. Raises SettingError."""
    locked = file.locks.by("trust")
    return Trust.read(machine.places, machine.environment, file.trusted, locked)


def waiting(file: RouteFile, machine: Machine) -> list[str]:
    """Routes that may not be used yet. Raises SettingError."""
    held, root = granted(file, machine), project.root(machine.cwd, file.file)
    return [route.name for route in enabled(file) if held.missing(root, route)]


def exported(machine: Machine) -> list[str]:
    """Names that only this process's environment has a value for."""
    file = loaded(machine)
    if file is None:
        return []
    environment = machine.environment
    names = [name for route in enabled(file) for name in route.names()]
    here = [name for name in dict.fromkeys(names) if environment.get(name)]
    try:
        rest = credentials.origins(here, file.folder, {}, file.secrets, file.fixed)
    except CcwrapError:
        return []
    return [name for name in here if name not in rest]


def enabled(file: RouteFile) -> list[Route]:
    return [route for route in file.routes if not route.disabled]


def keys(machine: Machine) -> Iterator[Finding]:
    """Every variable that a route names: its source, or that it has none.

    A route without its key is left out; a launch stops only where none is left.
    """
    file = loaded(machine)
    if file is None:
        return
    routes = enabled(file)
    names = list(dict.fromkeys(name for route in routes for name in route.names()))
    try:
        found = credentials.origins(
            names, file.folder, machine.environment, file.secrets, file.fixed
        )
    except CcwrapError as error:
        yield Finding("problem", error.message.partition("\n")[0], getattr(error, "hint", ""))
        return
    faults = _faults(names, found, file, machine)
    if well := [f"{name} ({found[name]})" for name in names if name not in faults]:
        yield Finding("ok", f"keys: {', '.join(well)}")
    left = [route for route in routes if not faults.keys() & set(route.names())]
    for name, (why, fix) in faults.items():
        without = ", ".join(route.name for route in routes if name in route.names())
        text = f"{why}: {without} can't be used"
        yield Finding("note" if left else "problem", text, fix)


def _faults(
    names: list[str], found: dict[str, str], file: RouteFile, machine: Machine
) -> dict[str, tuple[str, str]]:
    """Why a name has no value, and what to do, as far as can be seen without asking for it."""
    faults = {}
    for name in names:
        origin = found.get(name, "")
        if not origin:
            faults[name] = (f"{name} is not set", f"ccroute secret set {name}")
        elif origin in envfiles.NAMES:
            why = tracked.reasons(file.folder, (origin,), machine.environment, GIT_SECONDS)
            if origin in why:
                fix = f"git rm --cached {origin}, and a new key: this one is in the history"
                faults[name] = (f"{name}: {origin} is not read: {why[origin]}", fix)
        elif origin != "env" and (fault := _source(file.secrets[name], machine)):
            faults[name] = (f"{name}: {fault[0]}", fault[1])
    return faults


def _source(source: Any, machine: Machine) -> tuple[str, str] | None:
    """What keeps a source of config.toml from being asked at all."""
    if "keyring" in source and importlib.util.find_spec("keyring") is None:
        return "keyring isn't installed", "pipx inject ccwrap keyring"
    if "command" in source:
        program, path = str(source["command"][0]), machine.environment.get("PATH", "")
        if shutil.which(program, path=path) is None:
            return f"{clean(program)} can't be found", "install it, or name it with its path"
    if "file" in source:
        given = str(source["file"])
        file = str(machine.places.home) + given[1:] if given.startswith("~") else given
        if not os.path.isfile(file):
            return f"{clean(given)} is not there", "correct it in config.toml"
    return None
