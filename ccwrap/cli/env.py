"""`ccroute env`: the environment of a launch, for what starts claude by other means."""

from __future__ import annotations

import os
import secrets
import sys
from typing import TYPE_CHECKING, Final

import click

from ccwrap.cli import explain, jsonout, render, shells, world
from ccwrap.cli.sensitive import hidden
from ccwrap.errors import SettingError

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
    here = world.here()
    plan = explain.look(here)
    if plan.refusal is not None:
        raise plan.refusal
    if plan.injection is None:
        click.echo(f"ccroute: nothing to set: {plan.reason}", err=True)
    change = shells.Change.of(plan, () if reveal else hidden(plan, here.catalogue))
    click.echo("\n".join(render.wrap(WARNING, render.WIDTH)), err=True)
    if style == "github":
        gone = tuple(name for name in change.unset if here.environment.get(name))
        sensitive = hidden(plan, here.catalogue)
        github(change._replace(unset=gone), sensitive, here.environment.get("GITHUB_ENV", ""))
    elif style == "json":
        jsonout.say({"set": change.set, "unset": change.unset, "withheld": change.withheld})
    else:
        formats: Mapping[str, Callable[[Change], str]] = {
            "shell": shells.posix,
            "dotenv": shells.dotenv,
        }
        sys.stdout.write(formats[style](change))


def github(change: Change, sensitive: tuple[str, ...], file: str) -> None:
    """Mask every line of every secret, then write to `file`.

    Raises SettingError where this is no step of a GitHub job.
    """
    if not file:
        raise SettingError("GITHUB_ENV is not set", "run this in a step of a GitHub Actions job")
    for name in sensitive:
        for line in shells.masks(change.set.get(name, "")):
            click.echo(f"::add-mask::{line}")
    sys.stdout.flush()
    text = shells.github(change, f"ccwrap_{secrets.token_hex(16)}")
    try:
        with open(file, "ab") as target:
            target.write(os.fsencode(text))
    except OSError as error:
        raise SettingError(f"GITHUB_ENV: {error.strerror}", "look at $GITHUB_ENV") from None
    for name in change.withheld:
        click.echo(f"ccroute: {name} was left out (--reveal)", err=True)
