"""On a terminal: the status line names the route, and `-c` passes over sessions of `-p`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccwrap.gateways.simulated import WELL, Setup, refuses
from routing import KEY, routed

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway
    from terminal import Terminal


def talk(terminal: Terminal, words: str, answer: str) -> None:
    """Say something and wait for what the gateway says."""
    terminal.send(words)
    terminal.expect(words)
    terminal.send("\r")
    terminal.expect(answer)


def test_the_status_line_names_the_route_and_an_interactive_session_returns_to_it(
    sandbox: Sandbox, gateway: StartGateway
) -> None:
    one = gateway(Setup(keys=(KEY,), text="from one"), refuses(401))
    two = gateway(Setup(keys=(KEY,), text="from two"))
    routed(sandbox, {"first": one.url, "second": two.url})
    sandbox.run_ccroute("statusline", "--install").expect()
    sandbox.past_onboarding()
    with sandbox.terminal("ccwrap") as terminal:
        terminal.expect("second · fallback")
        talk(terminal, "the interactive prompt", "from two")
    one.behaviour = WELL
    sandbox.run_ccroute("forget").expect()
    sandbox.run_ccwrap("-p", "a later one of -p").expect()
    with sandbox.terminal("ccwrap", "-c") as terminal:
        terminal.expect("second")
        talk(terminal, "and on", "from two")
    assert b"the interactive prompt" in two.prompts[-1].body
