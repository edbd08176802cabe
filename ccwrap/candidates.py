"""What each route that may be used would send: its credential, headers and tags."""

from __future__ import annotations

from ccwrap import models
from ccwrap.claude import settings
from ccwrap.gateways import tags
from ccwrap.gateways.road import VARIABLES
from ccwrap.gateways.verdict import Verdict
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple
from ccwrap.routes import credentials
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccwrap.claude.settings import Settings
    from ccwrap.routes.schema import Route, RouteFile
    from ccwrap.world import World

SECRET_SECONDS: Final = 10.0
"""How long the sources of credentials may take, all together."""

STORE_SPARE: Final = 0.25
"""Seconds that the wrapper form keeps for a store that another process has locked."""

PROBE_SPARE: Final = 0.6 + STORE_SPARE
"""Seconds that the wrapper form keeps for the probe: one slow secret is not all routes' end."""


class Candidate(NamedTuple):
    """A route that may be used, with what it sends.

    key      its credential; None for a login and a provider's ambient one
    headers  everything but the credential's own header, filled in
    origin   where the credential came from
    identity everything but URL and model that a verdict on it depends on
    model    that is asked about, "" where only claude knows it
    question under which its verdict is kept, "" where nothing is kept
    refresh  seconds after which claude asks for the credential again; 0 for one that lasts
    stale    (header, variable) of what expires and yet goes out as it is at launch
    """

    route: Route
    key: Secret | None
    headers: Mapping[str, str]
    secrets: tuple[Secret, ...]
    origin: str
    identity: Secret = Secret("")
    model: str = ""
    question: str = ""
    refresh: float = 0.0
    stale: tuple[tuple[str, str], ...] = ()


def named(world: World, layers: Settings, candidate: Candidate) -> Candidate:
    """`candidate` with its model and the question under which it is remembered."""
    asked = models.model(world, layers, candidate.route)
    road = "\0".join(road_variables(world, layers).values())
    identity = Secret(f"{candidate.identity.reveal()}\0{road}")
    question = world.memory.question(candidate.route.url, asked, identity)
    return candidate._replace(model=asked, identity=identity, question=question)


def resolve(
    world: World, file: RouteFile, routes: Sequence[Route]
) -> Mapping[str, credentials.Found | credentials.Missing]:
    """Every variable that `routes` name, resolved at once."""
    names = list(dict.fromkeys(name for route in routes for name in route.names()))
    return credentials.resolve(
        names,
        folder=file.folder,
        environment=world.before,
        secrets=file.secrets,
        home=world.places.home,
        seconds=world.seconds(SECRET_SECONDS, spare=PROBE_SPARE),
        fixed=file.fixed,
    )


def fill(
    world: World,
    file: RouteFile,
    route: Route,
    found: Mapping[str, credentials.Found | credentials.Missing],
) -> Candidate | Verdict:
    """What `route` sends, or the verdict that something for it is missing."""
    known: dict[str, credentials.Found] = {}
    for name in route.names():
        value = found[name]
        if isinstance(value, credentials.Missing):
            return Verdict("no_credential", value.why, value.fix)
        known[name] = value
    secrets = tuple(value.secret for value in known.values())
    key, origin, refresh = None, "", 0.0
    if route.credential:
        key, origin, refresh = known[route.credential]
    elif route.placeholder:
        key = Secret(route.placeholder)
    sent = headers(world, file, route, key, known)
    candidate = Candidate(route, key, sent, secrets, origin, identity(route, key, known))
    return candidate._replace(refresh=refresh, stale=tuple(stale(world, route, known)))


def identity(route: Route, key: Secret | None, found: Mapping[str, credentials.Found]) -> Secret:
    """What a verdict on `route` depends on beside its URL.

    A value that expires stands there by its name: the next one is its like, and a command
    may give a new one each time.
    """
    lasting = {
        name: one._replace(secret=Secret(f"${{{name}}}")) if one.refresh else one
        for name, one in found.items()
    }
    own = (f"{one.name}: {credentials.fill(one.value, lasting)}" for one in route.headers)
    sent = lasting[route.credential].secret if route.credential else key
    return Secret("\0".join((route.kind, route.auth, sent.reveal() if sent else "", *own)))


def stale(
    world: World, route: Route, found: Mapping[str, credentials.Found]
) -> Iterator[tuple[str, str]]:
    """Each header with a variable in it that expires, and that is not asked for again.

    claude asks for the credential alone, and for none where it gets variables.
    """
    for header in route.headers:
        yield from ((header.name, name) for name in header.references if found[name].refresh)
    if route.credential and found[route.credential].refresh:
        kind = world.catalogue.get(route.kind)
        own = (_HEADERS[route.auth],) if world.static else ()
        yield from ((name, route.credential) for name in (*own, *kind.credential_headers))


_HEADERS: Final = {"auth_token": "Authorization", "api_key": "x-api-key"}


def headers(
    world: World,
    file: RouteFile,
    route: Route,
    key: Secret | None,
    found: Mapping[str, credentials.Found],
) -> dict[str, str]:
    """The kind's headers, the tags and the route's own; of two with one name the later.

    Where the tags are locked, no route has a word of its own for them.
    """
    kind = world.catalogue.get(route.kind)
    again = {n: v.replace("{}", key.reveal()) for n, v in kind.credential_headers.items() if key}
    own = {header.name: credentials.fill(header.value, found) for header in route.headers}
    merged: dict[str, tuple[str, str]] = {}
    tagged = tags.headers(kind, cost_tags(file))
    for group in (kind.headers, again, tagged, own, tagged if file.locks.by("tags") else {}):
        merged |= {name.lower(): (name, value) for name, value in group.items()}
    return dict(merged.values())


def cost_tags(file: RouteFile) -> dict[str, str]:
    """The project's name and the file's own tags."""
    return {"project": file.project, **dict(file.tags)}


def road_variables(world: World, layers: Settings) -> dict[str, str]:
    """Proxy, CA and client certificate as claude would use them; "" where unset."""
    own = settings.own_variables(layers, world.environment, VARIABLES)
    return {name: own.get(name, "") for name in VARIABLES}
