"""A secret is found nowhere but in claude's environment, the overlay and its gateway's log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import ECHO_AUTH, Setup, refuses
from routing import table

if TYPE_CHECKING:
    from pathlib import Path

    from running import Ran
    from sandbox import Sandbox
    from starting import StartGateway

KEY = "canary-key-8c1f4e2b7a90"
EDGE = "canary-edge-51d3a9e07b6c"
WRONG = "canary-wrong-2f9b60c4d81e"
LEFTOVER = "canary-leftover-e7714ac09d35"
PIECES = [secret[:12] for secret in (KEY, EDGE, WRONG, LEFTOVER)]

COMMANDS = [
    (),
    ("check",),
    ("check", "--json"),
    ("explain",),
    ("explain", "--json"),
    ("env",),
    ("env", "--format", "json"),
    ("trust", "--list"),
    ("trust", "--print"),
    ("doctor",),
    ("doctor", "--json"),
    ("validate",),
]


@pytest.fixture
def secretive(bare_sandbox: Sandbox, gateway: StartGateway) -> Sandbox:
    """A world with a canary in every place where a secret may stand."""
    good = gateway(Setup(keys=(KEY,)))
    loud, locked = gateway(behaviour=ECHO_AUTH), gateway(behaviour=refuses(401, f"bad key {WRONG}"))
    edge = 'headers = { X-Edge = "${EDGE_KEY}" }'
    bare_sandbox.ccroute(
        table("loud", loud.url, edge)
        + table("locked", locked.url).replace("LLM_KEY", "WRONG_KEY")
        + table("good", good.url, edge)
    )
    for url in (loud.url, good.url):
        bare_sandbox.allow(f"LLM_KEY@{url}", f"EDGE_KEY@{url}", f"header:X-Edge@{url}")
    bare_sandbox.allow(f"WRONG_KEY@{locked.url}")
    bare_sandbox.write(".env.local", f"LLM_KEY={KEY}\n")
    keyfile = bare_sandbox.write(bare_sandbox.home / "edge", EDGE, 0o600)
    bare_sandbox.config(
        f'[secrets]\nEDGE_KEY = {{ file = "{keyfile}" }}\n'
        f'WRONG_KEY = {{ command = ["sh", "-c", "echo noise >&2; echo {WRONG}"] }}\n'
    )
    bare_sandbox.environment |= {"ANTHROPIC_API_KEY": LEFTOVER, "CCWRAP_DEBUG": "1"}
    return bare_sandbox


def silent(ran: Ran) -> None:
    for piece in PIECES:
        assert piece not in ran.out + ran.err, f"{piece} is shown by {ran.command[1:]}"


def files_with_a_canary(folder: Path) -> set[str]:
    found: set[str] = set()
    for root, _, names in os.walk(folder):
        for name in names:
            path = f"{root}/{name}"
            assert not any(piece in path for piece in PIECES)
            with open(path, "rb") as file:
                data = file.read()
            if any(piece.encode() in data for piece in PIECES):
                found.add(os.path.relpath(path, folder))
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_shows_a_secret(secretive: Sandbox, command: tuple[str, ...]) -> None:
    silent(secretive.run_ccroute(*command))


def test_a_launch_puts_it_where_it_belongs_and_nowhere_else(secretive: Sandbox) -> None:
    stand_in = secretive.stand_in()
    before = files_with_a_canary(secretive.home)
    ran = secretive.run_ccwrap("-p", "hello").expect()
    silent(ran)
    (report,) = stand_in.reports
    assert not any(piece in argument for piece in PIECES for argument in report.argv)
    holders = {name for name, value in report.environment.items() if "canary" in value}
    assert holders == {"ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"}
    (overlay,) = files_with_a_canary(secretive.home) - before
    assert overlay.startswith(".local/state/ccwrap/overlays/")


def test_a_refused_launch_keeps_it_to_itself_too(secretive: Sandbox) -> None:
    secretive.stand_in()
    before = files_with_a_canary(secretive.home)
    silent(secretive.run_ccwrap("-p", "hello", env={"CCWRAP_ROUTE": "locked"}).expect(69))
    for broken in (f'{{"env": {{"K": "{KEY}"}}', f'[{{"env": {{"K": "{KEY}"}}}}]'):
        silent(secretive.run_ccwrap("-p", "hello", "--settings", broken).expect(78))
    silent(secretive.run_ccroute())
    assert files_with_a_canary(secretive.home) == before
