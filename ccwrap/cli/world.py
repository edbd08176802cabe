"""The edge of `ccroute`: what a command sees of this process, read once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ccwrap.claude import invocation
from ccwrap.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence


def here(arguments: Sequence[str] = ()) -> World:
    """This process's world as a launch with `arguments` would find it, asking nothing.

    Raises SettingError where the working directory is gone.
    """
    environment = dict(os.environ)
    run = invocation.read(arguments, environment)
    return World.here(run, environment)._replace(terminal=False)
