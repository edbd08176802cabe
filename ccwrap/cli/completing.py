"""What a shell's completion offers: it asks no gateway and no person, and never fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ccwrap.errors import CcwrapError
from ccwrap.gateways import kinds as catalogue
from ccwrap.places import places
from ccwrap.routes import files

if TYPE_CHECKING:
    import click


def routes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the routes that hold here, without those that stand in the line already."""
    environment = dict(os.environ)
    try:
        file = files.load(Path.cwd(), environment, places(environment), catalogue.load())
    except (CcwrapError, OSError):
        return []
    typed = ctx.params.get(param.name or "") or ()
    names = [route.name for route in file.routes] if file else []
    return [name for name in names if name.startswith(incomplete) and name not in typed]


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the kinds of gateways."""
    del ctx, param
    return [name for name in catalogue.load().names() if name.startswith(incomplete)]
