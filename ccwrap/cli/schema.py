"""`ccroute schema`: what editors complete a `.ccroute` or a config.toml from."""

from __future__ import annotations

import json

import click

from ccwrap.gateways import kinds
from ccwrap.routes.schema import json_schema


@click.command()
@click.option("--config", is_flag=True, help="The schema of config.toml instead.")
def command(*, config: bool) -> None:
    """Print the JSON Schema of .ccroute, in the draft 7 that TOML editors read.

    It comes from the same table as `ccroute validate`; what only the whole file
    tells (twin names, a kind's own needs) is left to that.
    """
    click.echo(text(config=config), nl=False)


def text(*, config: bool = False) -> str:
    """The schema as a file's text."""
    return json.dumps(json_schema(kinds.load(), config=config), indent=2) + "\n"
