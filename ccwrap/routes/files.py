"""Finding the route file; `layers` reads it, with what else has a say."""

from __future__ import annotations

import os
from pathlib import Path

from ccwrap import private
from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple
from ccwrap.routes import project
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.places import Places
    from ccwrap.routes.schema import Kinds, RouteFile

NAMES: Final = (".ccroute", ".ccroute.toml")


class Files(NamedTuple):
    """What has a say: the project's file, the bytes of the user's and the machine's config.toml.

    None for what isn't there.
    """

    project: Path | None
    user: bytes | None
    machine: bytes | None


def find(cwd: Path, home: Path) -> Path | None:
    """The nearest route file from `cwd` upward.

    Inside `home` the walk ends there; outside, at the repository's root; without a
    repository only `cwd` is looked at.
    """
    here, end = cwd.resolve(), Path(os.path.realpath(home))
    folders = [here, *here.parents]
    if end not in folders:
        end = project.repository(here) or here
    for folder in folders[: folders.index(end) + 1]:
        for name in NAMES:
            if exists(folder / name):
                return folder / name
    return None


def load(
    cwd: Path, environment: Mapping[str, str], places: Places, kinds: Kinds
) -> RouteFile | None:
    """All layers in one, or None where nobody has said anything about routes.

    Raises RouteFileError with the mistakes in a file, SettingError for a variable.
    """
    found = present(cwd, environment, places)
    if found == (None, None, None):
        if not environment.get("CCWRAP_URLS"):
            return None
        from ccwrap.routes import given  # noqa: PLC0415 - only where the variable is set

        return given.alone(cwd, environment, kinds)
    from ccwrap.routes import layers  # noqa: PLC0415 - reading files takes much code

    return layers.read(found, cwd, environment, places, kinds)


def present(cwd: Path, environment: Mapping[str, str], places: Places) -> Files:
    """Every file that has a say where `cwd` is. Raises SettingError."""
    file = _named(environment, cwd, places.home) or find(cwd, places.home)
    return configs(places)._replace(project=file)


def configs(places: Places) -> Files:
    """The user's and the machine's config.toml alone. Raises SettingError."""
    machine = private.read(places.machine, owners=administrators(places))
    return Files(None, private.read(places.config), machine)


def administrators(places: Places) -> tuple[int, ...] | None:
    """Who may own the machine's config.toml: root, where it stands in root's folder."""
    if not hasattr(os, "geteuid"):
        return None
    try:
        owner = places.machine.parent.stat().st_uid
    except OSError:
        return (0,)
    return (0,) if owner == 0 else (os.geteuid(), 0)


def _named(environment: Mapping[str, str], cwd: Path, home: Path) -> Path | None:
    """The file that CCWRAP_FILE names. Raises SettingError where there is none."""
    value = environment.get("CCWRAP_FILE", "")
    if not value:
        return None
    written = str(home) + value[1:] if value.startswith(("~/", "~\\")) else value
    path = Path(os.path.abspath(cwd / written))
    if not exists(path):
        raise SettingError(f"CCWRAP_FILE={clean(value)}: it isn't there", "correct it or unset it")
    return path


def exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True
