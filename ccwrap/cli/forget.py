"""`ccroute forget`: clear what is remembered of how gateways were."""

from __future__ import annotations

import click

from ccwrap.claude import overlay
from ccwrap.cli import completing, render, world
from ccwrap.errors import SettingError
from ccwrap.health import flight
from ccwrap.health.store import Store, StoreError


@click.command()
@click.argument("routes", nargs=-1, metavar="[ROUTE]…", shell_complete=completing.routes)
def command(routes: tuple[str, ...]) -> None:
    """Forget the verdicts on every gateway, or on those of each ROUTE of that name.

    The next launch asks them again. What `history` shows stays.
    """
    here = world.here()
    try:
        count = forgotten(Store.open(here.places.state), routes)
    except StoreError as error:
        raise SettingError(str(error), "remove that file; it holds nothing but memories") from None
    flight.clear(overlay.bases(here.places, here.environment))
    of = f" of {', '.join(routes)}" if routes else ""
    click.echo(
        render.printable(f"forgotten: {count} {'verdict' if count == 1 else 'verdicts'}{of}")
    )


def forgotten(store: Store, routes: tuple[str, ...]) -> int:
    """Forget; how many verdicts there were. Raises StoreError."""
    if not routes:
        return store.forget()
    return store.forget([asked for route in routes for asked in store.questions(route)])
