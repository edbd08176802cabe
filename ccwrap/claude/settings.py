"""Claude Code's settings layers: what they say, and who would win.

Files are a stranger's until proven otherwise: what is broken counts as empty, as it
does for Claude Code itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ccwrap.claude import jsonfile
from ccwrap.claude.checkout import main_checkout
from ccwrap.claude.variables import ROUTING
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ccwrap.claude.invocation import Invocation

MANAGED: Final = {
    "darwin": Path("/Library/Application Support/ClaudeCode"),
    "win32": Path("C:/Program Files/ClaudeCode"),
}
"""Where an organisation's settings are, by platform; /etc/claude-code elsewhere."""

OWN: Final = ("user", "flag", "managed")
"""The layers that no repository has a say in, weakest first."""

ALL: Final = ("user", "project", "local", "flag", "managed")

STATE_LIMIT: Final = 32 << 20
"""Bytes of ~/.claude.json that are read at most: it grows with use."""


class Layer(NamedTuple):
    """One settings file as claude would read it.

    name   managed | flag | local | project | user
    file   "--settings" for settings that stand in the arguments themselves
    """

    name: str
    file: Path
    data: Mapping[str, object]

    def variables(self) -> dict[str, str]:
        """Its `env`, as strings. "" unsets what a weaker layer says."""
        env = self.data.get("env")
        if not isinstance(env, dict):
            return {}
        return {name: text for name, value in env.items() if (text := as_text(value)) is not None}


class Settings(NamedTuple):
    """Every layer that takes part in this run, strongest first.

    managed > flag (--settings) > local > project > user; see
    https://code.claude.com/docs/en/settings (settings precedence).
    """

    layers: tuple[Layer, ...]

    def variable(self, name: str, layers: Iterable[str] = ALL) -> str | None:
        """The value that the strongest of `layers` gives `name`; None where none does."""
        wanted = frozenset(layers)
        for layer in self.layers:
            if layer.name in wanted and name in (variables := layer.variables()):
                return variables[name]
        return None

    def text(self, key: str, layers: Iterable[str] = ALL) -> str:
        """The text that the strongest of `layers` gives a settings key; "" for none."""
        wanted = frozenset(layers)
        for layer in self.layers:
            if layer.name in wanted and isinstance(value := layer.data.get(key), str):
                return value
        return ""


class Logins(NamedTuple):
    """What claude has saved by itself; None where it can't be seen (Keychain).

    claude_ai  a claude.ai login
    console    a Console key (`primaryApiKey`), which travels as x-api-key
    """

    claude_ai: bool | None
    console: bool | None


class Beaten(NamedTuple):
    """Something in a settings file that the overlay outranks: `env.NAME`, or a key."""

    file: str
    name: str


def as_text(value: object) -> str | None:
    """A value of `env` as Claude Code turns it into text; None for what has no good one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) and _fits(value) else None


def _fits(text: str) -> bool:
    """Whether an environment can hold `text`: no NUL, no half of a character."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def read(
    cwd: Path,
    environment: Mapping[str, str],
    home: Path,
    invocation: Invocation,
    managed: Path | None = None,
) -> Settings:
    """Every layer. Raises SettingError for a --settings that claude would refuse.

    `managed` is the folder of managed settings, this platform's by default.
    """
    layers = list(_managed(managed or MANAGED.get(sys.platform, Path("/etc/claude-code"))))
    if invocation.settings:
        from ccwrap.claude import usersettings  # noqa: PLC0415 - few launches need its tables

        file, given = usersettings.load(invocation.settings, cwd)
        layers.append(Layer("flag", file, given))
    wanted = _sources(invocation.sources)
    for name, files in _files(cwd, folder(environment, home)):
        if name in wanted and (layer := _first(name, files)):
            layers.append(layer)
    return Settings(tuple(layers))


def folder(environment: Mapping[str, str], home: Path) -> Path:
    """Claude Code's own folder."""
    return Path(environment.get("CLAUDE_CONFIG_DIR") or home / ".claude")


def _managed(place: Path) -> Iterator[Layer]:
    """Drop-ins outrank the base file, later names earlier ones."""
    try:
        names = sorted(os.listdir(place / "managed-settings.d"), reverse=True)
    except OSError:
        names = []
    drop_ins = (place / "managed-settings.d" / name for name in names if name.endswith(".json"))
    for path in (*drop_ins, place / "managed-settings.json"):
        data = jsonfile.load(path)
        if data is not None:
            yield Layer("managed", path, data)


def _sources(value: str | None) -> frozenset[str]:
    """The file layers that --setting-sources leaves."""
    if value is None:
        return frozenset(("local", "project", "user"))
    return frozenset(part.strip() for part in value.split(","))


def _files(cwd: Path, own: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """The file layers, strongest first, each with the places of which the first counts.

    Observed with 2.1.330: settings.json is the working directory's own, while
    settings.local.json is the main checkout's, also for a folder or a worktree of it.
    """
    local = Path(".claude", "settings.local.json")
    yield "local", tuple(dict.fromkeys((main_checkout(cwd) / local, cwd / local)))
    yield "project", (cwd / ".claude" / "settings.json",)
    yield "user", (own / "settings.json",)


def _first(name: str, files: Iterable[Path]) -> Layer | None:
    for file in files:
        data = jsonfile.load(file)
        if data is not None:
            return Layer(name, file, data)
    return None


def own_variables(
    settings: Settings, environment: Mapping[str, str], names: Iterable[str]
) -> dict[str, str]:
    """What the user and the machine say: environment < user < flag < managed.

    Without a project's words; what is unset or blank is left out.
    """
    found = {}
    for name in names:
        value = settings.variable(name, OWN)
        value = environment.get(name, "") if value is None else value
        if value:
            found[name] = value
    return found


def effective(settings: Settings, environment: Mapping[str, str], name: str) -> str:
    """The value that claude would see for `name` without us; "" for none."""
    value = settings.variable(name)
    return environment.get(name, "") if value is None else value


def managed_routing(settings: Settings) -> str:
    """Why managed settings have chosen the gateway, by name; "" where they haven't."""
    for layer in settings.layers:
        if layer.name != "managed":
            continue
        for name, value in layer.variables().items():
            if value and name in ROUTING:
                return f"{layer.file} sets {name}"
        for key in (
            "apiKeyHelper",
            "forceLoginMethod",
            "forceLoginOrgUUID",
            "forceLoginGatewayUrl",
        ):
            if layer.data.get(key):
                return f"{layer.file} sets {key}"
        allowed = layer.data.get("allowedProviders")
        if isinstance(allowed, list) and "customEndpoint" not in allowed:
            return f"{layer.file} leaves customEndpoint out of allowedProviders"
    return ""


def beaten(settings: Settings, names: Iterable[str]) -> tuple[Beaten, ...]:
    """What of `names`, and which helper, settings files say in vain."""
    wanted = frozenset(names)
    found = []
    for layer in settings.layers:
        if layer.name == "managed":
            continue
        for name, value in layer.variables().items():
            if name in wanted and value:
                found.append(Beaten(str(layer.file), f"env.{name}"))
        if layer.data.get("apiKeyHelper"):
            found.append(Beaten(str(layer.file), "apiKeyHelper"))
    return tuple(found)


def logins(environment: Mapping[str, str], home: Path, platform: str = sys.platform) -> Logins:
    """What claude has saved, or was given, as a login of its own."""
    unseen = None if platform == "darwin" else False
    moved = environment.get("CLAUDE_CONFIG_DIR")
    store = Path(environment.get("CLAUDE_SECURESTORAGE_CONFIG_DIR") or folder(environment, home))
    saved = _saved(store / ".credentials.json", "claudeAiOauth")
    console = _saved(Path(moved or home) / ".claude.json", "primaryApiKey")
    given = bool(environment.get("CLAUDE_CODE_OAUTH_TOKEN"))
    return Logins(
        claude_ai=True if given else (saved if saved is not False else unseen),
        console=console if console is not False else unseen,
    )


def _saved(path: Path, key: str) -> bool | None:
    """Whether the file has something under `key`; None where that can't be told."""
    try:
        data = jsonfile.read(path, STATE_LIMIT)
        if f'"{key}"'.encode() not in data:
            return False
        value = jsonfile.parse(data)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return None
    return bool(value.get(key)) if isinstance(value, dict) else None
