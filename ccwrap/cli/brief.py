"""`ccroute` alone: what went wrong last, and what a launch here would do now."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ccwrap import report
from ccwrap.cli import explain, render, world
from ccwrap.cli.render import Pen
from ccwrap.errors import CcwrapError
from ccwrap.routes import files, project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccwrap.plan import Plan
    from ccwrap.world import World

MORE = "more: ccroute explain      every gateway: ccroute check      ccroute --help"
START = "start: ccroute init      see it work: ccroute demo      ccroute --help"


def show() -> None:
    """Print it. Raises the CcwrapError that a launch here would stop with."""
    here = world.here()
    pen = Pen.of(sys.stdout, here.environment)
    failed = report.last_failure(here.places)
    if failed and not same_project(here, str(failed.get("folder", ""))):
        failed = None
    for line in last(failed, pen) if failed else ():
        click.echo(line)
    try:
        plan = explain.look(here)
    except CcwrapError as error:
        stop(error, failed)
    for line in explain.summary(here, plan, pen):
        click.echo(line)
    click.echo(f"\n{START if unused(here, plan) else MORE}")
    if refusal := plan.refusal or explain.program(here, plan)[1]:
        stop(refusal, failed)


def unused(here: World, plan: Plan) -> bool:
    """Whether nothing here names a route: no file, no variable, no config.toml."""
    return here.invocation.action == "route" and plan.file is None


def stop(error: CcwrapError, failed: Mapping[str, object] | None) -> NoReturn:
    """Raise `error`, or only its exit code where the last launch has just said the same."""
    if failed and failed.get("message") == str(error):
        raise click.exceptions.Exit(error.exit_code)
    raise error


def last(record: Mapping[str, object], pen: Pen) -> Iterator[str]:
    """What stopped the last launch."""
    when = record.get("time")
    age = ago(time.time() - when) if isinstance(when, (int, float)) else "some time ago"
    yield pen.paint(f"The last launch here failed, {age} (exit {record.get('exit')}):", "bold")
    message = render.printable(str(record.get("message", "")))
    yield from (f"  {line}".rstrip() for line in message.split("\n"))
    yield ""


def same_project(here: World, folder: str) -> bool:
    """Whether `folder` belongs to the project of the working directory."""
    if folder == str(here.cwd):
        return True
    home = here.places.home
    try:
        there, now = Path(folder), here.cwd
        return project.root(there, files.find(there, home)) == project.root(
            now, files.find(now, home)
        )
    except (CcwrapError, OSError, ValueError):
        return False


def ago(seconds: float) -> str:
    """A past moment in a person's words."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"
