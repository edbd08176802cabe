"""The demo's world: four gateways on loopback, a project, a home of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.gateways.simulated import Setup, SimulatedGateway, slow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEY: Final = "made-up-key-of-the-demo"
DELAY: Final = 30.0
"""Seconds that the slow gateway takes; its candidate's time limit is far shorter."""

KEPT: Final = (
    "CCWRAP_DEBUG", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "TZ",
    "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "WINDIR", "TEMP", "TMP", "TMPDIR",
)  # fmt: skip
"""Of the user's environment, what a program needs to run and to print, and no more."""

ROUTE_FILE: Final = """\
# The demo's routes, the most wanted first.
project = "demo"

[probe]
timeout = "1.5s"
"""
ROUTE: Final = """
[[route]]
name = "{name}"
kind = "generic"
url = "{url}"
auth_token = "${{DEMO_KEY}}"
models = "claude-sonnet-5"
"""


class Gateway(NamedTuple):
    """One gateway of the demo, and what is to be known of it."""

    name: str
    url: str
    about: str


class DemoWorld(NamedTuple):
    """Where the demo happens; nothing of the user's is in it.

    simulated  the gateways that run, by name
    """

    gateways: tuple[Gateway, ...]
    simulated: Mapping[str, SimulatedGateway]
    project: Path
    environment: Mapping[str, str]

    def run(self, tool: str, *arguments: str, claude: Path | None = None) -> int:
        """Run `ccwrap` or `ccroute` there, on this process's output; its exit code."""
        chosen = {"CCWRAP_CLAUDE": str(claude)} if claude else {}
        done = subprocess.run(
            [*_command(tool), *arguments],
            cwd=self.project,
            env={**self.environment, **chosen},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode

    def answered(self) -> list[str]:
        """The gateways whose model has answered."""
        return [name for name, gateway in self.simulated.items() if gateway.served]


@contextlib.contextmanager
def open_world(environment: Mapping[str, str]) -> Iterator[DemoWorld]:
    """Start the gateways and write the project; both are gone at the end."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccwrap-demo-")))
        simulated = {
            "locked": SimulatedGateway(Setup(keys={"another key"})),
            "slow": SimulatedGateway(Setup(text="This is slow."), slow(DELAY)),
            "good": SimulatedGateway(Setup(keys={KEY}, text=ANSWER)),
        }
        for gateway in simulated.values():
            stack.enter_context(gateway)
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        gateways = (
            Gateway("closed", f"http://127.0.0.1:{closed.getsockname()[1]}", "refuses connections"),
            Gateway("locked", simulated["locked"].url, "rejects the key"),
            Gateway("slow", simulated["slow"].url, f"takes {DELAY:.0f} seconds to answer"),
            Gateway("good", simulated["good"].url, "is well"),
        )
        project = _project(folder, gateways)
        yield DemoWorld(gateways, simulated, project, _environment(environment, folder / "home"))


ANSWER: Final = "Hello from the good gateway. I'm simulated; the claude that asked me is real."


def _project(folder: Path, gateways: tuple[Gateway, ...]) -> Path:
    project = folder / "home" / "demo"
    project.mkdir(parents=True)
    routes = [ROUTE.format(name=one.name, url=one.url) for one in gateways]
    (project / ".ccroute").write_text(ROUTE_FILE + "".join(routes), encoding="utf-8")
    return project


def _environment(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """A home of its own, a made-up key, no proxy, and no chatter but the demo's."""
    kept = {name: environment[name] for name in KEPT if name in environment}
    own = {"HOME": str(home), "USERPROFILE": str(home), "DEMO_KEY": KEY, "PATH": os.defpath}
    if sys.platform == "win32":
        own |= {"APPDATA": str(home / "Roaming"), "LOCALAPPDATA": str(home / "Local")}
        own |= {"PATH": environment.get("PATH", "")}
    return kept | own | {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def _command(tool: str) -> list[str]:
    """The start of a command line for `tool`, run by this very installation.

    A new home hides what `pip install --user` has installed, and a console script
    may stand on no PATH: so the modules come from where they came from here.
    """
    path = [entry for entry in sys.path if os.path.isabs(entry)]
    code = (
        f"import sys; sys.path[:] = {path!r}; from ccwrap.start import {tool}; sys.exit({tool}())"
    )
    return [sys.executable, "-I", "-c", code]
