"""The table of keys: what each is called, how it is read, which file may say it.

Validation and the JSON Schema of `ccroute schema` are both made from it.
"""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn
from ccwrap.routes import allowed, readers, references, urls
from ccwrap.routes.grants import PROVIDER_URLS
from ccwrap.routes.readers import Fault, Wrong, mapping, several, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROJECT: Final = "project"
LOCAL: Final = "local"
USER: Final = "user"
MACHINE: Final = "machine"
ENVIRONMENT: Final = "environment"

OWN: Final = (ENVIRONMENT, USER, MACHINE)
"""The layers that no project has a say in."""

ROLES: Final = ("default", "opus", "sonnet", "haiku", "fable", "subagent")
POLICIES: Final = ("ordered", "fastest", "balanced")
LATER_POLICIES: Final = ("cheapest",)

_TEXT: Final = {"type": "string", "minLength": 1}
_FLAG: Final = {"type": "boolean"}
_NAMES: Final = {"type": "array", "items": _TEXT}
_TEXTS: Final = {"type": "object", "additionalProperties": _TEXT}
_REFERENCE: Final = {"type": "string", "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"}
_COMMAND: Final = {"type": "array", "items": _TEXT, "minItems": 1}
_DURATION: Final = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s?(ms|s|m|h|d)$"},
    ]
}
_SECRET: Final = {
    "oneOf": [
        {
            "type": "object",
            "properties": properties,
            "required": [next(iter(properties))],
            "additionalProperties": False,
        }
        for properties in (
            {"command": _COMMAND, "refresh": _DURATION},
            {"keyring": {"type": "string", "pattern": "^.+/[^/]+$"}},
            {"file": _TEXT},
        )
    ]
}
_SECRETS: Final = {"type": "object", "additionalProperties": _SECRET}


class Key(NamedTuple):
    """One key of a table.

    read    turns the value into what the records hold, or raises Wrong
    schema  the same in JSON Schema, as far as that can say it
    layers  the files that may say it
    """

    about: str
    read: Callable[[object], Any]
    schema: Mapping[str, Any]
    layers: tuple[str, ...] = (PROJECT, LOCAL, USER, MACHINE)


class Auth(NamedTuple):
    """What a route says about its credential.

    how      auth_token | api_key | login
    name     the variable; "" for a login or a literal
    literal  written out; only a kind's own placeholder may be
    """

    how: str
    name: str = ""
    literal: str = ""


def models(value: object) -> dict[str, str]:
    """Model ids by role; one string stands for all roles."""
    if isinstance(value, str):
        return dict.fromkeys(ROLES, model(value))
    return table(_role, model)(value)


def model(value: object) -> str:
    found = readers.visible(value)
    if " " in found:
        raise Wrong("has a space in it", "write the model's id, like claude-sonnet-5")
    return found


def _role(value: object) -> str:
    if value not in ROLES:
        raise Wrong("is no role of a model", f"use {', '.join(ROLES)}")
    return str(value)


def headers(value: object) -> dict[str, str]:
    """Headers by name; two that differ in case alone are one twice."""
    found = table(allowed.header_name, references.header_value, 32)(value)
    seen: dict[str, str] = {}
    for name in found:
        if name.lower() in seen:
            raise Wrong(faults=(Fault("is there twice, in other letters", "keep one", (name,)),))
        seen[name.lower()] = name
    return found


def auth(how: str) -> Callable[[object], Auth]:
    """A reader of `auth_token` or `api_key`."""

    def read(value: object) -> Auth:
        return Auth(how, references.credential(value))

    return read


def login(value: object) -> Auth | None:
    return Auth("login") if readers.boolean(value) else None


def list_of_grants(value: object) -> tuple[str, ...]:
    """What `[trust]` allows for one URL: NAME, none, login, aws, header:Name, …"""
    if isinstance(value, str):
        value = [value]
    return several(readers.text)(value)


def source(value: object) -> dict[str, Any]:
    """Where a secret comes from: one of command, keyring, file.

    A command's value may expire: `refresh`, in seconds, then stands behind it.
    """
    if isinstance(value, str):
        raise Wrong(
            "holds the secret itself, or a path without a word for it",
            '{ command = [...] }, { keyring = "service/user" } or { file = "~/.keys/x" }; '
            "`ccroute secret set NAME` writes it",
        )
    said = mapping(value)
    hows = [key for key in said if key != "refresh"]
    if len(hows) != 1 or hows[0] not in SOURCES:
        raise Wrong("names no source, or several", "use one of command, keyring, file")
    read = {hows[0]: SOURCES[hows[0]]}
    if "refresh" in said:
        read["refresh"] = _refresh if "command" in said else _no_refresh
    return {key: _under(key, reader, said[key]) for key, reader in read.items()}


def _under(key: str, reader: Callable[[object], Any], value: object) -> Any:
    """What `reader` makes of `value`; its mistakes stand at `key`."""
    try:
        return reader(value)
    except Wrong as wrong:
        raise Wrong(faults=tuple(fault.under(key) for fault in wrong.faults)) from None


_refresh: Final = readers.duration(1, 86400)
"""Seconds after which a command's value is asked for again."""


def _no_refresh(_value: object) -> NoReturn:
    raise Wrong("goes with a command only", "remove it, or name a command")


def _command(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise Wrong("is a line for a shell", 'write it as a list: ["op", "read", "op://…"]')
    words = several(readers.text)(value)
    if not words:
        raise Wrong("is empty", 'write it as a list: ["op", "read", "op://…"]')
    return words


def _keyring(value: object) -> str:
    found = readers.text(value)
    service, _, user = found.rpartition("/")
    if not service or not user:
        raise Wrong("must name a service and a user", 'write it like "service/user"')
    return found


def _file(value: object) -> str:
    found = readers.text(value)
    if not found.startswith(("/", "~/", "~\\")) and found[1:3] not in (":\\", ":/"):
        raise Wrong("must be an absolute path", 'write it like "~/.keys/llm"')
    return found


SOURCES: Final[Mapping[str, Callable[[object], Any]]] = {
    "command": _command,
    "keyring": _keyring,
    "file": _file,
}


def version(value: object) -> tuple[int, ...]:
    """The numbers of `"0.1"` or `"0.1.0"`."""
    parts = readers.text(value).split(".")
    if len(parts) > 3 or not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise Wrong("is no version", 'write it like "0.1"')
    return tuple(int(part) for part in parts)


PROBE: Final[Mapping[str, Key]] = {
    "depth": Key(
        "How far a probe goes; paid spends about one token.",
        readers.one_of("off", "reach", "free", "paid"),
        {"enum": ["off", "reach", "free", "paid"]},
    ),
    "timeout": Key("For one candidate, at most 10s.", readers.duration(0.05, 10), _DURATION),
    "fresh_for": Key(
        "How long a verdict is believed without asking again.",
        readers.duration(0, 86400),
        _DURATION,
    ),
}

ROUTE: Final[Mapping[str, Key]] = {
    "name": Key("Default: the kind, else the URL's host.", readers.name, _TEXT),
    "kind": Key("The gateway's kind; an exactly known host implies it.", readers.text, _TEXT),
    "url": Key("Base URL; claude adds /v1/messages.", urls.normal, _TEXT),
    "auth_token": Key("For Authorization: Bearer.", auth("auth_token"), _REFERENCE),
    "api_key": Key("For x-api-key.", auth("api_key"), _REFERENCE),
    "login": Key("The user's own claude.ai login.", login, _FLAG),
    "headers": Key("Literals or ${NAME}.", headers, _TEXTS),
    "models": Key(
        "One model for all roles, or a table.",
        models,
        {
            "anyOf": [
                _TEXT,
                {
                    "type": "object",
                    "properties": dict.fromkeys(ROLES, _TEXT),
                    "additionalProperties": False,
                },
            ]
        },
    ),
    "env": Key(
        "Variables of Claude Code that are on the list.",
        table(readers.variable, allowed.env_value),
        _TEXTS,
    ),
    "weight": Key("Share of sessions.", readers.weight, {"type": "number", "exclusiveMinimum": 0}),
    "disabled": Key("Switched off.", readers.boolean, _FLAG),
}
AUTH_KEYS: Final = ("auth_token", "api_key", "login")
"""One group: a route says one of them, and a nearer layer's choice replaces a farther one's."""

_CONFIG: Final = (USER, MACHINE)
_FILES: Final = (PROJECT, LOCAL)


def _tags(value: object) -> dict[str, str]:
    return table(readers.name, readers.visible, 20)(value)


def _trust(value: object) -> dict[str, tuple[str, ...]]:
    return table(_trusted_url, list_of_grants, 256)(value)


def _trusted_url(value: object) -> str:
    return str(value) if value in PROVIDER_URLS else urls.normal(value)


def _secrets(value: object) -> dict[str, Any]:
    return table(readers.variable, source, 256)(value)


LOCKABLE: Final = ("policy", "tags", "probe", "route", "keep_headers", "secrets", "trust")
_LOCKS: Final = {"type": "array", "items": {"enum": list(LOCKABLE)}}

TOP: Final[Mapping[str, Key]] = {
    "min_version": Key("The oldest ccwrap that understands this file.", version, _TEXT),
    "project": Key("The project's name in cost tags.", readers.visible, _TEXT, _FILES),
    "policy": Key(
        "How one route is chosen.",
        readers.one_of(*POLICIES, later=LATER_POLICIES),
        {"enum": list(POLICIES)},
    ),
    "tags": Key("Cost tags.", _tags, _TEXTS),
    "hooks": Key("Hear from sessions how a route fares.", readers.boolean, _FLAG),
    "require_route": Key(
        "A nested repository may not run unrouted.", readers.boolean, _FLAG, _FILES
    ),
    "prefer": Key("These routes first.", several(readers.text), _NAMES, (LOCAL,)),
    "use": Key("Routes of config.toml to use here.", several(readers.text), _NAMES, (LOCAL,)),
    "keep_headers": Key(
        "Custom headers of the user's that stay.", several(readers.text), _NAMES, _CONFIG
    ),
    "locked": Key("Keys that this file alone decides.", several(readers.text), _LOCKS, (MACHINE,)),
    "secrets": Key("Where ${NAME} comes from.", _secrets, _SECRETS, _CONFIG),
    "trust": Key("URL = what any project may send there.", _trust, {"type": "object"}, _CONFIG),
}
"""The keys above the routes; `route` and `probe` are tables of their own."""
