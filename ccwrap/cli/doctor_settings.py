"""`ccroute doctor`: what Claude Code's settings files and logins would do to a route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ccwrap.claude import jsonfile, settings
from ccwrap.claude.variables import ROUTING
from ccwrap.cli.finding import Finding
from ccwrap.cli.takeover import MODELS
from ccwrap.gateways.road import VARIABLES
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccwrap.cli.finding import Machine

BENT: Final = frozenset((*ROUTING, *VARIABLES, *MODELS, "ANTHROPIC_CUSTOM_HEADERS"))
"""Variables in a settings file that would decide where claude goes, and with what."""

HELPERS: Final = (
    "apiKeyHelper",
    "awsAuthRefresh",
    "awsCredentialExport",
    "gcpAuthRefresh",
    "otelHeadersHelper",
    "proxyAuthHelper",
    "statusLine",
)
"""Settings that name a command which claude runs."""


def routing(machine: Machine) -> Iterator[Finding]:
    """Settings files that set routing variables; a route's overlay outranks them."""
    for layer in machine.layers.layers:
        if not layer.data and (why := _unread(layer.file)):
            level = "note" if layer.name in ("project", "local") else "problem"
            text = f"{machine.short(layer.file)} {why}: claude passes over all of it"
            yield Finding(level, text, f"mend {machine.short(layer.file)}")
        names = [
            name for name, value in sorted(layer.variables().items()) if value and name in BENT
        ]
        names += ["apiKeyHelper"] if layer.data.get("apiKeyHelper") else []
        if names and layer.name != "managed":
            text = f"{machine.short(layer.file)} sets {', '.join(names)}; a route outranks it"
            yield Finding("note", text)


def _unread(file: Path) -> str:
    """Why nothing in a settings file counts; "" where something may."""
    try:
        return "" if isinstance(jsonfile.parse(jsonfile.read(file)), dict) else "is no JSON object"
    except OSError as error:
        return f"can't be read ({error.strerror})"
    except ValueError:
        return "is no JSON object"


def managed(machine: Machine) -> Iterator[Finding]:
    """An organisation's settings, which outrank every route."""
    for layer in machine.layers.layers:
        if layer.name == "managed":
            yield Finding("note", f"managed settings: {layer.file}")
    if reason := settings.managed_routing(machine.layers):
        fix = "ask whoever manages this machine; ccwrap starts claude unrouted"
        yield Finding("note", f"managed settings choose the gateway: {reason}", fix)


def logins(machine: Machine) -> Iterator[Finding]:
    """What claude has saved by itself, and would send where a route doesn't stop it."""
    saved = settings.logins(machine.environment, machine.places.home)
    for name, here in (("a claude.ai login", saved.claude_ai), ("a Console key", saved.console)):
        if here:
            yield Finding("note", f"{name} is saved; routes with a key of their own don't send it")
        elif here is None:
            yield Finding(
                "note", f"{name} may be saved in the Keychain; it can't be seen from here"
            )


def hooks(machine: Machine) -> Iterator[Finding]:
    """Commands that a repository's own files have claude run: they can read its key."""
    for layer in machine.layers.layers:
        if layer.name not in ("project", "local"):
            continue
        events = layer.data.get("hooks")
        names = [f"hooks.{clean(str(name))}" for name in events] if isinstance(events, dict) else []
        names += [name for name in HELPERS if layer.data.get(name)]
        if names:
            text = f"{machine.short(layer.file)} runs {', '.join(names)}; these can read the route's key"
            yield Finding("note", text, f"read {machine.short(layer.file)} before you trust it")
    yield from _servers(machine, machine.cwd / ".mcp.json")


def reports(machine: Machine) -> Iterator[Finding]:
    """What keeps ccwrap's own hooks from telling how a route fares.

    `disableAllHooks` counts in every file, and of several the strongest decides
    (observed with 2.1.330); `allowManagedHooksOnly` counts in managed ones.
    """
    layers = machine.layers.layers
    said = [layer for layer in layers if isinstance(layer.data.get("disableAllHooks"), bool)]
    found = [(layer, "disableAllHooks") for layer in said[:1] if layer.data["disableAllHooks"]]
    found += [
        (layer, "allowManagedHooksOnly")
        for layer in layers
        if layer.name == "managed" and layer.data.get("allowManagedHooksOnly") is True
    ]
    for layer, key in found:
        text = f"{machine.short(layer.file)} sets {key}: ccwrap doesn't hear of failed requests"
        yield Finding("note", text)


def _servers(machine: Machine, path: Path) -> Iterator[Finding]:
    try:
        servers = json.loads(path.read_bytes()[: 1 << 20])["mcpServers"]
        names = [clean(str(name)) for name in servers]
    except (OSError, ValueError, LookupError, TypeError):
        return
    if names:
        yield Finding("note", f"{machine.short(path)} starts MCP servers: {', '.join(names)}")
