"""What a launch is made from: the edges of the process, read once."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ccwrap.claude import nesting
from ccwrap.claude.nesting import Around
from ccwrap.errors import SettingError
from ccwrap.gateways import kinds, road
from ccwrap.health import live
from ccwrap.health.memory import Memory
from ccwrap.light import TYPE_CHECKING, NamedTuple
from ccwrap.places import Places, places
from ccwrap.voice import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccwrap.claude.invocation import Invocation
    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.gateways.verdict import Verdict

WRAPPER_SECONDS = 2.5
"""All that a launch may take in the wrapper form, whose callers give up after three."""


class World(NamedTuple):
    """What a launch is made from.

    started   monotonic seconds at which the launch began
    lived     seconds since the process was started until then
    terminal  a person sits at standard input, output and error
    patient   every candidate is asked and waited for, also when the choice is clear
    watch     is told where each candidate stands (None: being asked), and each verdict
    overrides CCWRAP_* variables that count for this launch and are not handed on
    only      names of the routes that are looked at; () for all
    depth     the probe's depth in place of the file's; "" for the file's
    memory    what earlier launches left
    afresh    ask, whatever is remembered
    static    credentials as they are now, also those that expire
    around    the launch in whose session this one stands
    """

    invocation: Invocation
    environment: Mapping[str, str]
    cwd: Path
    places: Places
    catalogue: Catalogue
    started: float
    memory: Memory
    terminal: bool = False
    patient: bool = False
    watch: Callable[[str, Verdict | None], None] | None = None
    overrides: Mapping[str, str] = {}
    only: tuple[str, ...] = ()
    depth: str = ""
    afresh: bool = False
    static: bool = False
    around: Around = Around()
    lived: float = 0.0

    @classmethod
    def here(cls, invocation: Invocation, environment: Mapping[str, str]) -> World:
        """This process's world; in a session that claude started by itself, its launch's.

        Raises SettingError where the folder is gone, or the session's overlay.
        """
        started, lived = time.monotonic(), age()
        try:
            cwd = Path.cwd()
        except FileNotFoundError:
            raise SettingError("the working directory no longer exists", "cd elsewhere") from None
        streams = (sys.stdin, sys.stdout, sys.stderr)
        terminal = all(stream is not None and stream.isatty() for stream in streams)
        catalogue = kinds.load()
        where = places(environment)
        memory = Memory(where.state, say if not invocation.wrapped else silent)
        run, around, own = nesting.unwrapped(invocation, environment, where, road.VARIABLES)
        here = cls(run, own, cwd, where, catalogue, started, memory, terminal)
        return here._replace(around=around, lived=lived)

    @property
    def wishes(self) -> dict[str, str]:
        """The environment as the choice of a route sees it."""
        return {**self.before, **self.overrides}

    @property
    def before(self) -> Mapping[str, str]:
        """The environment as a route sees it: what the launch around gave is no user's word."""
        return self.environment if self.around.own else nesting.before(self.environment)

    @property
    def may_ask(self) -> bool:
        """Whether a question may be put: a person, an interactive session, no wrapper."""
        run = self.invocation
        return self.terminal and not (run.printing or run.background or run.wrapped)

    @property
    def may_speak(self) -> bool:
        """Whether a line on standard error is allowed at all."""
        return not self.invocation.wrapped

    def seconds(self, limit: float, spare: float = 0.0) -> float:
        """`limit`, or what the wrapper form leaves of it, `spare` seconds kept for later."""
        if not self.invocation.wrapped:
            return limit
        left = self.started - self.lived + WRAPPER_SECONDS - spare - time.monotonic()
        return max(0.1, min(limit, left))


def age() -> float:
    """Seconds since this process was started: interpreters start slowly on a busy machine.

    0 where that can't be read (Linux alone tells cheaply), and for a process that was
    something else before: claude becomes its process wrapper where it starts again.
    """
    if sys.platform != "linux":
        return 0.0
    began = live.by_kernel(os.getpid())
    seconds = 0.0 if began is None else time.clock_gettime(time.CLOCK_BOOTTIME) - began
    return seconds if 0 < seconds < WRAPPER_SECONDS else 0.0


def say(line: str) -> None:
    """One line on standard error."""
    tell(f"ccwrap: {line}\n")


def silent(line: str) -> None:
    """Nothing: the wrapper form's callers show standard error as a failure."""
    del line
