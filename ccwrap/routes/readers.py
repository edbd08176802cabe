"""Reading one value of a route file: its type, its limits, what it becomes.

A reader takes what TOML gave and returns what the records hold, or raises `Wrong`.
No message quotes a value: it could be a secret that was put in the wrong place.
"""

from __future__ import annotations

import math
import re

from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple
from ccwrap.text import unprintable

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FAULTS: Final = 50
"""Mistakes that are collected in one file; a hostile one could have a hundred thousand."""

NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_DURATION: Final = r"(\d{1,9}(?:\.\d{1,9})?)\s?(ms|s|m|h|d)"
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Fault(NamedTuple):
    """One mistake, before it is known on which line it stands."""

    what: str
    mend: str = ""
    path: tuple[str | int, ...] = ()

    def under(self, *path: str | int) -> Fault:
        return self._replace(path=(*path, *self.path))


class Wrong(Exception):
    """A value that can't be used, with every mistake found in it."""

    def __init__(self, what: str = "", mend: str = "", *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(what)
        self.faults = faults or (Fault(what, mend),)


Reader = Any
"""A Callable[[object], Any]; spelt Any because one table holds readers of many types."""


def text(value: object) -> str:
    """A printable string that isn't empty."""
    if not isinstance(value, str):
        raise Wrong(f"must be text, not {kind_of(value)}", 'write it in quotes: "…"')
    if char := unprintable(value):
        raise Wrong(f"has a control or invisible character (U+{ord(char):04X})", "remove it")
    if not value.strip():
        raise Wrong("is empty", "give it a value or remove the key")
    return value


def visible(value: object, longest: int = 256) -> str:
    """Text that an HTTP header can carry: visible ASCII and single spaces inside."""
    found = text(value)
    if not found.isascii():
        raise Wrong("has a character outside ASCII", "HTTP headers carry only ASCII: spell it out")
    if found != found.strip():
        raise Wrong("begins or ends with a space", "remove it")
    if len(found) > longest:
        raise Wrong(f"is longer than {longest} characters", "shorten it")
    return found


def name(value: object) -> str:
    """A name of a route or a tag: letters, digits, `.`, `_` and `-`, at most 64."""
    found = text(value)
    if not re.fullmatch(NAME, found):
        raise Wrong(
            "is no name", "use letters, digits, . _ and -, at most 64, a letter or digit first"
        )
    return found


def variable(value: object) -> str:
    """The name of an environment variable."""
    found = text(value)
    if not is_variable(found):
        raise Wrong("is no variable's name", "use letters, digits and _")
    return found


def is_variable(name: str) -> bool:
    """Whether `name` is letters, digits and `_`, at most 128, no digit first."""
    return name.isascii() and name.isidentifier() and len(name) <= 128


def boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"must be true or false, not {kind_of(value)}", "write true or false, unquoted")
    return value


def weight(value: object) -> float:
    """A number above 0, at most 1000."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(f"must be a number, not {kind_of(value)}", "write it unquoted, like 2 or 0.5")
    if not 0 < value <= 1000:
        raise Wrong("must be above 0 and at most 1000")
    return float(value)


def duration(least: float, most: float) -> Callable[[object], float]:
    """A reader of `"2.5s"`, `"10m"` or a number of seconds; returns seconds."""

    def read(value: object) -> float:
        seconds = _seconds(value)
        if not (math.isfinite(seconds) and least <= seconds <= most):
            raise Wrong(f"must be between {least:g}s and {most:g}s")
        return seconds

    return read


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Wrong(f"must be a duration, not {kind_of(value)}", 'write it like "2.5s" or "10m"')
    if not isinstance(value, str):
        return float(value) if abs(value) < 1e9 else math.inf
    match = re.fullmatch(_DURATION, value.strip())
    if not match:
        raise Wrong("is no duration", 'write it like "2.5s", "10m", or a number of seconds')
    return float(match[1]) * _SECONDS[match[2]]


def one_of(*choices: str, later: tuple[str, ...] = ()) -> Callable[[object], str]:
    """A reader of one word out of `choices`; `later` are those to come."""

    def read(value: object) -> str:
        found = text(value)
        if found in later:
            raise Wrong(f"`{found}` is not in this version", f"use {' or '.join(choices)}")
        if found not in choices:
            raise Wrong("is none of the known words", f"use {' or '.join(choices)}")
        return found

    return read


def several(each: Callable[[object], str], most: int = 256) -> Callable[[object], tuple[str, ...]]:
    """A reader of a list."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Wrong(f"must be a list, not {kind_of(value)}", 'write it like ["a", "b"]')
        if len(value) > most:
            raise Wrong(f"has more than {most} entries", "shorten it")
        return tuple(each(item) for item in value)

    return read


def table(
    of_name: Callable[[object], str], of_value: Callable[[Any], Any], most: int = 64
) -> Callable[[object], dict[str, Any]]:
    """A reader of a table whose names are the writer's own."""

    def read(value: object) -> dict[str, Any]:
        entries = mapping(value)
        if len(entries) > most:
            raise Wrong(f"has more than {most} entries", "shorten it")
        found: dict[str, Any] = {}
        faults: list[Fault] = []
        for key, item in entries.items():
            try:
                name = of_name(key)
                if name in found:
                    raise Wrong("is there twice, in another spelling", "keep one")
                found[name] = of_value(item)
            except Wrong as wrong:
                faults += [fault.under(key) for fault in wrong.faults]
        if faults:
            raise Wrong(faults=tuple(faults))
        return found

    return read


def mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(f"must be a table, not {kind_of(value)}", 'write it like { name = "value" }')
    return value


def kind_of(value: object) -> str:
    """A person's word for a TOML type."""
    if isinstance(value, bool):
        return "true or false"
    words = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return words.get(type(value), "a date")
