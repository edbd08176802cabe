"""examples/organisation: rolled out on a machine of its own, it does what its README says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from ccwrap.gateways.simulated import Setup
from routing import table
from talking import Talk

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import SimulatedGateway
    from machine import Machine
    from sandbox import Sandbox
    from starting import StartGateway

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "organisation"
README: Final = (EXAMPLE / "README.md").read_text()
COMMAND: Final = "/opt/example/bin/sso"
FIRST: Final = "token-one-0123456789"
SECOND: Final = "token-two-0123456789"


class Office(NamedTuple):
    """A machine with the example on it, and what its two host names stand for."""

    sandbox: Sandbox
    machine: Machine
    eu: SimulatedGateway
    us: SimulatedGateway

    def shown(self, text: str) -> str:
        """`text` with the README's names in it."""
        for gateway, host in ((self.eu, "eu"), (self.us, "us")):
            text = text.replace(gateway.url, f"https://llm.{host}.example.com")
        return text.replace("/etc/sso", COMMAND)

    def token(self, value: str) -> None:
        """What the gateways accept and the command prints from now on."""
        self.machine.write("sso", f'#!/bin/sh\n[ "$*" = token ] && echo {value}\n', 0o755)
        for gateway in (self.eu, self.us):
            gateway.setup = gateway.setup._replace(keys=(value,))


@pytest.fixture
def office(sandbox: Sandbox, machine: Machine, gateway: StartGateway, tmp_path: Path) -> Office:
    """install.sh has run there, as root."""
    made = Office(sandbox, machine, gateway(Setup(text="from eu")), gateway(Setup(text="from us")))
    made.token(FIRST)
    handed = tmp_path / "handed out"
    shutil.copytree(EXAMPLE, handed)
    text = (handed / "config.toml").read_text()
    for host, one in (("eu", made.eu), ("us", made.us)):
        text = text.replace(f"https://llm.{host}.example.com", one.url)
    (handed / "config.toml").write_text(text.replace(COMMAND, "/etc/sso"))
    machine.run(sandbox, str(handed / "install.sh")).expect()
    return made


def test_it_is_valid_as_it_stands(bare_sandbox: Sandbox) -> None:
    bare_sandbox.run_ccroute("validate", EXAMPLE / "config.toml").expect()


def test_the_file_is_root_s_and_nobody_else_may_write_it(office: Office) -> None:
    folder = office.machine.etc / "ccwrap"
    (file,) = folder.iterdir()
    assert (file.name, file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (
        "config.toml",
        0o644,
        0o755,
    )
    assert f"`{Path('/etc/ccwrap/config.toml')}` | root, 0644 |" in README


def test_a_session_outlives_its_first_token(office: Office) -> None:
    with Talk(office.sandbox, inside=office.machine.command) as talk:
        assert talk.say("the first")["result"] == "from eu"
        office.token(SECOND)
        assert talk.say("the second")["result"] == "from eu"
        assert talk.end() == 0
    prompts = [(one.bearer, one.key) for one in office.eu.prompts]
    assert (prompts[0], prompts[-1]) == ((FIRST, FIRST), (SECOND, SECOND))
    assert office.eu.prompts[0].header("x-litellm-tags").split(",")[-1] == "house:example"


def test_explain_shows_what_the_readme_shows(office: Office) -> None:
    (block,) = re.findall(r"```\n\$ SSO_TOKEN=mine ccroute explain\n(.*?)```", README, re.DOTALL)
    env = {"SSO_TOKEN": "mine"}
    ran = office.machine.run(office.sandbox, "ccroute", "explain", env=env).expect()
    flat = " ".join(office.shown(ran.out).split())
    for part in re.split(r"\n(?=  \w)", block):
        assert " ".join(part.split()) in flat
    assert "no server-managed settings" in flat


def test_a_project_chooses_among_the_house_s_gateways_alone(office: Office) -> None:
    file = table("us", office.us.url).replace("LLM_KEY", "SSO_TOKEN")
    office.sandbox.ccroute(table("elsewhere", "https://elsewhere.example.com") + file)
    ran = office.machine.run(office.sandbox, "ccwrap", "-p", "hello").expect()
    assert ran.out.strip() == "from us"
    assert "left out, not allowed yet: elsewhere (/etc/ccwrap/config.toml locks trust)" in ran.err


def test_managed_settings_that_choose_the_gateway_win(office: Office) -> None:
    env = {"ANTHROPIC_BASE_URL": office.us.url, "ANTHROPIC_AUTH_TOKEN": FIRST}
    office.machine.write("claude-code/managed-settings.json", json.dumps({"env": env}))
    ran = office.machine.run(office.sandbox, "ccwrap", "-p", "hello").expect()
    assert (ran.out.strip(), office.eu.connections) == ("from us", 0)
    assert "managed settings choose the gateway" in ran.err
