"""Where ccwrap keeps its own files, by platform."""

from __future__ import annotations

import sys
from pathlib import Path

from ccwrap.home import home as home_of
from ccwrap.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Places(NamedTuple):
    """The folders and files that are ours or the machine administrator's.

    home     the user's home; the walk for `.ccroute` ends there
    config   the user's config.toml
    machine  the machine's config.toml
    state    grants, pins, overlays, the last failure; 0700
    """

    home: Path
    config: Path
    machine: Path
    state: Path


def places(environment: Mapping[str, str], platform: str = sys.platform) -> Places:
    """The places for this user; the XDG variables count only when absolute.

    No variable moves the machine's, and only an administrator may write there: on
    Windows anybody may make a folder in ProgramData.
    """
    home = Path(home_of(environment))
    if platform == "win32":
        local = _folder(environment, "LOCALAPPDATA", home / "AppData" / "Local")
        machine = Path("C:/Program Files/ccwrap/config.toml")
        base = local / "ccwrap"
        return Places(home, base / "config.toml", machine, base / "state")
    if platform == "darwin":
        base = home / "Library" / "Application Support" / "ccwrap"
        machine = Path("/Library/Application Support/ccwrap/config.toml")
        return Places(home, base / "config.toml", machine, base / "state")
    config = _folder(environment, "XDG_CONFIG_HOME", home / ".config")
    state = _folder(environment, "XDG_STATE_HOME", home / ".local" / "state")
    return Places(
        home, config / "ccwrap" / "config.toml", Path("/etc/ccwrap/config.toml"), state / "ccwrap"
    )


def _folder(environment: Mapping[str, str], name: str, default: Path) -> Path:
    value = environment.get(name, "")
    return Path(value) if value and Path(value).is_absolute() else default


def cache(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The folder for what can be fetched again, such as the demo's claude."""
    home = places(environment, platform).home
    if platform == "win32":
        return _folder(environment, "LOCALAPPDATA", home / "AppData" / "Local") / "ccwrap" / "cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / "ccwrap"
    return _folder(environment, "XDG_CACHE_HOME", home / ".cache") / "ccwrap"
