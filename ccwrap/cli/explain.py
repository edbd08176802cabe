"""`ccroute explain`: what a launch would do, and why."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ccwrap import past, pipeline
from ccwrap.claude import binary
from ccwrap.cli import jsonout, render, world
from ccwrap.cli.passing import Passing
from ccwrap.cli.render import Pen
from ccwrap.errors import CcwrapError
from ccwrap.plan import Plan, with_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccwrap.claude.injection import Injection
    from ccwrap.health.selection import Choice, Considered
    from ccwrap.routes.schema import Locks
    from ccwrap.world import World

OVERLAY = "<overlay>"
"""Stands for the settings overlay, which only a launch writes."""

FIRST_PARTY = "api.anthropic.com"


@click.command(cls=Passing)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]…")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
@click.pass_context
def command(ctx: click.Context, arguments: tuple[str, ...], as_json: bool) -> None:
    """Say what a launch with ARGS would do, without launching.

    The exit code is 0, or what the launch would stop with.
    """
    here = world.here(arguments)
    plan = look(here)
    argv, missing = program(here, plan)
    if as_json:
        jsonout.say(jsonout.explain(plan, here, argv))
    else:
        pen = Pen.of(sys.stdout, here.environment)
        click.echo("\n".join(page(here, plan, argv, pen)))
    if refusal := plan.refusal or missing:
        click.echo(f"ccroute: {render.printable(str(refusal))}", err=True)
        ctx.exit(refusal.exit_code)


def look(here: World) -> Plan:
    """The plan of a launch; what passes through is a plan, too."""
    if here.invocation.action == "route":
        return pipeline.survey(here)
    return Plan("passthrough", here.invocation.reason)


def program(here: World, plan: Plan) -> tuple[tuple[str, ...], CcwrapError | None]:
    """claude's argument list as far as it is known, and why there is no claude to run.

    Settings that stand in the arguments themselves are left out: they may hold a key.
    """
    if plan.refusal is not None:
        return (), None
    missing = None
    try:
        found = binary.find(here.invocation, here.environment, here.places.home, Path(sys.argv[0]))
        start = (found.path, *found.prefix)
    except CcwrapError as error:
        missing, start = error, ("claude",)
    if plan.injection is not None:
        return (*start, *with_settings(here.invocation, OVERLAY)), missing
    return (*start, *without_inline(here)), missing


def without_inline(here: World) -> tuple[str, ...]:
    """claude's arguments as they are, but for settings given as JSON."""
    run = here.invocation
    shown = list(run.arguments)
    for first, end in run.settings_at:
        for index in range(first, end):
            option, equals, value = shown[index].partition("=")
            if shown[index].lstrip().startswith("{"):
                shown[index] = "<settings>"
            elif equals and value.lstrip().startswith("{"):
                shown[index] = f"{option}=<settings>"
    return tuple(shown)


def page(here: World, plan: Plan, argv: tuple[str, ...], pen: Pen) -> Iterator[str]:
    """The whole answer, line by line."""
    yield from summary(here, plan, pen)
    details: list[tuple[str, str]] = []
    if plan.injection is not None:
        details.append(("env", " ".join(changes(plan.injection, here.environment))))
    details += [
        ("" if number else "beaten", f"{render.short(one.file, here.places.home)}  {one.name}")
        for number, one in enumerate(plan.beaten)
    ]
    if plan.file is not None and plan.file.locks.file is not None:
        details += locked(plan.file.locks, here.places.home)
    if effects := "; ".join(side_effects(plan.injection, here.environment)):
        details.append(("effects", effects))
    if plan.injection is not None and plan.injection.dropped:
        details.append(("dropped", "; ".join(plan.injection.dropped)))
    if argv:
        words = [render.short(argv[0], here.places.home), *(quoted(word) for word in argv[1:])]
        details.append(("runs", " ".join(words)))
    yield from render.facts(details, pen)


def summary(here: World, plan: Plan, pen: Pen) -> Iterator[str]:
    """The first lines: the route, why this one, why not the others, its key."""
    chosen = plan.choice.chosen if plan.choice else None
    if plan.choice is None:
        yield pen.paint("no route", "bold") + "  claude runs as if ccwrap were not there"
    elif chosen is None:
        yield pen.paint("no route", "bold") + "  claude would not be started"
    else:
        url = jsonout.url(chosen.route, here.catalogue)
        yield f"{pen.paint(chosen.route.name, 'bold')}  {url}  ({chosen.route.kind})"
    old = f", {chosen.age:.0f} s old" if chosen and chosen.age >= 1 else ""
    pairs = [("why", plan.reason + old)]
    if plan.choice is not None:
        pairs.append(("not", " · ".join(others(plan.choice))))
        pairs += [("note", note) for note in past.notes(plan.choice)]
        pairs += [("left", left) for left in left_alone(plan.choice, time.time())]
    if chosen is not None:
        pairs.append(("key", key(chosen) + again(plan.injection)))
        pairs += [("note", note) for note in stale(plan)]
    yield from render.facts([(label, value) for label, value in pairs if value], pen)


def others(choice: Choice) -> list[str]:
    """Everyone that was not chosen, with the verdict."""
    return [
        f"{one.route.name} {one.verdict.name}"
        for one in choice.considered
        if one is not choice.chosen
    ]


def left_alone(choice: Choice, now: float) -> Iterator[str]:
    """Why each candidate that failed is not asked, and for how long."""
    for one in choice.considered:
        if one.until is not None and one is not choice.chosen:
            why = f"{one.route.name} alone for {max(one.until - now, 1):.0f} s"
            when = f"{one.age:.0f} s ago" if one.age >= 1 else "just now"
            yield f"{why}; {when}: {one.verdict.detail or one.verdict.name}"


def key(one: Considered) -> str:
    """What the route sends to be let in, by name."""
    route = one.route
    if route.credential:
        return f"{route.credential} from {one.origin}" if one.origin else route.credential
    if route.auth == "login":
        return "your own claude.ai login"
    return "the provider's own" if route.auth == "ambient" else "a placeholder, no key"


def again(injection: Injection | None) -> str:
    """How a credential that expires is renewed, and in which headers it travels."""
    if injection is None or injection.helper is None:
        return ""
    every = spoken(injection.helper.seconds)
    return f", asked for again every {every}; goes out as Authorization: Bearer and as x-api-key"


def spoken(seconds: float) -> str:
    """A duration as `refresh` is written."""
    whole = round(seconds)
    for unit, letter in ((3600, "h"), (60, "m")):
        if whole == seconds and whole % unit == 0:
            return f"{whole // unit}{letter}"
    return f"{seconds:g}s"


def stale(plan: Plan) -> Iterator[str]:
    """What expires in the middle of a session."""
    for header, name in plan.stale:
        yield f"the header {header} keeps the {name} of the launch: headers are not refreshed"


def locked(locks: Locks, home: Path) -> Iterator[tuple[str, str]]:
    """What the machine's administrator decides, and what was said in vain."""
    yield "locked", f"{', '.join(locks.keys)} by {render.short(str(locks.file), home)}"
    for number, one in enumerate(locks.ignored):
        where = f"{render.short(one.where, home)}  {', '.join(one.keys)}"
        yield ("" if number else "ignored"), where


def changes(injection: Injection, environment: Mapping[str, str]) -> Iterator[str]:
    """Names of variables: + new, ~ changed, - taken away."""
    for name in injection.set:
        if not environment.get(name):
            yield f"+{name}"
    for name, value in injection.set.items():
        if environment.get(name) not in (None, "", value):
            yield f"~{name}"
    for name in injection.unset:
        if environment.get(name):
            yield f"-{name}"


def side_effects(injection: Injection | None, environment: Mapping[str, str]) -> Iterator[str]:
    """What Claude Code switches off by itself on a base URL that isn't Anthropic's.

    https://code.claude.com/docs/en/env-vars (ANTHROPIC_BASE_URL), …/server-managed-settings
    """
    if injection is None:
        return
    given = {**environment, **injection.set}
    url = given.get("ANTHROPIC_BASE_URL", "")
    elsewhere = bool(url) and urlsplit(url).hostname != FIRST_PARTY
    provider = any(value for name, value in given.items() if name.startswith("CLAUDE_CODE_USE_"))
    if elsewhere or provider:
        yield "no server-managed settings"
    if elsewhere and given.get("ENABLE_TOOL_SEARCH", "") in ("", "0", "false"):
        yield "MCP tool search off"
    if elsewhere:
        yield "Remote Control off"


def quoted(word: str) -> str:
    """`word` as a shell would want it, on one line; the overlay's mark as it is."""
    import shlex  # noqa: PLC0415 - only an argument list that is shown needs it

    return word if word == OVERLAY else render.printable(shlex.quote(word)).replace("\n", "\\n")
