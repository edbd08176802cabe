"""From a document to what it says: every key read, every mistake collected."""

from __future__ import annotations

from ccwrap import __version__
from ccwrap.errors import RouteFileError
from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple
from ccwrap.routes import keys, locate, readers
from ccwrap.routes.keys import AUTH_KEYS, Auth
from ccwrap.routes.readers import MOST_FAULTS, Fault, Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.routes.document import Document
    from ccwrap.routes.keys import Key
    from ccwrap.routes.schema import Kinds

MOST_ROUTES: Final = 256


class Said(NamedTuple):
    """A value, and who said it."""

    value: Any
    document: Document
    path: tuple[str | int, ...]

    def fault(self, what: str, mend: str = "", key: str = "") -> RouteFileError:
        """The error that this value makes; `key` is one beside it that is missing."""
        path = (*self.path, key) if key else self.path
        return RouteFileError(self.document.problems([Fault(what, mend, path)]))


Values = dict[tuple[str, ...], Said]
"""What is said, by key path (`("url",)`, `("env", "API_TIMEOUT_MS")`): merging is `|`."""


class Layer(NamedTuple):
    """One file's words. `routes` in file order; a route's own line is at `("",)`."""

    document: Document
    values: Values
    routes: tuple[Values, ...]


def read(document: Document, kinds: Kinds) -> Layer:
    """What `document` says. Raises RouteFileError with every mistake in it."""
    reading = _Reading(document, kinds)
    values, routes = reading.top()
    if reading.faults:
        raise RouteFileError(document.problems(reading.faults[:MOST_FAULTS]))
    return Layer(document, values, routes)


class _Reading:
    """Collects faults over one document."""

    def __init__(self, document: Document, kinds: Kinds) -> None:
        self.document = document
        self.kinds = kinds
        self.faults: list[Fault] = []

    def top(self) -> tuple[Values, tuple[Values, ...]]:
        data = self.document.data
        if self._too_old(data.get("min_version")):
            return {}, ()
        rest = {key: value for key, value in data.items() if key not in ("route", "probe")}
        values = self._table(rest, keys.TOP, "", (), extra=("route", "probe"))
        if "probe" in data:
            found = self._section(data["probe"], keys.PROBE, "probe", ("probe",))
            values |= {("probe", *path): said for path, said in found.items()}
        return values, self._routes(data.get("route", []))

    def _too_old(self, wanted: object) -> bool:
        """Whether a newer ccwrap is needed; then nothing else is worth saying."""
        if not isinstance(wanted, str):
            return False
        try:
            needed = keys.version(wanted)
        except Wrong:
            return False
        if needed <= keys.version(__version__):
            return False
        what = f"this file needs ccwrap {'.'.join(map(str, needed))}; this is {__version__}"
        mend = "upgrade: pipx upgrade ccwrap, uv tool upgrade ccwrap, or pip install -U ccwrap"
        self.faults.append(Fault(what, mend, ("min_version",)))
        return True

    def _routes(self, found: object) -> tuple[Values, ...]:
        if not isinstance(found, list):
            self.faults.append(Fault("is one table", "write it as [[route]]", ("route",)))
            return ()
        if len(found) > MOST_ROUTES:
            what = f"there are more than {MOST_ROUTES} routes"
            self.faults.append(Fault(what, "remove some", ("route", MOST_ROUTES)))
            return ()
        lines = locate.routes(self.document.text)
        lines += [0] * (len(found) - len(lines))
        return tuple(
            self._route(*one) for one in zip(found, range(len(found)), lines, strict=False)
        )

    def _route(self, table: object, index: int, line: int) -> Values:
        path = ("route", index)
        values = self._section(table, keys.ROUTE, "route", path)
        values[("",)] = Said(line, self.document, path)
        auths = {key: values.pop((key,)) for key in AUTH_KEYS if (key,) in values}
        said = [key for key, auth in auths.items() if auth.value is not None]
        if len(said) > 1:
            what = f"a route names one credential, this one names {' and '.join(said)}"
            self.faults.append(Fault(what, "keep one", (*path, said[1])))
        for key in said:
            values[("auth",)] = auths[key]
        return values

    def _section(
        self, table: object, known: Mapping[str, Key], name: str, path: tuple[str | int, ...]
    ) -> Values:
        try:
            return self._table(readers.mapping(table), known, name, path)
        except Wrong as wrong:
            self.faults += [fault.under(*path) for fault in wrong.faults]
            return {}

    def _table(
        self,
        table: Mapping[str, Any],
        known: Mapping[str, Key],
        name: str,
        path: tuple[str | int, ...],
        extra: tuple[str, ...] = (),
    ) -> Values:
        values: Values = {}
        for key, value in table.items():
            if len(self.faults) > MOST_FAULTS:
                break
            if key not in known:
                self._unknown(key, name, path, (*known, *extra))
                continue
            try:
                found = self._value(known[key], key, value)
            except Wrong as wrong:
                self.faults += [fault.under(*path, key) for fault in wrong.faults]
                continue
            values |= self._said(found, key, (*path, key))
        return values

    def _unknown(
        self, key: str, name: str, path: tuple[str | int, ...], known: tuple[str, ...]
    ) -> None:
        if not key.startswith("x-"):
            from ccwrap.routes import guesses  # noqa: PLC0415 - only for errors

            self.faults.append(guesses.unknown(key, name, known).under(*path, key))

    def _value(self, key: Key, name: str, value: object) -> Any:
        layer = self.document.layer
        if layer not in key.layers:
            raise Wrong(f"may not stand in {_FILES[layer]}", f"it belongs in {_home(key)}")
        if isinstance(value, list) and name in AUTH_KEYS:
            raise Wrong("a list of keys for one route is not in this version", "name one")
        try:
            return key.read(value)
        except Wrong:
            written = value if isinstance(value, str) else ""
            if written and name in AUTH_KEYS and written in self._placeholders():
                return Auth(name, literal=written)
            raise

    def _placeholders(self) -> set[str]:
        return {self.kinds.get(kind).placeholder for kind in self.kinds.names()}

    def _said(self, found: Any, key: str, path: tuple[str | int, ...]) -> Values:
        """A table's entries one by one, so that layers merge entry by entry."""
        if not isinstance(found, dict):
            return {(key,): Said(found, self.document, path)}
        return {
            (key, name): Said(value, self.document, (*path, name)) for name, value in found.items()
        }


_FILES: Final = {
    keys.PROJECT: "a project's .ccroute",
    keys.LOCAL: ".ccroute.local",
    keys.USER: "the user's config.toml",
    keys.MACHINE: "the machine's config.toml",
}


def _home(key: Key) -> str:
    return " or ".join(_FILES[layer] for layer in key.layers[:2])
