"""What claude is given: environment and settings overlay (pure).

An overlay given with --settings outranks every settings file but an organisation's,
and is read once. The environment carries the same values for what starts before
settings are read. What each table of names is for stands in `variables`.
"""

from __future__ import annotations

from pathlib import Path

from ccwrap.claude import headers as custom
from ccwrap.claude import variables
from ccwrap.claude.helper import TTL
from ccwrap.claude.settings import Layer, own_variables
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ccwrap.claude.helper import Helper
    from ccwrap.claude.invocation import Invocation
    from ccwrap.claude.settings import Logins, Settings
    from ccwrap.secret import Secret

FIRST_PARTY: Final = "https://api.anthropic.com"


class Models(Protocol):
    """Model ids by role; "" where the route names none."""

    def _asdict(self) -> dict[str, str]: ...


class Route(Protocol):
    """What of a route decides here."""

    @property
    def url(self) -> str: ...
    @property
    def auth(self) -> str:
        """auth_token | api_key | login | ambient"""

    @property
    def models(self) -> Models: ...
    @property
    def env(self) -> tuple[tuple[str, str], ...]: ...


class Kind(Protocol):
    """What of a gateway kind decides here."""

    @property
    def provider(self) -> str: ...
    @property
    def env(self) -> Mapping[str, str]: ...
    @property
    def mode(self) -> Mapping[str, str]: ...
    @property
    def url_variable(self) -> str: ...


class Injection(NamedTuple):
    """Changes to claude's environment, and the settings overlay that pins them.

    set      variables and their values; `Secret` never, plain strings: this record
             is not printed, `repr` shows names only
    unset    variables taken away; all but the open files are blank in the overlay too
    overlay  the object for `--settings`
    given    the user's own --settings, as they were
    dropped  its keys that claude would reject, and why
    helper   hands on the credential, where it expires
    """

    set: Mapping[str, str]
    unset: tuple[str, ...]
    overlay: Mapping[str, object]
    given: Mapping[str, object] = {}
    dropped: tuple[str, ...] = ()
    helper: Helper | None = None

    def __repr__(self) -> str:
        names = " ".join([*(f"+{name}" for name in self.set), *(f"-{name}" for name in self.unset)])
        return f"Injection({names})"


class World(NamedTuple):
    """What a launch brings along, whatever the route."""

    invocation: Invocation
    environment: Mapping[str, str]
    settings: Settings
    logins: Logins
    road: Mapping[str, str]
    keep_headers: Collection[str]

    def own(self, *names: str) -> dict[str, str]:
        """The user's and the machine's values, "" where there is none."""
        found = own_variables(self.settings, self.environment, names)
        return {name: found.get(name, "") for name in names}

    def named(self, pins: Mapping[str, str]) -> dict[str, str]:
        """Without the blank ones that no settings file names: some tools mind a blank."""
        said = self.settings.variable
        return {name: value for name, value in pins.items() if value or said(name) is not None}


def inject(
    *,
    route: Route,
    kind: Kind,
    key: Secret | None,
    headers: Mapping[str, str],
    invocation: Invocation,
    environment: Mapping[str, str],
    settings: Settings,
    logins: Logins,
    road: Mapping[str, str],
    attributes: str = "",
    keep_headers: Collection[str] = (),
    helper: Helper | None = None,
) -> Injection:
    """What makes `route` take effect, and nothing else.

    `headers` are the kind's, the tags' and the route's, filled in; `attributes` the
    value for OTEL_RESOURCE_ATTRIBUTES; `road` the network variables as the probe used
    them; `helper` hands on the key, which then stands nowhere else. Raises SettingError
    for a header that can't be sent, and where a helper can't be run.
    """
    key = None if helper else key
    world = World(invocation, environment, settings, logins, road, keep_headers)
    pins = {
        **network(world),
        **blanks(),
        **world.own(*variables.BODY),
        **models(route),
        **kind.env,
        **dict(route.env),
        **target(route, kind, world),
        **credential(route, kind, key, world),
        **({TTL: helper.milliseconds} if helper else {}),
        "ANTHROPIC_CUSTOM_HEADERS": custom_headers(route, key, headers, world, helper),
        **({"OTEL_RESOURCE_ATTRIBUTES": attributes} if attributes else {}),
        **ours(environment),
    }
    given, kept, dropped = users(settings)
    commands = helpers(kind, settings, helper.command() if helper else "")
    gone = [*variables.DESCRIPTORS, *(() if route.auth == "login" else variables.LOGIN_DESCRIPTORS)]
    return Injection(
        set={name: value for name, value in pins.items() if value},
        unset=(*(name for name, value in pins.items() if not value), *gone),
        overlay=overlay(kept, pins, commands, route, settings),
        given=given,
        dropped=dropped,
        helper=helper,
    )


def network(world: World) -> dict[str, str]:
    """Proxy, CA and client certificate as the probe used them, or blank."""
    at_start = {name: world.road.get(name, "") for name in variables.STARTUP_ONLY}
    others = {name: value for name, value in world.road.items() if name not in at_start}
    return {**others, **world.named(at_start)}


def blanks() -> dict[str, str]:
    """Everything that must not be left as it is; what a route needs is set over it."""
    names = (
        *variables.CREDENTIALS,
        *variables.LOGINS,
        *(name for group in variables.PROVIDER_CREDENTIALS.values() for name in group),
        *variables.MODES,
        *variables.ENDPOINTS,
        *variables.HOSTED,
    )
    return dict.fromkeys(names, "")


def models(route: Route) -> dict[str, str]:
    """The route's models as one set; nothing where it names none."""
    named = route.models._asdict()
    if not any(named.values()):
        return {}
    chosen = {variables.ROLES[role]: model for role, model in named.items()}
    return {**dict.fromkeys(variables.MODELS, ""), **chosen}


def target(route: Route, kind: Kind, world: World) -> dict[str, str]:
    """Where prompts go: a base URL, or a provider's mode with what belongs to it."""
    if route.auth == "login" and first_party(route.url):
        return {}  # a base URL of any kind would end the first-party connection
    if not kind.provider:
        return {"ANTHROPIC_BASE_URL": route.url}
    names = (*variables.PROVIDER_ADDRESSES[kind.provider], *planted(kind.provider, world.settings))
    addresses = {**world.own(*names), **{n: value for n, value in route.env if n in names}}
    return {**world.named(addresses), **kind.mode, kind.url_variable: route.url}


def planted(provider: str, settings: Settings) -> tuple[str, ...]:
    """What settings files say to `provider`'s own library, but for what is blanked anyway."""
    prefixes = variables.PROVIDER_PREFIXES[provider]
    said = dict.fromkeys(name for layer in settings.layers for name in layer.variables())
    return tuple(name for name in said if name.startswith(prefixes) and name not in blanks())


def first_party(url: str) -> bool:
    return url.rstrip("/").lower() == FIRST_PARTY


def credential(route: Route, kind: Kind, key: Secret | None, world: World) -> dict[str, str]:
    """The route's one credential; a login's and a provider's are the user's own values."""
    if route.auth == "login":
        return world.own(*variables.LOGINS)
    if kind.provider:
        return world.own(*variables.PROVIDER_CREDENTIALS[kind.provider])
    if key is None:
        return {}
    if asks_first(route, world.invocation):
        return {"ANTHROPIC_AUTH_TOKEN": key.reveal()}
    return {"ANTHROPIC_API_KEY": key.reveal()}


def asks_first(route: Route, invocation: Invocation) -> bool:
    """Whether ANTHROPIC_API_KEY may not be used: it is the route's, but not with -p.

    Anywhere else claude asks before it uses that variable, and "No", its default,
    sends the user's login instead (observed with 2.1.197 and 2.1.330).
    """
    return route.auth != "api_key" or not invocation.printing or invocation.background


def custom_headers(
    route: Route,
    key: Secret | None,
    headers: Mapping[str, str],
    world: World,
    helper: Helper | None,
) -> str:
    """The route's headers, those of the user's that are kept, and the x-api-key trick.

    Claude Code sends a saved Console key as x-api-key beside everything else; a custom
    header of that name replaces it, also an empty one. It would replace a helper's
    value, too.
    """
    own = world.own("ANTHROPIC_CUSTOM_HEADERS")["ANTHROPIC_CUSTOM_HEADERS"]
    named = custom.merged(custom.kept(own, world.keep_headers), headers)
    if route.auth == "api_key" and asks_first(route, world.invocation) and key:
        named["x-api-key"] = key.reveal()
    elif needs_empty_key(route, world.logins) and helper is None:
        named["x-api-key"] = ""
    return custom.composed(named)


def needs_empty_key(route: Route, logins: Logins) -> bool:
    """Whether a saved Console key could travel along."""
    if logins.console is False or route.auth == "ambient":
        return False
    return route.auth == "auth_token" or (route.auth == "login" and not first_party(route.url))


def ours(environment: Mapping[str, str]) -> dict[str, str]:
    """Every variable of our own at its launch value."""
    present = [name for name in environment if name.startswith("CCWRAP_")]
    return {name: environment.get(name, "") for name in (*variables.OURS, *present)}


def users(
    settings: Settings,
) -> tuple[Mapping[str, object], dict[str, object], tuple[str, ...]]:
    """The user's own --settings, what of it may be merged, and what was left out."""
    given = [layer.data for layer in settings.layers if layer.name == "flag"]
    if not given:
        return {}, {}, ()
    from ccwrap.claude.usersettings import fitted  # noqa: PLC0415 - few launches need its tables

    return given[0], *fitted(given[0])


def overlay(
    given: Mapping[str, object],
    pins: Mapping[str, str],
    commands: Mapping[str, str],
    route: Route,
    settings: Settings,
) -> dict[str, object]:
    """The user's own settings with ours over them."""
    kept = Layer("flag", Path("--settings"), given).variables()
    return {
        **given,
        **commands,
        **overrides(route, settings),
        "env": {**kept, **pins},
    }


def helpers(kind: Kind, settings: Settings, own_helper: str) -> dict[str, str]:
    """Commands that settings name to get a credential: ours, off, or the user's own.

    "" is what switches one off; null is ill-typed.
    """
    own = ("proxyAuthHelper", *variables.PROVIDER_HELPERS.get(kind.provider, ()))
    names = [name for group in variables.PROVIDER_HELPERS.values() for name in group]
    kept = {name: settings.text(name, ("user", "flag", "managed")) for name in own}
    return {"apiKeyHelper": own_helper, **dict.fromkeys(names, ""), **kept}


def overrides(route: Route, settings: Settings) -> dict[str, dict[str, str]]:
    """`modelOverrides` that undo every other, where the route names its models.

    A settings file can rename a model with it after all variables have been looked at.
    """
    named = [model for model in route.models._asdict().values() if model]
    if not named:
        return {}
    found = dict.fromkeys([*named, *(model.partition("[")[0] for model in named)])
    for layer in settings.layers:
        if isinstance(theirs := layer.data.get("modelOverrides"), dict):
            found |= dict.fromkeys(theirs)
    return {"modelOverrides": {name: name for name in found}}
