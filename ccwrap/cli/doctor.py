"""`ccroute doctor`: what on this machine helps or hinders a launch."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from ccwrap.claude import settings
from ccwrap.cli import (
    doctor_editors,
    doctor_keys,
    doctor_locks,
    doctor_machine,
    doctor_places,
    doctor_settings,
    doctor_shells,
    doctor_state,
    doctor_store,
    jsonout,
    render,
    world,
)
from ccwrap.cli.finding import Finding, Machine
from ccwrap.errors import CcwrapError
from ccwrap.text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

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
    "store": doctor_store.store,
    "overlays": doctor_store.overlays,
    "statusline": doctor_store.statusline,
    "locks": doctor_locks.locks,
    "trust": doctor_state.trust,
    "keys": doctor_keys.keys,
    "terminal": doctor_shells.terminal,
    "scripts": doctor_shells.scripts,
    "vscode": partial(doctor_editors.editor, "vscode"),
    "cursor": partial(doctor_editors.editor, "cursor"),
    "workspace": doctor_editors.workspace,
    "jetbrains": doctor_editors.jetbrains,
    "background": doctor_places.background,
    "sdk": doctor_places.sdk,
    "ci": doctor_places.ci,
    "desktop": doctor_places.desktop,
}
"""The machine first, then ccwrap's own, the project's, and each place that starts Claude Code."""


class Mended(NamedTuple):
    """What `--fix` did about a finding, or why it couldn't."""

    check: str
    before: str
    after: str
    done: bool


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended without a doubt.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def command(fix: bool, as_json: bool) -> None:
    """Look at this machine, and at each place that starts Claude Code: is it routed?

    Exit code 0 where there is no problem, else 1; a place that isn't routed is none. No
    gateway is asked. --fix closes files of ours, renews paths of an old installation in
    what we wrote, and clears away; it allows nothing, and routes nothing anew.
    """
    seen = machine()
    results = list(examine(seen))
    mended = list(mend(results)) if fix else []
    if mended:
        seen = machine()
        results = list(examine(seen))
    problems = sum(finding.level == "problem" for _, finding in results)
    if as_json:
        checks = [{"check": name, **plain(finding)} for name, finding in results]
        fixed = [one._asdict() for one in mended]
        jsonout.say({"problems": problems, "fixed": fixed, "checks": checks})
    else:
        show(results, mended, problems, seen.environment, fix=fix)
    sys.exit(1 if problems else 0)


def plain(finding: Finding) -> dict[str, object]:
    """A finding for a script; `place`, `routed`, `by` and `file` are null where there is none."""
    place = finding.place
    return {
        "level": finding.level,
        "text": escaped(finding.text),
        "fix": escaped(finding.fix),
        "fixable": finding.mend is not None,
        "place": place.name if place else None,
        "routed": place.routed if place else None,
        "by": (place.by or None) if place else None,
        "file": str(place.file) if place and place.file else None,
    }


def mend(results: Iterable[tuple[str, Finding]]) -> Iterator[Mended]:
    """Do what is to be done, one finding after the other."""
    for name, finding in results:
        if finding.mend is None:
            continue
        try:
            after, done = finding.mend(), True
        except CcwrapError as error:
            after, done = error.message, False
        except OSError as error:
            after, done = error.strerror or str(error), False
        yield Mended(name, escaped(finding.text), escaped(after), done)


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
        try:
            for finding in check(seen):
                yield name, finding
        except OSError as error:
            yield name, Finding("note", f"can't be looked at: {error.strerror or error}")


def show(
    results: list[tuple[str, Finding]],
    mended: list[Mended],
    problems: int,
    environment: Mapping[str, str],
    *,
    fix: bool,
) -> None:
    """What was mended; then each finding under its check's name, its fix on a line of its own."""
    pen = render.Pen.of(sys.stdout, environment)
    for one in mended:
        for line in render.wrap(f"{one.check}: {one.before}", pen.width):
            click.echo(line)
        for line in render.wrap(
            f"{'mended' if one.done else 'not mended'}: {one.after}", pen.width - 2
        ):
            click.echo(f"  {line}")
    if mended:
        click.echo("")
    last = ""
    for name, finding in results:
        label, last = ("" if name == last else name), name
        words = render.wrap(finding.text, pen.width - 14)
        words += render.wrap(f"fix: {finding.fix}", pen.width - 14) if finding.fix else []
        mark = pen.paint(MARKS[finding.level], STYLES[finding.level])
        click.echo(f"{label:10} {mark} {words[0]}")
        for line in words[1:]:
            click.echo(f"{'':13} {line}")
    waiting = sum(finding.mend is not None for _, finding in results)
    if waiting and not fix:
        click.echo(f"\nccroute doctor --fix mends {waiting} of these")
    click.echo(f"\n{problems or 'no'} problem{'' if problems == 1 else 's'}")
