"""Where VS Code and its kin keep settings, and what stands there about us.

The Claude Code extension starts its claude through `claudeCode.claudeProcessWrapper`. Newer
ones (seen with 2.1.252) give that setting the scope "machine": it counts in the user's
settings, or in those of the machine that a remote window works on, never in a
folder's `.vscode/settings.json`. What the installed extension says is looked up.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.claude import jsonfile, versions
from ccwrap.cli import installed
from ccwrap.cli.settingsfile import SettingsFile
from ccwrap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccwrap.places import Places

WRAPPER: Final = "claudeCode.claudeProcessWrapper"
LOGIN: Final = "claudeCode.disableLoginPrompt"
TERMINAL: Final = "claudeCode.useTerminal"
MODE: Final = "claudeCode.initialPermissionMode"
NAMES: Final = (WRAPPER, LOGIN)
CONFINED: Final = frozenset(("machine", "application"))
"""Scopes of settings that a folder's own settings file can't say."""

WORKSPACE: Final = Path(".vscode", "settings.json")


class Variant(NamedTuple):
    """One build of an editor.

    folder      its folder of settings, below the platform's
    extensions  its folder in the home for extensions
    servers     folders in the home of a machine that remote windows work on
    """

    title: str
    folder: str
    extensions: str
    servers: tuple[str, ...]


EDITORS: Final[Mapping[str, tuple[Variant, ...]]] = {
    "vscode": (
        Variant("VS Code", "Code", ".vscode", (".vscode-server", ".vscode-remote")),
        Variant(
            "VS Code Insiders",
            "Code - Insiders",
            ".vscode-insiders",
            (".vscode-server-insiders",),
        ),
        Variant("VSCodium", "VSCodium", ".vscode-oss", (".vscodium-server",)),
    ),
    "cursor": (Variant("Cursor", "Cursor", ".cursor", (".cursor-server",)),),
}


class Place(NamedTuple):
    """A settings file of an editor; `remote`: read by windows that work on this machine."""

    title: str
    file: Path
    remote: bool = False


class Found(NamedTuple):
    """What one settings file says about the program that starts claude.

    value   the path it names, "" for none
    ours    whether that is a ccwrap
    exists  whether there is such a program
    counts  whether the extension reads the setting there, as far as is known
    fault   why the file can't be read, "" where it can
    """

    editor: str
    file: Path
    value: str = ""
    ours: bool = False
    exists: bool = False
    counts: bool = True
    fault: str = ""


def folder(environment: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """The platform's folder of programs' settings."""
    if platform == "darwin":
        return home / "Library" / "Application Support"
    name, other = (
        ("APPDATA", "AppData/Roaming") if platform == "win32" else ("XDG_CONFIG_HOME", ".config")
    )
    said = environment.get(name, "")
    return Path(said) if os.path.isabs(said) else home / other


def places(
    editor: str, environment: Mapping[str, str], home: Path, platform: str = sys.platform
) -> list[Place]:
    """The user's settings files of every variant that has been here; they may not be there yet."""
    base = folder(environment, home, platform)
    found = []
    for variant in EDITORS[editor]:
        if (base / variant.folder).is_dir():
            found.append(Place(variant.title, base / variant.folder / "User" / "settings.json"))
        for server in variant.servers:
            if (home / server).is_dir():
                file = home / server / "data" / "Machine" / "settings.json"
                found.append(Place(f"{variant.title}'s remote windows", file, remote=True))
    return found


def usual(editor: str, environment: Mapping[str, str], home: Path) -> Place:
    """Where the first variant will look, once it has been started."""
    variant = EDITORS[editor][0]
    file = folder(environment, home) / variant.folder / "User" / "settings.json"
    return Place(variant.title, file)


def profiles(place: Place) -> list[Path]:
    """Settings of the editor's other profiles, each of which has a wrapper of its own or none."""
    return sorted(place.file.parent.glob("profiles/*/settings.json"))


def settings(file: Path, where: Places) -> SettingsFile:
    """`file`, with the keys that are ours to write."""
    return SettingsFile(
        where, file, "ide", is_ours, f"make {file} writable, or put the keys there by hand"
    )


def is_ours(name: str, value: object) -> bool:
    """Whether an entry is one that only we write."""
    return name == WRAPPER and installed.is_ours(value)


def scope(editor: str, home: Path) -> tuple[str, str]:
    """The scope of the wrapper's setting in the newest extension here, and its version; "" for unknown."""
    found: list[tuple[tuple[int, ...], str, str]] = []
    for variant in EDITORS[editor]:
        for top in (variant.extensions, *variant.servers):
            for file in home.glob(f"{top}/extensions/anthropic.claude-code-*/package.json"):
                found += _said(file)
    return max(found, default=((), "", ""))[1:]


def _said(file: Path) -> Iterator[tuple[tuple[int, ...], str, str]]:
    try:
        package = json.loads(jsonfile.read(file))
        groups = package["contributes"]["configuration"]
        version = str(package["version"])
        for group in groups if isinstance(groups, list) else [groups]:
            if WRAPPER in group.get("properties", {}):
                said = group["properties"][WRAPPER].get("scope", "window")
                yield versions.number(version) or (), str(said), version
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return


def found(
    environment: Mapping[str, str], home: Path, where: Places, folders: Sequence[Path] = ()
) -> Iterator[Found]:
    """Every settings file here of an editor, and of each of `folders` that one may open."""
    for editor in EDITORS:
        for place in places(editor, environment, home):
            yield from _looked(place.title, place.file, where)
    said = {found for editor in EDITORS if (found := scope(editor, home)[0])}
    confined = bool(said) and said <= CONFINED
    for one in folders:
        for looked in _looked("a window on this folder", one / WORKSPACE, where):
            yield looked._replace(counts=not confined)


def _looked(title: str, file: Path, where: Places) -> Iterator[Found]:
    if not file.is_file():
        return
    try:
        value = settings(file, where).values().get(WRAPPER)
    except SettingError as error:
        yield Found(title, file, fault=error.message)
        return
    said = value if isinstance(value, str) else ""
    runs = os.path.isabs(said) and os.path.isfile(said) and os.access(said, os.X_OK)
    yield Found(title, file, said, installed.is_ours(said), runs)
