"""`ccroute env`: the environment of a launch, for what starts claude by other means."""

from __future__ import annotations

import os
import secrets
import sys
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import explain, github, jsonout, render, shells, world
from ccwrap.cli.sensitive import hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccwrap.cli.shells import Change

WARNING: Final = (
    "ccroute: claude's settings files can outrank these variables, and other credentials may "
    "travel beside them; `ccwrap` is the sure way"
)


@click.command()
@click.option(
    "--format",
    "style",
    type=click.Choice(["shell", "dotenv", "json", "github"]),
    default="shell",
    show_default=True,
)
@click.option("--reveal", is_flag=True, help="With the values of secrets.")
def command(style: str, reveal: bool) -> None:
    """Print the variables that a launch here would give to claude.

    Values of secrets only with --reveal. `github` writes to $GITHUB_ENV instead, for the
    steps of a job that follow, and masks the secrets in its log.
    """
    here = world.here()._replace(static=True)
    plan = explain.look(here)
    if plan.refusal is not None:
        raise plan.refusal
    if plan.injection is None:
        click.echo(f"ccroute: nothing to set: {render.printable(plan.reason)}", err=True)
    change = shells.Change.of(plan, () if reveal else hidden(plan, here.catalogue))
    click.echo("\n".join(render.wrap(WARNING, render.WIDTH)), err=True)
    for name in dict.fromkeys(name for _, name in plan.stale):
        click.echo(f"ccroute: {name} expires, and nothing here asks for it again", err=True)
    if style == "github":
        gone = tuple(name for name in change.unset if here.environment.get(name))
        sensitive = hidden(plan, here.catalogue)
        write(change._replace(unset=gone), sensitive, here.environment)
    elif style == "json":
        jsonout.say({"set": change.set, "unset": change.unset, "withheld": change.withheld})
    else:
        formats: Mapping[str, Callable[[Change], str]] = {
            "shell": shells.posix,
            "dotenv": shells.dotenv,
        }
        # A value that another program reads must be whole, or not at all.
        sys.stdout.buffer.write(os.fsencode(formats[style](change)))


def write(change: Change, sensitive: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Mask every line of every secret in the job's log, then add `change` to $GITHUB_ENV.

    Raises SettingError where this is no step of a GitHub job, before a secret is shown.
    """
    with github.opened(environment, "GITHUB_ENV") as target:
        lines = [line for name in sensitive for line in shells.masks(change.set.get(name, ""))]
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode("".join(f"::add-mask::{line}\n" for line in lines)))
        sys.stdout.flush()
        text = shells.github(change, f"ccwrap_{secrets.token_hex(16)}")
        github.write(target, "GITHUB_ENV", text)
    for name in change.withheld:
        click.echo(f"ccroute: {name} was left out (--reveal)", err=True)
