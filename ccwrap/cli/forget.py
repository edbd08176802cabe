"""`ccroute forget`: clear what is remembered of how gateways were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccwrap.claude import overlay
from ccwrap.cli import completing, memories, render, world
from ccwrap.health import flight

if TYPE_CHECKING:
    from ccwrap.health.store import Store


@click.command()
@click.argument("routes", nargs=-1, metavar="[ROUTE]…", shell_complete=completing.routes)
def command(routes: tuple[str, ...]) -> None:
    """Forget the verdicts on every gateway, or on those of each ROUTE of that name.

    The next launch asks them again. What `history` shows stays.
    """
    here = world.here()
    count = memories.look(here, lambda store: forgotten(store, routes))
    flight.clear(overlay.bases(here.places, here.environment))
    of = f" of {', '.join(routes)}" if routes else ""
    number = f"forgotten: {count} verdict{'' if count == 1 else 's'}"
    click.echo(render.printable(f"{number if count else 'nothing was remembered'}{of}"))


def forgotten(store: Store, routes: tuple[str, ...]) -> int:
    """Forget; how many verdicts there were. Raises StoreError."""
    if not routes:
        return store.forget()
    return store.forget([asked for route in routes for asked in store.questions(route)])
