"""Whatever starts Claude Code is routed as it is meant, in silence, with its own arguments.

tests/support/vectors.toml has the arguments, and where each comes from.
"""

from __future__ import annotations

import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from ccwrap.gateways.simulated import Setup
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import SimulatedGateway
    from sandbox import Sandbox
    from standin import Report, StandIn
    from starting import StartGateway

DATA: Final = Path(__file__).parents[1] / "support" / "vectors.toml"
VECTORS: Final[list[dict[str, Any]]] = tomllib.loads(DATA.read_text())["vector"]
OVERLAY: Final = "<overlay>"


def of(*actions: str) -> pytest.MarkDecorator:
    """Run a test with every vector that has one of these actions."""
    chosen = [vector for vector in VECTORS if vector["action"] in actions]
    return pytest.mark.parametrize("vector", chosen, ids=lambda vector: vector["name"])


@pytest.fixture
def gateway_of_the_project(bare_sandbox: Sandbox, gateway: StartGateway) -> SimulatedGateway:
    """The gateway of the project's one route, which is allowed and well."""
    good = gateway(Setup(keys=(KEY,)))
    routed(bare_sandbox, {"good": good.url})
    return good


class Start:
    """One start of ccwrap as a vector has it.

    given     claude's arguments; a script that stands in front is the first of them
    settings  the caller's own settings
    """

    def __init__(self, sandbox: Sandbox, standin: StandIn, vector: dict[str, Any]) -> None:
        before = [place(sandbox, standin, name) for name in vector.get("before", ())]
        names = {"ccwrap": script("ccwrap"), "claude": before[0] if before else ""}
        argv = [filled(word, names) for word in vector["argv"]]
        self.given = [*before[1:], *argv]
        self.scripts = len(before[1:])
        own = [text for name, text in pairwise(argv) if name == "--settings"]
        self.settings: dict[str, Any] = json.loads(own[0]) if own else {}
        self.env = dict(vector.get("env", {}))
        self.ran = sandbox.run_ccwrap(*before, *argv, env=self.env)


def with_ours(start: Start) -> list[str]:
    """The arguments with our settings where the caller's stood, or in front."""
    expected = start.given[:]
    if "--settings" in expected:
        expected[expected.index("--settings") + 1] = OVERLAY
    else:
        expected[start.scripts : start.scripts] = ["--settings", OVERLAY]
    return expected


def place(sandbox: Sandbox, standin: StandIn, name: str) -> str:
    """The stand-in, or a script, where the vector has it below the home folder."""
    path = sandbox.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".js"):
        path.touch()
    else:
        path.symlink_to(standin.path)
    return str(path)


def filled(word: str, names: dict[str, str]) -> str:
    return re.sub(r"\{(ccwrap|claude)\}", lambda found: names[found[1]], word)


def seen(report: Report) -> list[str]:
    return [
        OVERLAY if re.fullmatch(r"/.*/overlays/[0-9a-f]+\.json", word) else word
        for word in report.argv
    ]


@of("route")
def test_it_is_routed(
    bare_sandbox: Sandbox,
    standin: StandIn,
    gateway_of_the_project: SimulatedGateway,
    vector: dict[str, Any],
) -> None:
    start = Start(bare_sandbox, standin, vector)
    assert (start.ran.status, start.ran.out, start.ran.err) == (0, "stand-in\n", "")
    report = standin.report
    overlay = report.overlay or {}
    assert seen(report) == with_ours(start)
    assert start.settings.pop("env", {}).items() <= overlay["env"].items()
    assert start.settings.items() <= overlay.items()
    assert overlay["env"]["ANTHROPIC_AUTH_TOKEN"] == KEY
    assert report.environment["ANTHROPIC_BASE_URL"] == gateway_of_the_project.url
    assert start.env.items() <= report.environment.items()


@of("pass")
def test_it_is_passed_through(
    bare_sandbox: Sandbox,
    standin: StandIn,
    gateway_of_the_project: SimulatedGateway,
    vector: dict[str, Any],
) -> None:
    start = Start(bare_sandbox, standin, vector)
    assert (start.ran.status, start.ran.out, start.ran.err) == (0, "stand-in\n", "")
    report = standin.report
    assert report.argv == start.given
    assert "ANTHROPIC_BASE_URL" not in report.environment
    assert start.env.items() <= report.environment.items()
    assert gateway_of_the_project.log == ()


@of("cold")
def test_it_is_left_to_start_cold(
    bare_sandbox: Sandbox,
    standin: StandIn,
    gateway_of_the_project: SimulatedGateway,
    vector: dict[str, Any],
) -> None:
    start = Start(bare_sandbox, standin, vector)
    assert (start.ran.status, start.ran.out, start.ran.err) == (1, "", "")
    assert standin.reports == []
    assert gateway_of_the_project.log == ()
