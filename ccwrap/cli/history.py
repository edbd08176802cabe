"""`ccroute history`: how each gateway has been over time."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import completing, jsonout, memories, render, world
from ccwrap.cli.render import Pen
from ccwrap.errors import UsageError
from ccwrap.gateways.verdict import USABLE
from ccwrap.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccwrap.health.records import Sample
    from ccwrap.health.store import Store

PERCENTILES: Final = (50, 90, 99)
BARS: Final = "▁▂▃▄▅▆▇█"
DOWN: Final = "×"
COLUMNS: Final = 20
"""Parts that the time is divided into for the sparkline."""

REST: Final = 13 + 2 + COLUMNS
"""Columns of a row beside the route's name and the percentiles, ten each."""

CHANGES: Final = 10
"""Changes of verdict that are listed for a named route, the last ones."""


@click.command()
@click.argument("routes", nargs=-1, metavar="[ROUTE]…", shell_complete=completing.routes)
@click.option("--since", default="7d", metavar="7d", help="How far back; at most 30d.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
def command(routes: tuple[str, ...], since: str, as_json: bool) -> None:
    """Show verdicts and latency over time, for every route or each ROUTE.

    The line of bars runs from then to now, high is slow, × is a time without a usable
    answer. Routes of one name count together, whatever project they are in.
    """
    here = world.here()
    until = time.time()
    start = until - memories.seconds("--since", since)
    found = memories.look(here, lambda store: by_route(store, start, routes))
    if as_json:
        jsonout.say({"since": round(start), "routes": [described(*one) for one in found.items()]})
        return
    if missing := [name for name in routes if name not in found]:
        raise UsageError(
            f"nothing is remembered of {', '.join(missing)} in the last {since}",
            "ccroute history names the routes",
        )
    pen = Pen.of(sys.stdout, here.environment)
    click.echo("\n".join(page(found, start, until, pen)) if found else "Nothing is remembered.")
    for name in routes:
        click.echo("\n".join(changes(name, found[name], pen)))


def by_route(store: Store, start: float, wanted: Sequence[str]) -> dict[str, list[Sample]]:
    """The samples of each route since `start`. Raises StoreError.

    What a session reported has no route of its own: its launch, or a probe, names that.
    """
    samples = store.samples(since=start)
    names = {launch.question: launch.route for launch in reversed(store.launches())}
    names |= {sample.question: sample.route for sample in samples if sample.route}
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        name = sample.route or names.get(sample.question, "")
        if name and (not wanted or name in wanted):
            found.setdefault(name, []).append(sample)
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of `values` don't exceed."""
    ranked = sorted(values)
    return ranked[max(-(-len(ranked) * percent // 100) - 1, 0)]


def latencies(samples: Sequence[Sample]) -> list[float]:
    return [sample.latency_ms for sample in samples if sample.latency_ms is not None]


def usable(samples: Sequence[Sample]) -> int:
    return sum(sample.verdict in USABLE for sample in samples)


def described(name: str, samples: Sequence[Sample]) -> dict[str, object]:
    """One route for scripts; times are Unix seconds."""
    times = latencies(samples)
    counts: dict[str, int] = {}
    for sample in samples:
        counts[sample.verdict] = counts.get(sample.verdict, 0) + 1
    paces = {
        f"p{percent}": round(percentile(times, percent), 1) for percent in PERCENTILES if times
    }
    return {
        "route": name,
        "asked": len(samples),
        "usable": usable(samples),
        "verdicts": counts,
        "latency_ms": paces or None,
        "samples": [
            {
                "time": round(sample.time, 1),
                "verdict": sample.verdict,
                "phase": sample.phase,
                "latency_ms": sample.latency_ms,
            }
            for sample in samples
        ],
    }


def page(
    found: Mapping[str, Sequence[Sample]], start: float, until: float, pen: Pen
) -> Iterator[str]:
    """One line a route, with as many percentiles as there is room for."""
    wide = min(max(5, *(render.columns(escaped(name)) for name in found)), render.NAME)
    shown = PERCENTILES[: max((pen.width - wide - REST) // 10, 0)]
    heads = "".join(f"  {f'P{percent}':>8}" for percent in shown)
    yield pen.paint(f"{'ROUTE':{wide}}  {'ASKED':>5}  {'OK':>4}{heads}  OVER TIME", "dim")
    for name, samples in found.items():
        times = latencies(samples)
        paces = [f"{percentile(times, percent):.0f} ms" if times else "-" for percent in shown]
        share = f"{100 * usable(samples) // len(samples)}%"
        columns = "".join(f"  {pace:>8}" for pace in paces)
        bars = sparkline(samples, start, until)
        yield f"{render.cell(name, wide)}  {len(samples):>5}  {share:>4}{columns}  {bars}".rstrip()


def sparkline(samples: Sequence[Sample], start: float, until: float) -> str:
    """The median round trip of each part of the time, against the slowest part."""
    parts: list[list[Sample]] = [[] for _ in range(COLUMNS)]
    for sample in samples:
        place = int((sample.time - start) / max(until - start, 1e-9) * COLUMNS)
        parts[min(max(place, 0), COLUMNS - 1)].append(sample)
    medians = [percentile(latencies(part), 50) if latencies(part) else None for part in parts]
    most = max((ms for ms in medians if ms is not None), default=0.0) or 1.0
    return "".join(_bar(part, ms, most) for part, ms in zip(parts, medians, strict=True)).rstrip()


def _bar(part: Sequence[Sample], ms: float | None, most: float) -> str:
    if not part:
        return " "
    if ms is None or not usable(part):
        return DOWN
    return BARS[min(int(ms / most * len(BARS)), len(BARS) - 1)]


def changes(name: str, samples: Sequence[Sample], pen: Pen) -> Iterator[str]:
    """When the route's verdict became another, the last ones."""
    yield ""
    yield pen.paint(f"{escaped(name)} became", "dim")
    before, found = "", []
    for sample in samples:
        if sample.verdict != before:
            found.append(sample)
        before = sample.verdict
    for sample in found[-CHANGES:]:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(sample.time))
        how = "  (a session's own request)" if sample.phase == "session" else ""
        yield f"  {when}  {sample.verdict}{how}"
