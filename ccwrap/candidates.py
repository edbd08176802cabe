"""From the routes that may be used to one of them: credentials, health, selection."""

from __future__ import annotations

import time
from functools import partial

from ccwrap import models, past
from ccwrap.claude import overlay, settings
from ccwrap.errors import SettingError
from ccwrap.gateways import tags
from ccwrap.gateways.road import VARIABLES
from ccwrap.gateways.verdict import Verdict
from ccwrap.health import asking, selection
from ccwrap.health.selection import Choice, Considered
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple
from ccwrap.routes import credentials, pins
from ccwrap.secret import Secret
from ccwrap.text import those

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ccwrap.claude.settings import Settings
    from ccwrap.gateways.probe import Ask
    from ccwrap.health.flight import Flights
    from ccwrap.health.records import Remembered
    from ccwrap.health.selection import Past
    from ccwrap.routes.schema import Route, RouteFile
    from ccwrap.routes.trust import Trust
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


def choose(
    world: World, file: RouteFile, layers: Settings, root: Path, granted: Trust
) -> tuple[Choice, dict[str, Candidate]]:
    """One route among the file's, and what each candidate would send, by name."""
    pinned = "" if world.only else pin(world, file, root)
    held = "" if world.patient else pinned
    verdicts = {route.name: unasked(route, root, granted, held) for route in file.routes}
    open_routes = [route for route in file.routes if verdicts[route.name] is None]
    found = resolve(world, file, open_routes)
    known: dict[str, Candidate] = {}
    for route in open_routes:
        filled = fill(world, file, route, found)
        if isinstance(filled, Candidate):
            known[route.name] = named(world, layers, filled)
        else:
            verdicts[route.name] = filled
    if world.watch:
        for name, verdict in verdicts.items():
            world.watch(name, verdict)
    before = past.of(world, file, list(known.values()))
    began = time.time()
    heard = ask(world, file, layers, known, before)
    considered = [
        judged(route, verdicts[route.name], known.get(route.name), heard.get(route.name), began)
        for route in file.routes
    ]
    return selection.choose(file.policy, considered, pinned, before), known


def judged(
    route: Route,
    unasked: Verdict | None,
    candidate: Candidate | None,
    heard: Remembered | None,
    began: float,
) -> Considered:
    """One candidate with all that is known of it; `began` is when the asking did."""
    late = Verdict("unchecked", "a better one had already won")
    if candidate is None:
        return Considered(route, unasked or late)
    one = Considered(
        route, late, candidate.origin, question=candidate.question, model=candidate.model
    )
    if heard is None:
        return one
    age = began - heard.checked if heard.checked < began else 0.0
    until = heard.until if heard.until is not None and heard.until > time.time() else None
    return one._replace(
        verdict=heard.verdict,
        age=age,
        until=until,
        smoothed_ms=heard.smoothed_ms,
        checked=heard.checked,
    )


def named(world: World, layers: Settings, candidate: Candidate) -> Candidate:
    """`candidate` with its model and the question under which it is remembered."""
    asked = models.model(world, layers, candidate.route)
    road = "\0".join(road_variables(world, layers).values())
    identity = Secret(f"{candidate.identity.reveal()}\0{road}")
    question = world.memory.question(candidate.route.url, asked, identity)
    return candidate._replace(model=asked, identity=identity, question=question)


def pin(world: World, file: RouteFile, root: Path) -> str:
    """The route that the environment or `ccroute use` insists on; "" for none.

    Raises SettingError where there is no such route.
    """
    variable = world.wishes.get("CCWRAP_ROUTE", "")
    name = variable or pins.pinned(world.places, root, time.time())
    names = [route.name for route in file.routes]
    if name and name not in names:
        typed = "--route" if "CCWRAP_ROUTE" in world.overrides else "CCWRAP_ROUTE"
        source = typed if variable else "ccroute use"
        raise SettingError(
            f"{source} names the route {name!r}; {those(names)}",
            "name one of them" if variable else "ccroute use --auto",
        )
    return name


def unasked(route: Route, root: Path, granted: Trust, pinned: str) -> Verdict | None:
    """The verdict on a route that nobody asks, None for one that may be asked."""
    if route.disabled:
        return Verdict("disabled", "switched off in the route file")
    if granted.missing(root, route):
        if granted.locked:
            hint = "ask whoever manages this machine"
            return Verdict("untrusted", f"not allowed by {granted.locked}, which locks trust", hint)
        hint = f"ccroute trust {route.name}"
        return Verdict("untrusted", "not allowed by you for this project", hint)
    if pinned and route.name != pinned:
        return Verdict("unchecked", f"pinned to {pinned}")
    return None


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


def ask(
    world: World,
    file: RouteFile,
    layers: Settings,
    known: Mapping[str, Candidate],
    before: Past,
) -> dict[str, Remembered | None]:
    """What is known by name; None where a better one had won before the answer came.

    The one place where health is learnt.
    """
    if not known:
        return {}
    returning = before.returning
    if before.within and not (world.patient or world.afresh):
        return {**dict.fromkeys(known), returning: before.within}

    answering: set[str] = set()

    def probing(names: Sequence[str], seconds: float) -> Iterator[tuple[str, Verdict]]:
        named = {name: known[name] for name in names}
        return probed(world, file, layers, named, seconds, answering=answering)

    place = list(known).index(returning) if returning in known else None
    settled = partial(selection.settled, file.policy, returning=place)
    terms = asking.Terms(
        probe=probing,
        settled=_complete if world.patient else settled,
        flights=partial(meeting, world),
        seconds=lambda limit, spare: world.seconds(limit, spare + STORE_SPARE),
        limit=file.probe.timeout,
        fresh_for=file.probe.fresh_for,
        depth=file.probe.depth,
        afresh=world.afresh,
        share=1.0 if world.patient else asking.SHARE,
        answering=answering,
        watch=world.watch,
    )
    subjects = {
        name: asking.Subject(one.question, (one.route.url, one.model, one.identity.reveal()))
        for name, one in known.items()
    }
    return asking.ask(subjects, world.memory, terms)


def _complete(verdicts: Sequence[Verdict | None]) -> bool:
    return None not in verdicts


def meeting(world: World) -> Flights:
    """Where launches that ask the same meet."""
    from ccwrap.health.flight import Flights  # noqa: PLC0415 - a fresh verdict does without

    return Flights(overlay.bases(world.places, world.environment))


def probed(
    world: World,
    file: RouteFile,
    layers: Settings,
    named: Mapping[str, Candidate],
    seconds: float,
    *,
    answering: set[str],
) -> Iterator[tuple[str, Verdict]]:
    """The verdicts on the named candidates, as they come in; `answering` gets their names before."""
    from ccwrap.gateways.road import Road  # noqa: PLC0415 - only where somebody is asked

    way = Road.from_variables(road_variables(world, layers))
    if file.probe.depth != "off" and any(way.needs_tls(one.route.url) for one in named.values()):
        way.prepare()
    from ccwrap.gateways import probe  # noqa: PLC0415 - httpx is heavy

    logins = settings.logins(world.environment, world.places.home)
    names = list(named)
    asks = [request(world, file, one, logins.claude_ai) for one in named.values()]
    heard = probe.probe(asks, way, seconds, answering=lambda index: answering.add(names[index]))
    for index, verdict in heard:
        yield names[index], verdict


def request(world: World, file: RouteFile, candidate: Candidate, login_saved: bool | None) -> Ask:
    """What is asked about one candidate."""
    from ccwrap.gateways.probe import Ask  # noqa: PLC0415 - httpx is heavy

    route = candidate.route
    return Ask(
        url=route.url,
        kind=world.catalogue.get(route.kind),
        bearer=candidate.key if route.auth == "auth_token" else None,
        key=candidate.key if route.auth == "api_key" else None,
        headers=candidate.headers,
        model=candidate.model,
        depth=file.probe.depth,
        timeout=file.probe.timeout,
        login=route.auth == "login",
        login_saved=login_saved,
        credential=route.credential,
        extra_secrets=candidate.secrets,
    )
