"""ANTHROPIC_CUSTOM_HEADERS: one `Name: value` a line."""

from __future__ import annotations

import re

from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CREDENTIAL: Final = frozenset(("authorization", "x-api-key", "proxy-authorization", "cookie"))
"""Headers that carry a credential: never kept from the user's own."""

_VALUE: Final = r"[\t\x20-\x7e\x80-\xff]*"


def kept(text: str, names: Collection[str]) -> dict[str, str]:
    """The user's own headers that `names` (any case) name, but no credential's."""
    wanted = {name.lower() for name in names} - CREDENTIAL - {""}
    found = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() in wanted:
            found[name.strip()] = value.strip()
    return found


def merged(*groups: Mapping[str, str]) -> dict[str, str]:
    """All groups; of two headers with one name (any case) the later."""
    found: dict[str, tuple[str, str]] = {}
    for group in groups:
        for name, value in group.items():
            found[name.lower()] = (name, value)
    return dict(found.values())


def composed(headers: Mapping[str, str]) -> str:
    """The variable's value. Raises SettingError where a value can't stand in a header."""
    for name, value in headers.items():
        if not re.fullmatch(_VALUE, value):
            raise SettingError(
                f"the header {name} would carry a line end or another control character",
                "look at what its ${NAME} stands for",
            )
    return "\n".join(f"{name}: {value}".rstrip() for name, value in headers.items())
