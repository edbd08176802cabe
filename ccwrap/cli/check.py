"""`ccroute check`: every gateway asked, and which one would run."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccwrap import models, pipeline, refusal
from ccwrap.cli import completing, github, jsonout, memories, render, watch, world
from ccwrap.cli.live import Live
from ccwrap.cli.render import Pen, Row
from ccwrap.errors import CcwrapError, NoUsableRoute, SettingError, UsageError
from ccwrap.gateways.verdict import ASKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccwrap.plan import Plan
    from ccwrap.routes.schema import RouteFile
    from ccwrap.world import World


@click.command()
@click.argument("routes", nargs=-1, metavar="[ROUTE]…", shell_complete=completing.routes)
@click.option("--paid", is_flag=True, help="Let each model answer: about one token a route.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github: annotations and a summary for a GitHub Actions job.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--watch", "watching", is_flag=True, help="Again and again, until Ctrl-C.")
@click.option("--every", default="", metavar="5s", help="The pause between two rounds.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    routes: tuple[str, ...],
    paid: bool,
    style: str,
    as_json: bool,
    watching: bool,
    every: str,
) -> None:
    """Ask every gateway whether its URL, the key and the model work.

    Exit code 0 where one is usable, 77 where none is allowed yet, else 69.
    """
    if as_json and style == "github":
        raise UsageError("say one of --json and --format github")
    as_json = as_json or style == "json"
    if watching and (paid or as_json or style == "github"):
        raise UsageError("--watch goes neither with --paid, which is billed, nor with a --format")

    if every and not watching:
        raise UsageError("--every goes with --watch")

    def look() -> World:
        here = world.here()._replace(patient=True, afresh=True, only=routes)
        return here._replace(depth="paid" if paid else "")

    if style == "github":
        ctx.exit(on_github(look))
    here = look()
    pen = Pen.of(sys.stdout, here.environment)
    if watching:
        plan = watch.watch(
            look,
            lambda here, plan: list(page(here, plan, pen)),
            pen,
            memories.seconds("--every", every or "5s"),
        )
        ctx.exit(ended(plan))
    live = Live(sys.stdout, pen) if pen.live and not as_json else None
    plan = pipeline.survey(here._replace(watch=live))
    if live:
        live.erase()
    if as_json:
        jsonout.say(jsonout.check(plan, here.catalogue))
    elif plan.choice is not None:
        click.echo("\n".join(page(here, plan, pen)))
    ctx.exit(ended(plan))


def on_github(look: Callable[[], World]) -> int:
    """The answer as annotations and a job's summary, whatever it is; its exit code.

    Nothing of it goes to standard error: the runner reads that for commands, too.
    """
    cwd, environment = Path(os.path.realpath(".")), dict(os.environ)
    try:
        here = look()
        plan = pipeline.survey(here)
    except CcwrapError as error:
        notes, ends = github.refused(error, cwd, environment), error.exit_code
        text = github.stopped(notes)
    else:
        ends = code(plan)
        if plan.file is None or plan.choice is None:
            notes = [github.Note("error", "ccwrap", " ".join(nothing(plan).split()))]
            text = github.stopped(notes)
        else:
            outcome = summary(here, plan, plan.file)
            notes = github.checked(plan.choice, outcome, cwd, environment)
            text = github.markdown(list(heading(here, plan, plan.file)), plan.choice, outcome)
    click.echo("\n".join(github.commands(notes)))
    try:
        github.append(environment, github.SUMMARY, text)
    except SettingError as error:
        click.echo(f"ccroute: no summary: {render.printable(error.message)}", err=True)
    return ends


def ended(plan: Plan) -> int:
    """The exit code; says so where there was nothing to ask."""
    if plan.choice is None:
        click.echo(f"ccroute: {render.printable(nothing(plan))}", err=True)
    return code(plan)


def code(plan: Plan) -> int:
    """0 where a launch would be routed, else what it would exit with."""
    if plan.refusal is not None:
        return plan.refusal.exit_code
    return 0 if plan.injection is not None else NoUsableRoute.exit_code


def nothing(plan: Plan) -> str:
    """Why there was nothing to ask."""
    if plan.refusal is not None:
        return str(plan.refusal)
    fix = "ccroute trust" if plan.action == "passthrough" else ""
    if plan.file is None:
        fix = "ccroute init"
    return f"{plan.reason}; plain claude would run" + (f"\n  fix: {fix}" if fix else "")


def page(here: World, plan: Plan, pen: Pen) -> Iterator[str]:
    """The whole answer, line by line."""
    if plan.file is None or plan.choice is None:
        return
    chosen = plan.choice.chosen
    yield render.printable(" · ".join(heading(here, plan, plan.file)))
    yield ""
    rows = [Row(one.route.name, one.verdict, one is chosen) for one in plan.choice.considered]
    yield from render.table(rows, pen)
    yield ""
    if refusal.offline(plan.choice.considered):
        yield "No host name could be resolved: this machine looks offline."
    yield from render.wrap(summary(here, plan, plan.file), pen.width)


def heading(here: World, plan: Plan, file: RouteFile) -> Iterator[str]:
    """Project, policy, the model asked about, and the file."""
    yield file.project
    yield file.policy
    if plan.layers is not None:
        asked = {models.model(here, plan.layers, route) for route in file.routes} - {""}
        yield from asked if len(asked) == 1 else ()
    if file.file is not None:
        yield render.short(file.file, here.places.home)


def summary(here: World, plan: Plan, file: RouteFile) -> str:
    """Who would run, how many were asked, in what time, and what it cost."""
    if plan.choice is None:
        return ""
    asked = sum(one.verdict.name in ASKED for one in plan.choice.considered)
    chosen = plan.choice.chosen
    who = f"{chosen.route.name} would run" if chosen else "None would run"
    pin = f" ({plan.reason})" if "pinned" in plan.reason else ""
    billed = "about a token each billed" if file.probe.depth == "paid" else "nothing billed"
    seconds = time.monotonic() - here.started
    total = len(plan.choice.considered)
    return f"{who}{pin}. {asked} of {total} asked in {seconds:.1f} s, {billed}."
