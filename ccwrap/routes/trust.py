"""What the user has allowed, and what a route file asks for.

Grants live in trust.json (`ccroute trust`), in `[trust]` of config.toml, and in
CCWRAP_TRUST. None of them stands in a project.
"""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple
from ccwrap.routes import grants, records
from ccwrap.routes.grants import Grant, as_variable, parse, plain, wanted
from ccwrap.routes.question import difference, question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ccwrap.places import Places
    from ccwrap.routes.schema import Route

    _Changing = Callable[[tuple[Grant, ...]], tuple[Grant, ...]]

__all__ = (
    "Grant",
    "Trust",
    "allow",
    "as_variable",
    "decline",
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


class Trust(NamedTuple):
    """Everything that is allowed.

    projects    grants by a project's root
    everywhere  grants for every repository
    pins        (url, what) from CCWRAP_TRUST and `[trust]`, any project, any value
    ignored     route files that the user wants to be left alone with
    declined    grants that the user has said no to, by project; not asked about again
    locked      the file that alone says what a project may send; "" where the user may
    """

    projects: Mapping[str, tuple[Grant, ...]]
    everywhere: tuple[Grant, ...]
    pins: frozenset[tuple[str, str]] = frozenset()
    ignored: frozenset[str] = frozenset()
    declined: Mapping[str, tuple[Grant, ...]] = {}
    locked: str = ""

    @classmethod
    def read(
        cls,
        places: Places,
        environment: Mapping[str, str],
        trusted: Mapping[str, tuple[str, ...]],
        locked: str = "",
    ) -> Trust:
        """All that is recorded and given. Raises SettingError for what can't be read.

        Where a file has `locked` it, only `trusted` counts, which then is that file's.
        """
        path = places.state / FILE
        held = _Held.of(path, records.read(path))
        given = "" if locked else environment.get("CCWRAP_TRUST", "")
        pins = [grant.pin() for grant in grants.parse(given)]
        for url, names in trusted.items():
            pins += [Grant(url, grants.what_from(what, "[trust]")).pin() for what in names]
        ignored = frozenset(held.ignored)
        if locked:
            return cls({}, (), frozenset(pins), ignored, locked=locked)
        return cls(held.projects, held.everywhere, frozenset(pins), ignored, held.declined)

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

    def undecided(self, project: Path, route: Route) -> tuple[Grant, ...]:
        """What is missing, where the user hasn't said no to any of it; else ()."""
        missing = self.missing(project, route)
        declined = {grant.key() for grant in self.declined.get(str(project), ())}
        return () if any(grant.key() in declined for grant in missing) else missing

    def with_grants(self, project: Path | None, allowed: Iterable[Grant]) -> Trust:
        """The same with `allowed` in it, for `project` or for every repository."""
        if project is None:
            return self._replace(everywhere=(*self.everywhere, *allowed))
        held = (*self.projects.get(str(project), ()), *allowed)
        return self._replace(projects={**self.projects, str(project): held})

    def ignoring(self, file: Path) -> Trust:
        return self._replace(ignored=self.ignored | {str(file.absolute())})

    def ignores(self, file: Path) -> bool:
        """Whether the user has chosen to run as if `file` were not there."""
        return str(file.absolute()) in self.ignored


def allow(places: Places, project: Path | None, asked: Iterable[Grant]) -> None:
    """Record grants for `project`, or for every repository. Raises SettingError."""
    grants = tuple(asked)

    def change(held: _Held) -> _Held:
        kept = held.with_declined(project, lambda before: _without(before, grants))
        return kept.with_grants(project, lambda before: _merged(before, grants))

    _change(places, change)


def decline(places: Places, project: Path, asked: Iterable[Grant]) -> None:
    """Record a no, so that no launch asks about it again. Raises SettingError."""
    grants = tuple(asked)
    _change(
        places, lambda held: held.with_declined(project, lambda before: _merged(before, grants))
    )


def forget(places: Places, project: Path | None, dropped: Iterable[Grant] | None = None) -> None:
    """Take back `dropped`, or all that was said, of `project` or of every repository."""
    grants = None if dropped is None else tuple(dropped)

    def left(before: tuple[Grant, ...]) -> tuple[Grant, ...]:
        return () if grants is None else _without(before, grants)

    _change(places, lambda held: held.with_grants(project, left).with_declined(project, left))


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
    declined: dict[str, tuple[Grant, ...]]

    @classmethod
    def of(cls, path: Path, record: Mapping[str, Any]) -> _Held:
        """Raises SettingError for anything that we would not have written."""
        ignored = record.get("ignored", [])
        known = set(record) <= set(cls._fields)
        if not known or not isinstance(ignored, list) or {type(one) for one in ignored} - {str}:
            raise records.broken(path, "is none of ours")
        return cls(
            _by_project(path, record.get("projects", {})),
            _grants(path, record.get("everywhere", [])),
            set(ignored),
            _by_project(path, record.get("declined", {})),
        )

    def as_record(self) -> dict[str, Any]:
        def listed(by: Mapping[str, tuple[Grant, ...]]) -> dict[str, Any]:
            return {root: [grant._asdict() for grant in held] for root, held in by.items()}

        return {
            "projects": listed(self.projects),
            "everywhere": [grant._asdict() for grant in self.everywhere],
            "ignored": sorted(self.ignored),
            "declined": listed(self.declined),
        }

    def with_grants(self, project: Path | None, change: _Changing) -> _Held:
        if project is None:
            return self._replace(everywhere=change(self.everywhere))
        return self._replace(projects=_changed(self.projects, project, change))

    def with_declined(self, project: Path | None, change: _Changing) -> _Held:
        """A word about every repository holds for what was declined in any."""
        declined = self.declined
        for root in [str(project)] if project else list(declined):
            declined = _changed(declined, root, change)
        return self._replace(declined=declined)


def _changed(
    by: dict[str, tuple[Grant, ...]], root: Path | str, change: _Changing
) -> dict[str, tuple[Grant, ...]]:
    changed = {**by, str(root): change(by.get(str(root), ()))}
    return {one: held for one, held in changed.items() if held}


def _by_project(path: Path, listed: object) -> dict[str, tuple[Grant, ...]]:
    if not isinstance(listed, dict):
        raise records.broken(path, "is none of ours")
    return {root: _grants(path, held) for root, held in listed.items()}


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


def _without(before: tuple[Grant, ...], dropped: Iterable[Grant]) -> tuple[Grant, ...]:
    keys = {grant.key() for grant in dropped}
    return tuple(grant for grant in before if grant.key() not in keys)


def _change(places: Places, change: Callable[[_Held], _Held]) -> None:
    path = places.state / FILE
    with records.changing(path) as record:
        held = change(_Held.of(path, record))
        record.clear()
        record.update(held.as_record())
