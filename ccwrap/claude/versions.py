"""The versions of Claude Code that ccwrap is known to get on with."""

from __future__ import annotations

from ccwrap.light import Final

PINNED: Final = "2.1.330"
"""The version that the demo and the end-to-end tests install."""

GREEN: Final = (PINNED,)
"""Versions on which the whole end-to-end suite passed, oldest first."""


def number(version: str) -> tuple[int, ...]:
    """`version` for comparing: "2.1.330 (Claude Code)" is (2, 1, 330); () where it is none."""
    parts = version.split(" ", 1)[0].split("-", 1)[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def standing(version: str) -> str:
    """How `version` compares with GREEN: green | older | newer | between | unknown."""
    found = number(version)
    known = [number(green) for green in GREEN]
    if not found:
        return "unknown"
    if found in known:
        return "green"
    if found > known[-1]:
        return "newer"
    return "older" if found < known[0] else "between"
