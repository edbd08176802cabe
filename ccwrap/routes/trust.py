"""What the user has allowed, and what a route file asks for.

Grants live in trust.json (`ccroute trust`), in `[trust]` of config.toml, and in
CCWRAP_TRUST. None of them stands in a project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ccwrap.routes import grants, records
from ccwrap.routes.grants import Grant, as_variable, parse, plain, wanted
from ccwrap.routes.question import difference, question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ccwrap.places import Places
    from ccwrap.routes.schema import Route

__all__ = (
    "Grant",
    "Trust",
    "allow",
    "as_variable",
    "difference",
    "forget",
    "heed",
    "ignore",
    "parse",
    "plain",
    "question",
    "wanted",
)

FILE: Final = "trust.json"
Key = tuple[str, str, str]


class Trust(NamedTuple):
    """Everything that is allowed.

    projects    grants by a project's root
    everywhere  grants for every repository
    pins        (url, what) from CCWRAP_TRUST and `[trust]`, any project, any value
    ignored     route files that the user wants to be left alone with
    """

    projects: Mapping[str, tuple[Grant, ...]]
    everywhere: tuple[Grant, ...]
    pins: frozenset[tuple[str, str]] = frozenset()
    ignored: frozenset[str] = frozenset()

    @classmethod
    def read(
        cls,
        places: Places,
        environment: Mapping[str, str],
        trusted: Mapping[str, tuple[str, ...]],
    ) -> Trust:
        """All that is recorded and given. Raises SettingError for what can't be read."""
        path = places.state / FILE
        held = _Held.of(path, records.read(path))
        pins = [grant.pin() for grant in grants.parse(environment.get("CCWRAP_TRUST", ""))]
        for url, names in trusted.items():
            pins += [Grant(url, grants.what_from(what, "[trust]")).pin() for what in names]
        return cls(held.projects, held.everywhere, frozenset(pins), frozenset(held.ignored))

    def missing(self, project: Path, route: Route) -> tuple[Grant, ...]:
        """What `route` asks for in `project` and nobody has allowed."""
        if route.own:
            return ()
        held = (*self.projects.get(str(project), ()), *self.everywhere)
        keys = {grant.key() for grant in held}
        return tuple(
            grant
            for grant in wanted(route)
            if grant.key() not in keys and grant.pin() not in self.pins
        )

    def ignores(self, file: Path) -> bool:
        """Whether the user has chosen to run as if `file` were not there."""
        return str(file.absolute()) in self.ignored


def allow(places: Places, project: Path | None, asked: Iterable[Grant]) -> None:
    """Record grants for `project`, or for every repository. Raises SettingError."""

    def change(held: _Held) -> _Held:
        return held.with_grants(project, lambda before: _merged(before, asked))

    _change(places, change)


def forget(places: Places, project: Path | None, dropped: Iterable[Grant] | None = None) -> None:
    """Take back `dropped`, or all grants, of `project` or of every repository."""
    keys = None if dropped is None else {grant.key() for grant in dropped}

    def change(held: _Held) -> _Held:
        return held.with_grants(
            project,
            lambda before: tuple(
                one for one in before if keys is not None and one.key() not in keys
            ),
        )

    _change(places, change)


def ignore(places: Places, file: Path) -> None:
    """Run plain claude from now on where `file` would hold."""
    _change(places, lambda held: held._replace(ignored={*held.ignored, str(file.absolute())}))


def heed(places: Places, file: Path) -> None:
    """Take back `ignore`."""
    _change(places, lambda held: held._replace(ignored=held.ignored - {str(file.absolute())}))


class _Held(NamedTuple):
    """trust.json, checked."""

    projects: dict[str, tuple[Grant, ...]]
    everywhere: tuple[Grant, ...]
    ignored: set[str]

    @classmethod
    def of(cls, path: Path, record: Mapping[str, Any]) -> _Held:
        """Raises SettingError for anything that we would not have written."""
        projects, ignored = record.get("projects", {}), record.get("ignored", [])
        known = set(record) <= {"projects", "everywhere", "ignored"}
        shaped = isinstance(projects, dict) and isinstance(ignored, list)
        if not known or not shaped or not all(isinstance(one, str) for one in ignored):
            raise records.broken(path, "is none of ours")
        return cls(
            {root: _grants(path, listed) for root, listed in projects.items()},
            _grants(path, record.get("everywhere", [])),
            set(ignored),
        )

    def as_record(self) -> dict[str, Any]:
        return {
            "projects": {root: [g._asdict() for g in held] for root, held in self.projects.items()},
            "everywhere": [grant._asdict() for grant in self.everywhere],
            "ignored": sorted(self.ignored),
        }

    def with_grants(
        self, project: Path | None, change: Callable[[tuple[Grant, ...]], tuple[Grant, ...]]
    ) -> _Held:
        if project is None:
            return self._replace(everywhere=change(self.everywhere))
        projects = {**self.projects, str(project): change(self.projects.get(str(project), ()))}
        return self._replace(projects={root: held for root, held in projects.items() if held})


def _grants(path: Path, listed: object) -> tuple[Grant, ...]:
    """The grants of a record. Raises SettingError for a broken one."""
    if not isinstance(listed, list):
        raise records.broken(path, "holds a list of grants that is none")
    found = []
    for one in listed:
        fields = set(Grant._fields)
        if not isinstance(one, dict) or set(one) != fields:
            raise records.broken(path, "holds a grant that is none")
        if not all(isinstance(value, str) for value in one.values()):
            raise records.broken(path, "holds a grant that is none")
        where = str(path)
        url, what = grants.url_from(one["url"], where), grants.what_from(one["what"], where)
        found.append(Grant(url, what, one["value"]))
    return tuple(found)


def _merged(before: tuple[Grant, ...], asked: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple({grant.key(): grant for grant in (*before, *asked)}.values())


def _change(places: Places, change: Callable[[_Held], _Held]) -> None:
    path = places.state / FILE
    with records.changing(path) as record:
        held = change(_Held.of(path, record))
        record.clear()
        record.update(held.as_record())
