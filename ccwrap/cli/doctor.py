"""`ccroute doctor`: what on this machine helps or hinders a launch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ccwrap.claude import settings
from ccwrap.cli import (
    doctor_locks,
    doctor_machine,
    doctor_settings,
    doctor_state,
    jsonout,
    render,
    world,
)
from ccwrap.cli.finding import Finding, Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MARKS: Final = {"ok": "ok", "note": "- ", "problem": "! "}
STYLES: Final = {"ok": "good", "note": "dim", "problem": "bad"}

CHECKS: Final[dict[str, Callable[[Machine], Iterator[Finding]]]] = {
    "claude": doctor_machine.claude,
    "python": doctor_machine.python,
    "variables": doctor_state.variables,
    "road": doctor_machine.road,
    "settings": doctor_settings.routing,
    "managed": doctor_settings.managed,
    "logins": doctor_settings.logins,
    "hooks": doctor_settings.hooks,
    "reports": doctor_settings.reports,
    "wrappers": doctor_machine.wrappers,
    "state": doctor_state.state,
    "locks": doctor_locks.locks,
    "trust": doctor_state.trust,
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def command(as_json: bool) -> None:
    """Look at claude, Python, proxies, settings files, logins, hooks and trust.

    Exit code 0 where there is no problem, else 1. No gateway is asked.
    """
    seen = machine()
    results = list(examine(seen))
    problems = sum(finding.level == "problem" for _, finding in results)
    if as_json:
        checks = [{"check": name, **finding._asdict()} for name, finding in results]
        jsonout.say({"problems": problems, "checks": checks})
    else:
        show(results, problems, seen.environment)
    sys.exit(1 if problems else 0)


def machine() -> Machine:
    """This machine as the checks see it."""
    here = world.here()
    layers = settings.read(here.cwd, here.environment, here.places.home, here.invocation)
    return Machine(
        here.environment, here.cwd, here.places, here.catalogue, layers, Path(sys.argv[0])
    )


def examine(seen: Machine) -> Iterator[tuple[str, Finding]]:
    """Every check's findings, in the table's order."""
    for name, check in CHECKS.items():
        for finding in check(seen):
            yield name, finding


def show(results: list[tuple[str, Finding]], problems: int, environment: Mapping[str, str]) -> None:
    """Each finding under its check's name; the fix on a line of its own."""
    pen = render.Pen.of(sys.stdout, environment)
    last = ""
    for name, finding in results:
        label, last = ("" if name == last else name), name
        words = render.wrap(finding.text, pen.width - 14)
        words += render.wrap(f"fix: {finding.fix}", pen.width - 14) if finding.fix else []
        mark = pen.paint(MARKS[finding.level], STYLES[finding.level])
        click.echo(f"{label:10} {mark} {words[0]}")
        for line in words[1:]:
            click.echo(f"{'':13} {line}")
    click.echo(f"\n{problems or 'no'} problem{'' if problems == 1 else 's'}")
