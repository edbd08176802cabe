"""Shapes of JSON values: what fits is kept, what doesn't is left out and named.

A shape is a function from a value to what may be kept of it. It raises Misfit where
nothing may; a part that can be left out without the whole is left out and told to
`drop`, with its path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ccwrap.light import Any, Final

Drop = Callable[[str], None]
Shape = Callable[[object, str, Drop], object]

_URL: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,4}|:[1-5][0-9]{4})?(/[!-~]*)?")
"""Less than JavaScript's URL takes, and nothing that it refuses."""


class Misfit(Exception):
    """A value of another shape; the message is the path and what belongs there."""


def _is(what: str, fits: Callable[[object], bool]) -> Shape:
    def shape(value: object, path: str, _drop: Drop) -> object:
        if not fits(value):
            raise Misfit(f"{path}: expected {what}")
        return value

    return shape


def _as_number(value: object) -> float | None:
    """JSON has no sign of whether a number is whole: 5.0 is 5."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 2**53 else None


def _numeric(what: str, fits: Callable[[float], bool]) -> Shape:
    return _is(what, lambda value: (n := _as_number(value)) is not None and fits(n))


text: Final = _is("a string", lambda value: isinstance(value, str))
filled: Final = _is(
    "a string that isn't empty", lambda value: isinstance(value, str) and value != ""
)
web_address: Final = _is(
    "an http or https URL", lambda value: isinstance(value, str) and bool(_URL.fullmatch(value))
)
flag: Final = _is("true or false", lambda value: isinstance(value, bool))
anything: Final = _is("anything", lambda _value: True)
number: Final = _numeric("a number", lambda _number: True)
positive: Final = _numeric("a number above 0", lambda number: number > 0)


def whole(least: int = 1) -> Shape:
    return _numeric(f"a whole number from {least}", lambda n: n.is_integer() and n >= least)


def between(least: float, most: float) -> Shape:
    return _numeric(f"a number from {least} to {most}", lambda n: least <= n <= most)


def one_of(*words: str) -> Shape:
    return _is(
        f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in words
    )


def _keep(
    kept: dict[Any, object], key: int | str, value: object, path: str, each: Shape, *, drop: Drop
) -> None:
    try:
        kept[key] = each(value, path, drop)
    except Misfit as misfit:
        drop(str(misfit))


def many(each: Shape) -> Shape:
    """A list; elements that don't fit are left out."""

    def shape(value: object, path: str, drop: Drop) -> object:
        if not isinstance(value, list):
            raise Misfit(f"{path}: expected a list")
        kept: dict[Any, object] = {}
        for place, inner in enumerate(value):
            _keep(kept, place, inner, f"{path}[{place}]", each, drop=drop)
        return list(kept.values())

    return shape


def table(each: Shape) -> Shape:
    """An object with any keys; entries that don't fit are left out."""

    def shape(value: object, path: str, drop: Drop) -> object:
        if not isinstance(value, dict):
            raise Misfit(f"{path}: expected an object")
        kept: dict[Any, object] = {}
        for key, inner in value.items():
            _keep(kept, key, inner, f"{path}.{key}", each, drop=drop)
        return kept

    return shape


def fields(known: Mapping[str, Shape], required: tuple[str, ...] = ()) -> Shape:
    """An object with known keys; others are kept, for Claude Code ignores them."""

    def shape(value: object, path: str, drop: Drop) -> object:
        if not isinstance(value, dict):
            raise Misfit(f"{path}: expected an object")
        for key in required:
            if key not in value:
                raise Misfit(f"{path}.{key}: is missing")
        kept: dict[str, object] = {}
        for key, inner in value.items():
            where = f"{path}.{key}" if path else key
            try:
                kept[key] = known.get(key, anything)(inner, where, drop)
            except Misfit as misfit:
                if key in required:
                    raise
                drop(str(misfit))
        return kept

    return shape


def either(*shapes: Shape) -> Shape:
    """The first that fits whole."""

    def shape(value: object, path: str, _drop: Drop) -> object:
        said = []
        for one in shapes:
            dropped: list[str] = []
            try:
                kept = one(value, path, dropped.append)
            except Misfit as misfit:
                said.append(str(misfit))
                continue
            if not dropped:
                return kept
            said += dropped
        raise Misfit(said[0])

    return shape


def tagged(key: str, shapes: Mapping[str, Shape]) -> Shape:
    """An object whose `key` says which of `shapes` it has."""

    def shape(value: object, path: str, drop: Drop) -> object:
        tag = value.get(key) if isinstance(value, dict) else None
        if not isinstance(tag, str) or tag not in shapes:
            raise Misfit(f"{path}.{key}: expected one of {', '.join(shapes)}")
        return shapes[tag](value, path, drop)

    return shape


def never(why: str) -> Shape:
    """A key that Claude Code takes only from elsewhere, or that isn't described here."""

    def shape(_value: object, path: str, _drop: Drop) -> object:
        raise Misfit(f"{path}: {why}")

    return shape
