"""The layers: a project's files and both config.toml, read and merged into one."""

from __future__ import annotations

from ccwrap.errors import Problem, RouteFileError
from ccwrap.light import TYPE_CHECKING, Final
from ccwrap.routes import completion, document, files, given, keys, merge, project, validation
from ccwrap.routes.schema import ProbeSettings, RouteFile
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccwrap.places import Places
    from ccwrap.routes.document import Document
    from ccwrap.routes.files import Files
    from ccwrap.routes.merge import Merged
    from ccwrap.routes.schema import Kinds, Locks, Route
    from ccwrap.routes.validation import Layer, Said

LOCAL: Final = ".ccroute.local"


def read(
    found: Files, cwd: Path, environment: Mapping[str, str], places: Places, kinds: Kinds
) -> RouteFile | None:
    """All layers in one, or None where nobody has said anything about routes.

    Raises RouteFileError with the mistakes in a file, SettingError for a variable.
    """
    layers = _layers(found, cwd, places, kinds)
    merged = merge.merge(layers, kinds)
    locked = merge.locked(layers)
    first = () if "route" in locked else given.routes(environment, kinds)
    if not first and not merged.routes and found.project is None:
        return None
    whole = _whole(merged, found.project, cwd, kinds, first)
    policy = "" if "policy" in locked else given.policy(environment)
    sources = tuple(layer.document.path for layer in layers if layer.document.path)
    return whole._replace(
        policy=policy or whole.policy,
        sources=sources,
        locks=_locks(layers, merged, environment),
    )


def locks(cwd: Path, environment: Mapping[str, str], places: Places, kinds: Kinds) -> Locks:
    """What the machine's config.toml locks, whether there are routes here or not.

    Raises RouteFileError and SettingError.
    """
    layers = _layers(files.present(cwd, environment, places), cwd, places, kinds)
    return _locks(layers, merge.merge(layers, kinds), environment)


def _locks(layers: list[Layer], merged: Merged, environment: Mapping[str, str]) -> Locks:
    fixed = merged.table("secrets") if "secrets" in merge.locked(layers) else ()
    return merge.locks(layers, environment, fixed)


def secret(name: str, places: Places, kinds: Kinds) -> Said | None:
    """What `[secrets]` says about `name`, as for a launch. Raises RouteFileError, SettingError."""
    layers = _layers(files.configs(places), places.home, places, kinds)
    return merge.merge(layers, kinds).values.get(("secrets", name))


def check(path: Path, kinds: Kinds, own: Path | None = None) -> RouteFile:
    """The file at `path` by itself: no environment, no other layer.

    A config.toml is the user's where it is `own`, else a machine's. Routes of a
    `.ccroute.local` that only change another file's are read, and left out of the
    result. Raises RouteFileError.
    """
    config = keys.USER if own is not None and path.absolute() == own else keys.MACHINE
    layer = {LOCAL: keys.LOCAL, "config.toml": config}.get(path.name, keys.PROJECT)
    found = validation.read(document.read(path, str(path), layer), kinds)
    if layer == keys.LOCAL:
        whole = tuple(r for r in found.routes if ("kind",) in r or ("url",) in r)
        values = {k: v for k, v in found.values.items() if k not in (("use",), ("prefer",))}
        found = found._replace(routes=whole, values=values)
    merged = merge.merge([found], kinds)
    return _whole(merged, path, path.parent, kinds, (), partial=layer != keys.PROJECT)


def _layers(found: Files, cwd: Path, places: Places, kinds: Kinds) -> list[Layer]:
    """What every file says, nearest first. Raises one RouteFileError for the mistakes in all."""
    layers: list[Layer] = []
    problems: list[Problem] = []
    for one in _documents(found, cwd, places):
        try:
            layers.append(validation.read(one, kinds))
        except RouteFileError as error:
            problems += error.problems
    if problems:
        raise RouteFileError(tuple(problems))
    return layers


def _documents(found: Files, cwd: Path, places: Places) -> list[Document]:
    """Every file that has a say, nearest first."""
    documents, file = [], found.project
    if file is not None:
        beside = file.parent / LOCAL
        if files.exists(beside) and beside != file:
            documents.append(document.read(beside, _label(beside, cwd), keys.LOCAL))
        _alone(file, cwd)
        documents.append(document.read(file, _label(file, cwd), keys.PROJECT))
    for path, layer, data in (
        (places.config, keys.USER, found.user),
        (places.machine, keys.MACHINE, found.machine),
    ):
        if data is not None:
            documents.append(document.parse(data, path, str(path), layer, linked=False))
    return documents


def _alone(file: Path, cwd: Path) -> None:
    """Refuse a folder with both spellings of the file: which one holds would be a guess."""
    if file.name not in files.NAMES:
        return
    others = [file.with_name(name) for name in files.NAMES if name != file.name]
    if any(files.exists(other) for other in others):
        what = f"there is a {others[0].name} beside it"
        raise RouteFileError((Problem(_label(file, cwd), 0, "", what, "keep one of the two"),))


def _whole(
    merged: Merged,
    file: Path | None,
    cwd: Path,
    kinds: Kinds,
    first: tuple[Route, ...],
    *,
    partial: bool = False,
) -> RouteFile:
    values = merged.values
    taken = {route.name for route in first}
    rest = {name: said for name, said in merged.routes.items() if name not in taken}
    routes = (*first, *completion.complete(rest, kinds))
    if not routes and file is not None and not partial:
        raise RouteFileError(
            (
                Problem(
                    _label(file, cwd),
                    0,
                    "",
                    "names no route",
                    "ccroute add KIND, or write [[route]]",
                ),
            )
        )

    def plain(name: str, default: object) -> object:
        return values[(name,)].value if (name,) in values else default

    return RouteFile(
        routes=routes,
        file=file,
        folder=file.parent if file is not None else cwd,
        project=str(plain("project", "")) or project.name(project.root(cwd, file)),
        policy=str(plain("policy", "ordered")),
        tags=tuple((name, str(value)) for name, value in merged.table("tags").items()),
        require_route=bool(plain("require_route", default=False)),
        hooks=bool(plain("hooks", default=True)),
        probe=ProbeSettings(**merged.table("probe")),  # type: ignore[arg-type]
        keep_headers=tuple(plain("keep_headers", ())),  # type: ignore[arg-type]
        secrets=merged.table("secrets"),
        trusted=given.trusted(values),
        sources=() if file is None else (file,),
    )


def _label(path: Path, cwd: Path) -> str:
    """How a file is named in an error: short where it is near."""
    here = cwd.resolve()
    near = path.relative_to(here) if path.is_relative_to(here) else path
    return clean(str(near))
