"""Where there is nothing to route, claude runs as if ccwrap were not there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import Setup
from routing import routed

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from starting import StartGateway

OURS = {"CCWRAP_CHAIN"}
"""The one variable that a launch adds, against wrappers that call each other."""


def test_without_a_route_file_nothing_is_changed(bare_sandbox: Sandbox) -> None:
    stand_in = bare_sandbox.stand_in("as ever\n", exits=7)
    bare_sandbox.environment |= {"ANTHROPIC_API_KEY": "own", "ANTHROPIC_BASE_URL": "http://own"}
    ran = bare_sandbox.run_ccwrap("-p", "hello", "--settings", "{}", input="piped").expect(7)
    (report,) = stand_in.reports
    assert (ran.out, ran.err) == ("as ever\n", "")
    assert report.argv == ["-p", "hello", "--settings", "{}"]
    assert report.stdin == "piped"
    added = (
        set(report.environment) - set(bare_sandbox.environment) - {"PWD", "_", "SHLVL", "OLDPWD"}
    )
    assert added <= OURS
    assert bare_sandbox.environment.items() <= report.environment.items()


def test_nothing_of_ours_is_written_where_nothing_is_routed(bare_sandbox: Sandbox) -> None:
    bare_sandbox.stand_in()
    bare_sandbox.run_ccwrap("-p", "hello").expect()
    assert os.listdir(bare_sandbox.home) == ["work"]


def test_ccwrap_disable_passes_a_routed_project_through(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    stand_in = bare_sandbox.stand_in()
    one = gateway()
    routed(bare_sandbox, {"one": one.url})
    bare_sandbox.run_ccwrap("-p", "hello", env={"CCWRAP_DISABLE": "1"}).expect()
    (report,) = stand_in.reports
    assert report.argv == ["-p", "hello"]
    assert "ANTHROPIC_BASE_URL" not in report.environment
    assert one.connections == 0


@pytest.mark.parametrize("missing", ["HOME is empty and read-only", "HOME is not set"])
def test_a_home_that_cannot_be_written_stops_no_plain_launch(
    bare_sandbox: Sandbox, missing: str, tmp_path: Path
) -> None:
    stand_in = bare_sandbox.stand_in()
    if "read-only" in missing:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        bare_sandbox.environment["HOME"] = str(closed)
    else:
        del bare_sandbox.environment["HOME"]
    bare_sandbox.run_ccwrap("-p", "hello").expect()
    assert len(stand_in.reports) == 1


def test_a_routed_session_of_the_real_claude_answers(
    sandbox: Sandbox, gateway: StartGateway
) -> None:
    good = gateway(Setup(text="routed"))
    routed(sandbox, {"good": good.url})
    ran = sandbox.run_ccwrap("-p", "hello").expect()
    assert (ran.out.strip(), ran.err) == ("routed", "")
