"""Claude Code's settings layers: what they say, and who would win."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Layer(NamedTuple):
    """One settings file as claude would read it.

    name   managed | flag | local | project | user
    """

    name: str
    file: Path
    data: Mapping[str, object]


class Settings(NamedTuple):
    """Every layer that takes part in this run, strongest first.

    managed > flag (--settings) > local > project > user; see
    https://code.claude.com/docs/en/settings (settings precedence).
    """

    layers: tuple[Layer, ...]


class Logins(NamedTuple):
    """What claude has saved by itself; None where it can't be seen (Keychain).

    claude_ai  a claude.ai login
    console    a Console key (`primaryApiKey`), which travels as x-api-key
    """

    claude_ai: bool | None
    console: bool | None


class Beaten(NamedTuple):
    """A variable in a settings file that the overlay outranks."""

    file: str
    name: str
