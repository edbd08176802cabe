from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import Setup
from routing import KEY, routed

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

MODEL = 'models = "claude-sonnet-5"'


def test_the_named_route_runs_this_once(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    standin = bare_sandbox.stand_in(exits=7)
    first, second = gateway(Setup(keys=[KEY])), gateway(Setup(keys=[KEY]))
    routed(bare_sandbox, {"first": first.url, "second": second.url}, more=MODEL)
    arguments = ["-p", "", "--", "--route", "x\ny", "ü"]
    ran = bare_sandbox.run_ccroute("run", "--route", "second", "--", *arguments).expect(7)
    assert ran.out == "stand-in\n"
    report = standin.report
    assert report.argv[0] == "--settings"
    assert report.argv[2:] == arguments
    assert report.environment["ANTHROPIC_BASE_URL"] == second.url
    assert first.connections == 0


def test_the_override_is_not_handed_on(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    standin = bare_sandbox.stand_in()
    routed(bare_sandbox, {"eu": gateway().url}, more=MODEL)
    bare_sandbox.run_ccroute("run", "--route", "eu", "--policy", "ordered", "--", "-p").expect()
    report = standin.report
    assert report.overlay is not None
    for given in (report.environment, report.overlay["env"]):
        assert not given.get("CCWRAP_ROUTE")
        assert not given.get("CCWRAP_POLICY")


def test_a_named_route_that_cant_be_used_gives_way_to_no_other(
    bare_sandbox: Sandbox, gateway: StartGateway, refused_port: int
) -> None:
    standin = bare_sandbox.stand_in()
    dead = f"http://127.0.0.1:{refused_port}"
    routed(bare_sandbox, {"well": gateway().url, "dead": dead}, more=MODEL)
    ran = bare_sandbox.run_ccroute("run", "--route", "dead", "--", "-p", "x").expect(69)
    assert "pinned to dead" in ran.err
    assert ran.out == ""
    assert standin.reports == []


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--route", "us"], 78, "--route names the route 'us'; there is only eu"),
        (["--policy", "cheapest"], 78, "not in this version"),
        (["--policy", "random"], 78, "--policy is none of"),
        (["-p"], 2, "claude's own go behind --: ccroute run -- …"),
    ],
    ids=["unknown route", "later policy", "unknown policy", "claude's option without --"],
)
def test_an_override_that_makes_no_sense_starts_nothing(
    bare_sandbox: Sandbox, options: list[str], status: int, says: str
) -> None:
    standin = bare_sandbox.stand_in()
    routed(bare_sandbox, {"eu": "http://127.0.0.1:9"})
    ran = bare_sandbox.run_ccroute("run", *options).expect(status)
    assert says in ran.err
    assert standin.reports == []


def test_without_a_route_file_it_is_claude_alone(bare_sandbox: Sandbox) -> None:
    standin = bare_sandbox.stand_in()
    bare_sandbox.run_ccroute("run", "--", "-p", "x", input="words").expect()
    assert standin.report.argv == ["-p", "x"]
    assert standin.report.stdin == "words"
    assert standin.report.ignored == []


def test_what_stopped_it_is_told_as_it_was_typed(bare_sandbox: Sandbox) -> None:
    bare_sandbox.stand_in()
    routed(bare_sandbox, {"eu": "http://127.0.0.1:9"})
    bare_sandbox.run_ccroute("run", "--route", "us").expect(78)
    out = bare_sandbox.run_ccroute().expect(69).out
    assert "--route names the route 'us'" in out
    assert "CCWRAP_ROUTE" not in out
