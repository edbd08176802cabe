"""An organisation's managed settings that choose the gateway win, and ccwrap says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.gateways.simulated import Setup
from routing import KEY, routed

if TYPE_CHECKING:
    from machine import Machine
    from running import Ran
    from sandbox import Sandbox
    from starting import StartGateway


def launch(
    sandbox: Sandbox, machine: Machine, settings: dict[str, Any], program: str = "ccwrap"
) -> Ran:
    """`ccwrap -p` or `ccroute explain` under these managed settings."""
    machine.write("claude-code/managed-settings.json", json.dumps(settings))
    arguments = ("-p", "hello") if program == "ccwrap" else ("explain", "--json")
    return machine.run(sandbox, program, *arguments)


@pytest.mark.parametrize("program", ["ccwrap", "ccroute"])
def test_a_managed_base_url_is_the_only_one_that_is_used(
    sandbox: Sandbox, gateway: StartGateway, machine: Machine, program: str
) -> None:
    ours, theirs = gateway(Setup(text="ours")), gateway(Setup(text="theirs"))
    routed(sandbox, {"ours": ours.url})
    env = {"ANTHROPIC_BASE_URL": theirs.url, "ANTHROPIC_AUTH_TOKEN": "theirs-0123456789"}
    ran = launch(sandbox, machine, {"env": env}, program).expect()
    assert ours.connections == 0
    if program == "ccroute":
        assert (ran.json["action"], ran.json["route"]) == ("unrouted", None)
        assert "ANTHROPIC_BASE_URL" in ran.json["reason"]
        return
    assert ran.out.strip() == "theirs"
    assert "managed settings choose the gateway" in ran.err
    assert {request.bearer for request in theirs.prompts} == {"theirs-0123456789"}
    assert KEY not in str(theirs.log)


def test_managed_settings_that_leave_the_gateway_alone_leave_the_route(
    sandbox: Sandbox, gateway: StartGateway, machine: Machine
) -> None:
    ours = gateway(Setup(text="ours"))
    routed(sandbox, {"ours": ours.url})
    ran = launch(sandbox, machine, {"permissions": {"deny": ["WebFetch"]}}).expect()
    assert (ran.out.strip(), ran.err) == ("ours", "")


def test_a_managed_login_is_claudes_to_enforce(
    sandbox: Sandbox, gateway: StartGateway, machine: Machine
) -> None:
    ours = gateway()
    routed(sandbox, {"ours": ours.url})
    ran = launch(sandbox, machine, {"forceLoginMethod": "claudeai"})
    assert ran.status != 0
    assert "forceLoginMethod" in ran.err
    assert ours.connections == 0
