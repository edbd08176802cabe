"""From the routes that may be used to one of them: who is asked, what is learnt, the choice."""

from __future__ import annotations

import time
from functools import partial

from ccwrap import candidates, past
from ccwrap.candidates import STORE_SPARE, Candidate
from ccwrap.claude import overlay, settings
from ccwrap.errors import SettingError
from ccwrap.gateways.verdict import Verdict
from ccwrap.health import asking, selection
from ccwrap.health.selection import Choice, Considered
from ccwrap.light import TYPE_CHECKING
from ccwrap.routes import pins
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


def choose(
    world: World, file: RouteFile, layers: Settings, root: Path, granted: Trust
) -> tuple[Choice, dict[str, Candidate]]:
    """One route among the file's, and what each candidate would send, by name."""
    pinned = "" if world.only else pin(world, file, root)
    held = "" if world.patient else pinned
    verdicts = {route.name: unasked(route, root, granted, held) for route in file.routes}
    open_routes = [route for route in file.routes if verdicts[route.name] is None]
    found = candidates.resolve(world, file, open_routes)
    known: dict[str, Candidate] = {}
    for route in open_routes:
        filled = candidates.fill(world, file, route, found)
        if isinstance(filled, Candidate):
            known[route.name] = candidates.named(world, layers, filled)
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

    way = Road.from_variables(candidates.road_variables(world, layers))
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
