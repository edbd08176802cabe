"""`${NAME}` -> value: the environment, `[secrets]` of config.toml, the env files.

A project file only names variables. Where a value comes from is the user's to say.
"""

from __future__ import annotations

import re
import time

from ccwrap.errors import CcwrapError, SettingError
from ccwrap.light import TYPE_CHECKING, Any, NamedTuple
from ccwrap.routes.readers import is_variable
from ccwrap.routes.references import REFERENCE
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from ccwrap.places import Places
    from ccwrap.routes.sources import Sources

SERVICE = "ccwrap"
"""Under which `ccroute secret set` keeps values in the keyring."""


class Found(NamedTuple):
    """A value and where it came from: `env`, `.env.local:3`, `keyring`, `command op`, a path.

    refresh  seconds after which it is asked for again; 0 for one that doesn't expire
    """

    secret: Secret
    origin: str
    refresh: float = 0.0


class Missing(NamedTuple):
    """Why a variable has no value, and what to type."""

    why: str
    fix: str


def resolve(
    names: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    secrets: Mapping[str, object],
    home: Path,
    seconds: float,
    fixed: Collection[str] = (),
) -> dict[str, Found | Missing]:
    """Every variable of `names`, all sources at once, `seconds` at most.

    `fixed` are those whose source in `secrets` nothing outranks. Raises RouteFileError
    for a malformed line in an env file.
    """
    wanted = list(dict.fromkeys(names))
    found: dict[str, Found | Missing] = {
        name: _usable(name, environment[name], "env")
        for name in wanted
        if environment.get(name) and name not in fixed
    }
    deadline = time.monotonic() + seconds
    configured: dict[str, Any] = {n: secrets[n] for n in wanted if n not in found and n in secrets}
    rest = [name for name in wanted if name not in found and name not in configured]
    if rest:
        found |= _from_files(rest, folder, environment, seconds / 2)
    if configured:
        found |= _from_sources(configured, environment, home, deadline)
    return {name: found[name] for name in wanted}


def again(
    name: str, source: Mapping[str, Any], environment: Mapping[str, str], home: Path, seconds: float
) -> Found | Missing:
    """`name` from `source` alone, for a session that asks anew; commands get `environment`."""
    found = _from_sources({name: source}, environment, home, time.monotonic() + seconds)[name]
    return _handed_on(name, found) if isinstance(found, Found) else found


def origins(
    names: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    secrets: Mapping[str, object],
    fixed: Collection[str] = (),
) -> dict[str, str]:
    """Where each of `names` would come from, without resolving it; absent where nowhere.

    Raises RouteFileError for a malformed line in an env file.
    """
    from ccwrap.routes import envfiles  # noqa: PLC0415 - only where a question is asked

    found = {name: "env" for name in names if environment.get(name) and name not in fixed}
    for name in names:
        source = secrets.get(name)
        if name not in found and isinstance(source, dict):
            found[name] = next(iter(source))
    if all(name in found for name in names):
        return found
    return {**{n: file for n, file in envfiles.names(folder).items() if n in names}, **found}


def fill(header_value: str, found: Mapping[str, Found]) -> str:
    """A header's value with each ${NAME} replaced."""
    return re.sub(REFERENCE, lambda match: found[match[1]].secret.reveal(), header_value)


def store(places: Places, name: str, secret: Secret) -> None:
    """Keep `secret` in the keyring and name it in config.toml.

    Raises SettingError where there is no keyring or config.toml can't be changed.
    """
    from ccwrap.routes import sources  # noqa: PLC0415 - no launch needs it

    if not is_variable(name):
        raise SettingError("that is no variable's name", "use letters, digits and _")
    checked = _usable(name, secret.reveal(), "what was given")
    if isinstance(checked, Missing):
        raise SettingError(checked.why, checked.fix)
    try:
        sources.keep(SERVICE, name, secret)
    except sources.NoValue as error:
        raise SettingError(error.why, error.fix) from None
    _write_reference(places, name)


def _write_reference(places: Places, name: str) -> None:
    """Put `NAME = { keyring = "ccwrap/NAME" }` into config.toml; all else in it stays."""
    import tomlkit  # noqa: PLC0415 - no launch needs it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    from ccwrap import private  # noqa: PLC0415

    data = private.read(places.config) or b""
    try:
        document: Any = tomlkit.parse(data)
        reference = tomlkit.inline_table()
        reference["keyring"] = f"{SERVICE}/{name}"
        document.setdefault("secrets", tomlkit.table())[name] = reference
    except (TOMLKitError, TypeError, ValueError):
        raise SettingError(
            f"{places.config}: is no valid config.toml", "ccroute validate it"
        ) from None
    try:
        private.write(places.config, tomlkit.dumps(document).encode())
    except OSError as error:
        raise SettingError(f"{places.config}: {error.strerror}", "look at its folder") from None


def _usable(name: str, value: str, origin: str) -> Found | Missing:
    """`value` if a header can carry it."""
    fix = f"replace it in {'the environment' if origin == 'env' else origin}"
    if not value:
        return Missing(f"{name} is empty", fix)
    if "\n" in value or "\r" in value:
        return Missing(f"{name} has a line end in it", fix)
    if not all(" " <= char <= "~" or "\xa0" <= char <= "\xff" for char in value):
        return Missing(f"{name} has a character that no HTTP header can carry", fix)
    if value != value.strip():
        return Missing(f"{name} begins or ends with a space", fix)
    return Found(Secret(value), origin)


def _from_files(
    names: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> dict[str, Found | Missing]:
    from ccwrap.routes import envfiles, tracked  # noqa: PLC0415 - the environment usually has them all

    files = envfiles.read(folder, environment, seconds)
    unread = "".join(f"; {file} is not read: {why}" for file, why in files.unread.items())
    elsewhere = "put it into .env.local, or " if files.unread == {".env": tracked.WHY} else ""
    if "TERM" not in environment and "CI" not in environment:
        unread += " (what the desktop starts doesn't read your shell's files)"
    return {
        name: _usable(name, files.lines[name].value, files.lines[name].origin)
        if name in files.lines
        else Missing(f"{name} is not set{unread}", f"{elsewhere}ccroute secret set {name}")
        for name in names
    }


def _from_sources(
    configured: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, str],
    home: Path,
    deadline: float,
) -> dict[str, Found | Missing]:
    """Every source in a thread of its own, under one deadline in monotonic seconds."""
    from threading import Thread  # noqa: PLC0415 - only where config.toml names a source

    from ccwrap.routes.sources import Sources  # noqa: PLC0415

    sources = Sources(environment, home, deadline)
    late = Missing("took too long", "run it by hand, or name another source in config.toml")
    found: dict[str, Found | Missing] = {}

    def one(name: str) -> None:
        found[name] = _from_source(name, configured[name], sources)

    threads = [Thread(target=one, args=(name,), daemon=True) for name in configured]
    with sources.stopping():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline + _GRACE - time.monotonic()))
    return {
        name: found.get(name, late._replace(why=f"{name}: {next(iter(source))} took too long"))
        for name, source in configured.items()
    }


_GRACE = 0.1
"""Seconds for a source to say by itself that its time is over."""


def _from_source(name: str, source: Mapping[str, Any], sources: Sources) -> Found | Missing:
    from ccwrap.routes.sources import NoValue  # noqa: PLC0415

    try:
        value, origin = sources.read(source)
    except NoValue as error:
        return Missing(f"{name}: {error.why}", error.fix)
    except CcwrapError as error:
        return Missing(f"{name}: {error.message}", error.hint)
    except Exception as error:  # noqa: BLE001 - a keyring backend may raise anything
        return Missing(f"{name}: {type(error).__name__}", "look at it in config.toml")
    found = _usable(name, value, origin)
    if isinstance(found, Found) and "refresh" in source:
        return _handed_on(name, found._replace(refresh=source["refresh"]))
    return found


def _handed_on(name: str, found: Found) -> Found | Missing:
    """`found` if claude takes it from an apiKeyHelper: visible ASCII, 16384 characters at most.

    Observed with 2.1.330, which trims it and refuses everything else.
    """
    value = found.secret.reveal()
    if len(value) <= 16384 and all("!" <= char <= "~" for char in value):
        return found
    why = f"{name} has a blank or a letter in it that claude takes from no command, or is too long"
    return Missing(why, f"run {found.origin.removeprefix('command ')} by hand")
