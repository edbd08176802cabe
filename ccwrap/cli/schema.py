"""`ccroute schema`: what editors complete a `.ccroute` from."""

from __future__ import annotations

import json

import click

from ccwrap.gateways import kinds
from ccwrap.routes.schema import json_schema


@click.command()
def command() -> None:
    """Print the JSON Schema of .ccroute, in the draft 7 that TOML editors read.

    It comes from the same table as `ccroute validate`; what only the whole file
    tells (twin names, a kind's own needs) is left to that.
    """
    click.echo(text(), nl=False)


def text() -> str:
    """The schema as a file's text."""
    return json.dumps(json_schema(kinds.load()), indent=2) + "\n"
