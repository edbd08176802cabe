"""Layers into one: routes by name, values by key, the nearest wins."""

from __future__ import annotations

from ccwrap.errors import RouteFileError
from ccwrap.light import TYPE_CHECKING, NamedTuple
from ccwrap.routes import keys, urls
from ccwrap.routes.keys import LOCAL, MACHINE, PROJECT
from ccwrap.routes.readers import Fault
from ccwrap.routes.schema import Ignored, Locks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ccwrap.routes.schema import Kinds
    from ccwrap.routes.validation import Layer, Said, Values

VARIABLES = {"route": "CCWRAP_URLS", "policy": "CCWRAP_POLICY", "trust": "CCWRAP_TRUST"}
"""The environment's word about each key that can be locked."""

CHOOSING = ("prefer", "use")
"""Keys that are about routes, and mean nothing where these are locked."""

GENERIC = "generic"
"""The kind of a gateway that says nothing about itself."""


class Merged(NamedTuple):
    """All layers together: top-level values, and routes by name in order of preference."""

    values: Values
    routes: dict[str, Values]

    def table(self, name: str) -> dict[str, object]:
        """What is said in the top-level table `name`."""
        return {path[1]: said.value for path, said in self.values.items() if path[0] == name}


def merge(layers: Sequence[Layer], kinds: Kinds) -> Merged:
    """`layers` stand nearest first. Raises RouteFileError."""
    kept = locked(layers)
    layers = unlocked(layers, kept)
    values: Values = {}
    for layer in reversed(layers):
        values |= {path: _both(said, values.get(path)) for path, said in layer.values.items()}
    named = [(layer, by_name(layer, kinds)) for layer in layers]
    if "route" in kept:
        return Merged(values, _machines(named))
    return Merged(values, _preferred(_routes(named, values), values))


def unlocked(layers: Sequence[Layer], kept: Collection[str]) -> list[Layer]:
    """The layers without what the machine's config.toml keeps for itself."""
    return [
        layer
        if layer.document.layer == MACHINE
        else layer._replace(
            values={path: said for path, said in layer.values.items() if path[0] not in kept},
            routes=() if "route" in kept else layer.routes,
        )
        for layer in layers
    ]


def locked(layers: Iterable[Layer]) -> tuple[str, ...]:
    """The keys that the machine's config.toml keeps for itself. Raises RouteFileError."""
    for layer in layers:
        said = layer.values.get(("locked",))
        if said is None:
            continue
        for key in said.value:
            if key not in keys.LOCKABLE:
                raise said.fault(
                    "names a key that can't be locked", f"use {', '.join(keys.LOCKABLE)}"
                )
        return tuple(said.value)
    return ()


def locks(
    layers: Sequence[Layer], environment: Mapping[str, str], locked_away: Collection[str]
) -> Locks:
    """What is locked, by which file, and what that leaves without effect.

    `locked_away` are variables whose source is locked.
    """
    kept = locked(layers)
    if not kept:
        return Locks()
    machine = next(layer.document.path for layer in layers if layer.document.layer == MACHINE)
    others = [layer for layer in layers if layer.document.layer != MACHINE]
    found = [(str(layer.document.path), _locked_in(layer, kept)) for layer in others]
    ignored = [Ignored(where, said) for where, said in found if said]
    names = {name: key for key, name in VARIABLES.items() if key in kept}
    names |= dict.fromkeys(locked_away, "secrets")
    ignored += [Ignored(name, (key,)) for name, key in names.items() if environment.get(name)]
    return Locks(machine, kept, tuple(ignored))


def _locked_in(layer: Layer, kept: Collection[str]) -> tuple[str, ...]:
    """The locked keys that `layer` says something about."""
    said = dict.fromkeys(path[0] for path in layer.values)
    found = [key for key in said if key in kept]
    if "route" in kept:
        found += [key for key in said if key in CHOOSING]
        found += ["route"] if layer.routes else []
    return tuple(found)


def _both(nearer: Said, farther: Said | None) -> Said:
    """The nearer value; what `[trust]` allows in both files holds together."""
    if farther is None or nearer.path[0] != "trust":
        return nearer
    return nearer._replace(value=tuple(dict.fromkeys((*nearer.value, *farther.value))))


def by_name(layer: Layer, kinds: Kinds) -> dict[str, Values]:
    """A file's routes by their names. Raises RouteFileError for twins."""
    found: dict[str, Values] = {}
    twins: list[Fault] = []
    for route in layer.routes:
        name = name_of(route, kinds)
        if name in found:
            what = f"a second route is called {name}"
            twins.append(Fault(what, "give it a name of its own", route[("",)].path))
        found[name] = route
    if twins:
        raise RouteFileError(layer.document.problems(twins))
    return found


def name_of(route: Values, kinds: Kinds) -> str:
    """The route's name: its own, else its kind, else its URL's host. Raises RouteFileError."""
    if ("name",) in route:
        return str(route[("name",)].value)
    kind = kind_of(route, kinds)
    if kind != GENERIC:
        return kind
    if ("url",) in route:
        return urls.host(route[("url",)].value)
    raise route[("",)].fault("a route without name, kind and url", 'write kind = "…" or url = "…"')


def kind_of(route: Values, kinds: Kinds) -> str:
    """The route's kind: its own, else what its host implies, else generic."""
    if ("kind",) in route:
        return str(route[("kind",)].value)
    if ("url",) in route:
        return kinds.of_host(urls.host(route[("url",)].value)) or GENERIC
    return GENERIC


def _routes(named: Sequence[tuple[Layer, dict[str, Values]]], top: Values) -> dict[str, Values]:
    """The project's routes, changed by nearer layers; config.toml's where `use` names them."""
    projects = [routes for layer, routes in named if layer.document.layer in (PROJECT, LOCAL)]
    own = _own(named)
    if not projects:
        return own
    use = top.get(("use",))
    for name in use.value if use else ():
        if use and name not in own:
            raise use.fault(
                "names a route that config.toml doesn't have", "ccroute add, or remove it"
            )
    used = {name: own[name] for name in (use.value if use else ())}
    return _stacked([*projects, used], [*reversed(projects), used])


def _machines(named: Sequence[tuple[Layer, dict[str, Values]]]) -> dict[str, Values]:
    """Locked routes. Raises RouteFileError where there are none."""
    found = _own(named)
    if not found:
        said = next(layer.values[("locked",)] for layer, _ in named if ("locked",) in layer.values)
        raise said.fault("locks `route`, and this file names none", "write [[route]]")
    return found


def _own(named: Sequence[tuple[Layer, dict[str, Values]]]) -> dict[str, Values]:
    """The routes of the user's and the machine's config.toml."""
    configs = [routes for layer, routes in named if layer.document.layer not in (PROJECT, LOCAL)]
    return _stacked(configs, configs)


def _stacked(
    nearest_first: list[dict[str, Values]], order: list[dict[str, Values]]
) -> dict[str, Values]:
    """Routes of several files by name, the nearest file's words on top."""
    merged: dict[str, Values] = {name: {} for routes in order for name in routes}
    for routes in reversed(nearest_first):
        for name, route in routes.items():
            merged[name] |= route
    return merged


def _preferred(routes: dict[str, Values], top: Values) -> dict[str, Values]:
    prefer = top.get(("prefer",))
    if prefer is None:
        return routes
    for name in prefer.value:
        if name not in routes:
            raise prefer.fault("names a route that isn't there", f"there are {', '.join(routes)}")
    first = {name: routes[name] for name in prefer.value}
    return {**first, **routes}
