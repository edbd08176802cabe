"""`ccroute check --watch`: the same table again and again, and what it came to."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

import click

from ccwrap import pipeline
from ccwrap.cli import memories, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ccwrap.cli.render import Pen
    from ccwrap.gateways.verdict import Verdict
    from ccwrap.plan import Plan
    from ccwrap.world import World


class Board:
    """Lines that take the place of the ones before, where the stream is a terminal."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._drawn = 0

    def show(self, lines: Sequence[str]) -> None:
        """Show `lines`, as many as the terminal has room for."""
        if self._pen.live:
            size = shutil.get_terminal_size()
            up = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
            sys.stdout.write(up)
            self._drawn = 0
            for line in lines:
                # A line that is wider than the terminal takes several of its rows.
                rows = max(-(-render.columns(line) // max(size.columns, 1)), 1)
                if self._drawn + rows >= max(size.lines, 2):
                    break
                sys.stdout.write(f"{line}\n")
                self._drawn += rows
        else:
            sys.stdout.write("".join(f"{line}\n" for line in (*lines, "")))
        sys.stdout.flush()


def watch(
    look: Callable[[], World],
    page: Callable[[World, Plan], Sequence[str]],
    pen: Pen,
    every: float,
) -> Plan:
    """Survey what `look` sees, `every` so many seconds, until Ctrl-C; the last plan.

    Ends also where there is nothing to ask. Raises KeyboardInterrupt before the first
    answer.
    """
    seen: dict[str, list[Verdict]] = {}
    board, plan, began = Board(pen), None, time.monotonic()
    try:
        while True:
            here = look()
            plan = pipeline.survey(here)
            if plan.choice is None:
                return plan
            for one in plan.choice.considered:
                seen.setdefault(one.route.name, []).append(one.verdict)
            board.show(page(here, plan))
            time.sleep(every)
    except KeyboardInterrupt:
        if plan is None:
            raise
    click.echo("\n" + "\n".join(summary(seen, time.monotonic() - began)))
    return plan


def summary(seen: Mapping[str, Sequence[Verdict]], seconds: float) -> Iterator[str]:
    """How often each route had which verdict, and its median round trip."""
    rounds = max(map(len, seen.values()), default=0)
    times = "once" if rounds == 1 else f"{rounds} times"
    yield f"Asked {times} in {memories.span(seconds)}."
    wide = min(max(map(render.columns, seen), default=0), render.NAME)
    for name, verdicts in seen.items():
        names = [verdict.name for verdict in verdicts]
        words = [f"{each} {names.count(each)}" for each in dict.fromkeys(names)]
        trips = sorted(one.latency_ms for one in verdicts if one.latency_ms is not None)
        words += [f"median {trips[len(trips) // 2]:.0f} ms"] if trips else []
        yield f"  {render.cell(name, wide)}  {' · '.join(words)}"
