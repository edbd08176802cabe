"""`ccroute sessions`: which sessions run now, and on which routes."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from ccwrap.cli import jsonout, memories, render, world
from ccwrap.cli.render import Pen
from ccwrap.gateways.verdict import USABLE
from ccwrap.health import live
from ccwrap.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccwrap.health.records import Launch, Sample
    from ccwrap.health.store import Store


REST: Final = 31
"""Columns of a row beside the project's and the route's name."""


class Session(NamedTuple):
    """A launch whose process lives.

    since    Unix time from which its route has been well without a break, None where
             it isn't well now or nothing is known
    verdict  the last one about its route, "" where nothing is known
    """

    launch: Launch
    since: float | None
    verdict: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The sessions as JSON.")
def command(as_json: bool) -> None:
    """List the sessions that were started by ccwrap and run now, in every project."""
    here = world.here()
    found, now = memories.look(here, sessions), time.time()
    if as_json:
        jsonout.say({"sessions": [described(one, now) for one in found]})
        return
    pen = Pen.of(sys.stdout, here.environment)
    click.echo(
        "\n".join(page(found, now, pen)) if found else "No session that ccwrap started runs."
    )


def sessions(store: Store) -> list[Session]:
    """The living ones, the youngest first. Raises StoreError."""
    found = []
    for launch in live.running(store.launches_of(live.processes())):
        samples = store.samples(question=launch.question) if launch.question else ()
        found.append(Session(launch, well_since(samples), samples[-1].verdict if samples else ""))
    return found


def well_since(samples: Sequence[Sample]) -> float | None:
    """Since when a route has been usable without a break; `samples` begin with the oldest."""
    since = None
    for sample in reversed(samples):
        if sample.verdict not in USABLE:
            break
        since = sample.time
    return since


def described(one: Session, now: float) -> dict[str, object]:
    """One session for scripts; times are Unix seconds."""
    launch = one.launch
    return {
        "pid": launch.pid,
        "project": launch.project,
        "folder": launch.folder,
        "branch": launch.branch or None,
        "route": launch.route,
        "fallback": launch.fallback,
        "model": launch.model or None,
        "session": launch.session or None,
        "started": round(launch.time),
        "age_s": round(max(now - launch.time, 0.0)),
        "verdict": one.verdict or None,
        "healthy_since": None if one.since is None else round(one.since),
        "reason": launch.reason,
    }


def page(found: Sequence[Session], now: float, pen: Pen) -> Iterator[str]:
    """One line a session."""
    routes = max(5, *(render.columns(escaped(one.launch.route)) for one in found))
    projects = max(7, *(render.columns(escaped(one.launch.project)) for one in found))
    room = max(pen.width - REST, 12)
    wide = min(routes, render.NAME, max(room - projects, room // 2))
    far = min(projects, render.NAME, room - wide)
    yield pen.paint(f"{'PID':>7}  {'PROJECT':{far}}  {'ROUTE':{wide}}  {'AGE':>6}  HEALTHY", "dim")
    for one in found:
        launch = one.launch
        project, route = render.cell(launch.project, far), render.cell(launch.route, wide)
        age = memories.span(now - launch.time)
        health = f"for {memories.span(now - one.since)}" if one.since else one.verdict or "unknown"
        health = pen.paint(health, "good" if one.since else "bad" if one.verdict else "dim")
        yield f"{launch.pid:>7}  {project}  {route}  {age:>6}  {health}"
