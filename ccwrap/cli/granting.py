"""What a route file asks for by itself, and allowing what a person has just written.

Without the other layers: what a `.ccroute.local` that somebody else put beside the
file says is not what this user has written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ccwrap.errors import UsageError
from ccwrap.routes import (
    completion,
    credentials,
    document,
    files,
    keys,
    merge,
    project,
    trust,
    validation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.routes.document import Document
    from ccwrap.routes.schema import Route
    from ccwrap.world import World


def nearest(here: World, fix: str = "ccroute init") -> Path:
    """The route file that applies here. Raises UsageError where there is none."""
    if named := here.environment.get("CCWRAP_FILE", ""):
        return here.cwd / Path(named).expanduser()
    path = files.find(here.cwd, here.places.home)
    if path is None:
        raise UsageError("there is no .ccroute here", fix)
    return path


def in_file(path: Path, catalogue: Catalogue) -> tuple[Route, ...]:
    """The routes of the file at `path`, () for none yet. Raises RouteFileError."""
    return _routes(document.read(path, str(path), keys.PROJECT), catalogue)


def in_bytes(data: bytes, path: Path, catalogue: Catalogue) -> tuple[Route, ...]:
    """The routes that `path` would have with these bytes. Raises RouteFileError."""
    return _routes(document.parse(data, path, str(path), keys.PROJECT, linked=False), catalogue)


def _routes(found: Document, catalogue: Catalogue) -> tuple[Route, ...]:
    merged = merge.merge([validation.read(found, catalogue)], catalogue)
    return completion.complete(merged.routes, catalogue)


def allow(here: World, path: Path, routes: Iterable[Route]) -> None:
    """Record the grants of `routes` for the project that `path` belongs to."""
    grants = [grant for route in routes for grant in trust.wanted(route)]
    trust.allow(here.places, project.root(here.cwd, path), grants)


def wanting(name: str) -> str:
    """That the variable `name` has no value yet, and the places for one, in 80 columns."""
    return f"wants {name}: export it, put it into .env.local, or\n  ccroute secret set {name}"


def unset(here: World, path: Path, routes: Iterable[Route]) -> list[str]:
    """The variables of `routes` that have no source yet. Raises RouteFileError, SettingError."""
    names = [name for route in routes for name in route.names()]
    file = files.load(here.cwd, here.environment, here.places, here.catalogue)
    secrets, fixed = (file.secrets, file.fixed) if file else ({}, ())
    known = credentials.origins(names, path.parent, here.environment, secrets, fixed)
    return [name for name in dict.fromkeys(names) if name not in known]
