"""What a session starts, and what Claude Code starts for it, runs on the session's route."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import Call, Setup, refuses
from needing import missing
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.gateways.simulated import Received, SimulatedGateway
    from sandbox import Sandbox
    from starting import StartGateway

AGENT = {"description": "d", "prompt": "the agent's work", "subagent_type": "general-purpose"}
CALLS = (
    Call("ask a subagent", "Agent", {**AGENT, "run_in_background": False}),
    Call("ask a teammate", "Agent", {**AGENT, "name": "mate"}),
)


class World:
    """Two gateways that are well; sessions begin on the second one, which nothing prefers."""

    def __init__(self, sandbox: Sandbox, start: StartGateway) -> None:
        self.sandbox = sandbox
        self.one = start(Setup(keys=(KEY,), text="from one", calls=CALLS))
        self.two = start(Setup(keys=(KEY,), text="from two", calls=CALLS))
        routed(sandbox, {"one": self.one.url, "two": self.two.url})
        sandbox.past_onboarding()

    def on_two(self, *arguments: str) -> str:
        """Run claude on the second gateway to its end; what it says."""
        return self.sandbox.run_ccroute("run", "--route", "two", "--", *arguments).expect().out

    def background(self, prompt: str) -> str:
        """A background session on the second gateway, which has had its prompt; its name."""
        (job,) = re.findall(r"backgrounded · ([0-9a-f]{8})", self.on_two("--bg", prompt))
        heard(self.two, prompt)
        return str(job)

    def say(self, job: str, prompt: str, gateway: SimulatedGateway) -> None:
        """Type a prompt into a background session; it comes to `gateway`."""
        with self.sandbox.terminal(self.sandbox.claude, "attach", job) as terminal:
            terminal.expect("⏵⏵", seconds=60)  # before it, keys are for the one that attaches
            terminal.send(prompt)
            terminal.expect(prompt, seconds=60)
            terminal.send("\r")
            heard(gateway, prompt)


def heard(gateway: SimulatedGateway, prompt: str) -> Received:
    """The request with `prompt` of the user's."""
    return gateway.wait_for(lambda one: one.is_prompt and prompt in said(one), seconds=60)


def said(request: Received) -> str:
    """The last message of the user's."""
    messages = request.data.get("messages")
    users = [one for one in messages if one["role"] == "user"] if isinstance(messages, list) else []
    return json.dumps(users[-1]) if users else ""


@pytest.fixture
def world(sandbox: Sandbox, gateway: StartGateway) -> Iterator[World]:
    """A world whose background service ends with the test."""
    yield World(sandbox, gateway)
    if (sandbox.home / ".claude" / "daemon").exists():
        sandbox.run(sandbox.claude, "daemon", "stop", "--any")


@pytest.fixture(params=["alias", "process wrapper", "processWrapper"])
def wrapped(request: pytest.FixtureRequest, world: World) -> str:
    """How Claude Code starts itself: by its own path, or through us as one of two settings says."""
    if request.param == "process wrapper":
        world.sandbox.environment["CLAUDE_CODE_PROCESS_WRAPPER"] = json.dumps([script("ccwrap")])
    if request.param == "processWrapper":
        folder = world.sandbox.home / "a folder"
        folder.mkdir()
        (folder / "ccwrap").symlink_to(script("ccwrap"))
        world.sandbox.settings("user", {"processWrapper": f'"{folder / "ccwrap"}"'})
    return str(request.param)


def test_a_background_session_and_one_that_is_woken(world: World, wrapped: str) -> None:
    del wrapped
    job = world.background("say first")
    world.sandbox.run(world.sandbox.claude, "stop", job).expect()
    world.sandbox.run(world.sandbox.claude, "respawn", job).expect()
    world.say(job, "say again", world.two)
    assert world.one.prompts == ()
    assert {request.bearer for request in world.two.prompts} == {KEY}


def test_a_session_of_the_agent_view(world: World, wrapped: str) -> None:
    del wrapped
    words = ("run", "--route", "two", "--", "agents")
    with world.sandbox.terminal("ccroute", *words) as terminal:
        terminal.expect("describe a task", seconds=60)
        terminal.send("say dispatched")
        terminal.expect("say dispatched")
        terminal.send("\r")
        heard(world.two, "say dispatched")
    assert world.one.connections == 0


def test_a_woken_session_leaves_a_route_that_has_failed(world: World) -> None:
    world.sandbox.environment["CLAUDE_CODE_PROCESS_WRAPPER"] = script("ccwrap")
    job = world.background("say first")
    world.sandbox.run(world.sandbox.claude, "stop", job).expect()
    world.two.behaviour = refuses(401)
    world.sandbox.run_ccroute("check", "two")
    world.sandbox.run(world.sandbox.claude, "respawn", job).expect()
    world.say(job, "say again", world.one)


def test_a_new_background_session_leaves_a_route_that_has_failed(
    world: World, wrapped: str
) -> None:
    del wrapped
    world.background("say first")
    world.two.behaviour = refuses(401)
    world.sandbox.run_ccroute("check", "two")
    world.sandbox.run_ccwrap("--bg", "say next").expect()
    heard(world.one, "say next")


def test_a_subagent(world: World) -> None:
    assert world.on_two("-p", "ask a subagent") == "from two\n"
    agent = heard(world.two, AGENT["prompt"])
    assert agent.header("x-claude-code-agent-id")
    assert world.one.connections == 0


def test_a_teammate_in_a_terminal_of_its_own(world: World, wrapped: str) -> None:
    """tmux, whose server has an environment of its own, starts it by a line for a shell."""
    del wrapped
    tmux = shutil.which("tmux") or missing("tmux")
    socket = str(world.sandbox.home / "tmux")
    lead = [script("ccroute"), "run", "--route", "two", "--"]
    lead += ["--permission-mode", "acceptEdits", "--teammate-mode", "tmux", "ask a teammate"]
    start = ("-S", socket, "-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "45")
    teams = {"CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS": "1", "SHELL": "/bin/sh"}
    here = [f"-e{name}={value}" for name, value in world.sandbox.environment.items()]
    world.sandbox.run(tmux, *start, *here, *lead, env=teams | {"LLM_KEY": "another-s"}).expect()
    try:
        mate = heard(world.two, AGENT["prompt"])
    finally:
        world.sandbox.run(tmux, "-S", socket, "kill-server")
    assert mate.bearer == KEY
    assert mate.header("x-claude-code-session-id") != session(world.two, "ask a teammate")
    assert world.one.connections == 0


def session(gateway: SimulatedGateway, prompt: str) -> str:
    return heard(gateway, prompt).header("x-claude-code-session-id")
