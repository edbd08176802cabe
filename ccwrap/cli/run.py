"""`ccroute run`: one launch with another route or policy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ccwrap import launcher
from ccwrap.claude import invocation
from ccwrap.cli import completing
from ccwrap.cli.passing import Passing
from ccwrap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command(cls=Passing, context_settings={"allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]…")
@click.option(
    "--route",
    default="",
    metavar="NAME",
    help="This route or none.",
    shell_complete=completing.routes,
)
@click.option("--policy", default="", metavar="POLICY", help="Choose by this policy.")
@click.option("--fresh", is_flag=True, help="Ask every gateway, whatever is remembered.")
def command(arguments: tuple[str, ...], route: str, policy: str, fresh: bool) -> None:
    """Become claude with ARGS, as ccwrap does, on the route or by the policy given here."""
    wishes = {"CCWRAP_ROUTE": route, "CCWRAP_POLICY": policy}
    overrides = {name: value for name, value in wishes.items() if value}
    environment = dict(os.environ)
    run = invocation.read(arguments, environment)
    try:
        launcher.launch(run, environment, overrides, afresh=fresh)
    except SettingError as error:
        raise SettingError(as_typed(error.message, overrides), error.hint) from None


def as_typed(message: str, overrides: Iterable[str]) -> str:
    """`message` with the options that were typed in the place of their variables."""
    for name in overrides:
        message = message.replace(name, name.replace("CCWRAP_", "--").lower())
    return message
