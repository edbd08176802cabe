"""A resumed session goes back to its route, with the real claude, in every spelling."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import Setup, refuses
from routing import KEY, routed, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccwrap.gateways.simulated import SimulatedGateway
    from running import Ran
    from sandbox import Sandbox
    from starting import StartGateway

FIRST = "the first prompt of this session"
NAME = "my session"
NOTE = "the session ran on two, which is auth_failed; it goes on with one"


class World:
    """Two gateways that are well, and a session that was begun on the second one."""

    def __init__(self, sandbox: Sandbox, start: StartGateway, top: str = "") -> None:
        self.sandbox = sandbox
        self.one = start(Setup(keys=(KEY,), text="from one"))
        self.two = start(Setup(keys=(KEY,), text="from two"))
        routed(sandbox, {"one": self.one.url, "two": self.two.url}, top)
        begun = sandbox.run_ccwrap(
            *("-p", FIRST, "-n", NAME, "--output-format", "json"), env={"CCWRAP_ROUTE": "two"}
        )
        answer = begun.expect().json
        assert answer["result"] == "from two"
        self.session = str(answer["session_id"])

    def goes_on(self, *spelling: str) -> Ran:
        """Resume it: the spelling's SESSION is the session's id."""
        return self.sandbox.run_ccwrap(*self.words(spelling), "-p", "go on").expect()

    def words(self, spelling: Sequence[str]) -> list[str]:
        return [word.replace("SESSION", self.session) for word in spelling]


def context(gateway: SimulatedGateway) -> str:
    """What the last prompt told the gateway of the session so far."""
    return json.dumps(gateway.prompts[-1].data["messages"])


@pytest.fixture
def world(sandbox: Sandbox, gateway: StartGateway) -> World:
    return World(sandbox, gateway)


@pytest.mark.parametrize(
    "spelling",
    [
        ["-c"],
        ["--continue"],
        ["-r", "SESSION"],
        ["-rSESSION"],
        ["--resume", "SESSION"],
        ["--resume=SESSION"],
        ["--resume", NAME],
        ["--resume", "SESSION", "--fork-session"],
    ],
    ids=" ".join,
)
def test_a_session_returns_to_its_route_and_after_its_end_goes_on_elsewhere(
    world: World, spelling: list[str]
) -> None:
    returned = world.goes_on(*spelling)
    assert (returned.out.strip(), returned.err) == ("from two", "")
    assert FIRST in context(world.two)
    assert world.one.prompts == ()
    world.two.behaviour = refuses(401)
    world.sandbox.run_ccroute("forget").expect()
    asked = world.sandbox.run_ccroute("explain", "--json", "--", "-p", *world.words(spelling))
    assert asked.json["notes"] == [NOTE]
    moved = world.goes_on(*spelling)
    assert moved.out.strip() == "from one"
    assert FIRST in context(world.one)
    assert moved.err == f"ccwrap: {NOTE}\n"


@pytest.mark.parametrize(
    "name", [pytest.param("/".join(["deep" * 12] * 5), id="a deep folder"), "an é, a 日 and a 🚀"]
)
def test_a_session_returns_from_whatever_folder(
    sandbox: Sandbox, gateway: StartGateway, name: str
) -> None:
    sandbox.project /= name
    sandbox.project.mkdir(parents=True)
    world = World(sandbox, gateway)
    assert world.goes_on("-c").out.strip() == "from two"


def test_without_hooks_the_arguments_tell_the_session(
    sandbox: Sandbox, gateway: StartGateway
) -> None:
    world = World(sandbox, gateway, "hooks = false")
    sandbox.run_ccwrap("-c", "-p", "over", env={"CCWRAP_ROUTE": "two"}).expect()
    assert world.goes_on("--resume", "SESSION").out.strip() == "from two"


def test_a_new_session_chooses_by_the_policy(world: World) -> None:
    assert world.sandbox.run_ccwrap("-p", "hello").expect().out.strip() == "from one"


def test_a_session_that_moved_stays_where_it_went(world: World) -> None:
    world.sandbox.run_ccwrap("-c", "-p", "over", env={"CCWRAP_ROUTE": "one"}).expect()
    assert world.goes_on("-c").out.strip() == "from one"
    assert FIRST in context(world.one)


@pytest.mark.parametrize("policy", ["fastest", "balanced"])
def test_a_session_returns_whatever_the_policy(
    sandbox: Sandbox, gateway: StartGateway, policy: str
) -> None:
    world = World(sandbox, gateway, f'policy = "{policy}"')
    assert world.goes_on("-c").out.strip() == "from two"
    explained = sandbox.run_ccroute("explain", "--json", "--", "-p", "-c").expect().json
    assert explained["reason"] == "the session ran on two; verdict ok"


def test_a_session_that_only_moves_between_models_of_claude_is_not_warned_of(
    world: World,
) -> None:
    world.sandbox.environment["CCWRAP_ROUTE"] = "one"
    moved = world.goes_on("-c", "--model", "claude-sonnet-5")
    assert "thinking" not in moved.err


def test_crossing_from_claude_to_another_model_is_warned_of_in_one_line(
    world: World, gateway: StartGateway
) -> None:
    other = gateway(Setup(keys=(KEY,), text="from other", models=("qwen3",)))
    world.sandbox.ccroute(table("other", other.url, 'models = "qwen3"'))
    world.sandbox.allow(f"LLM_KEY@{other.url}")
    moved = world.goes_on("-c")
    assert moved.out.strip() == "from other"
    (line,) = [line for line in moved.err.splitlines() if "thinking" in line]
    assert "a Claude model" in line
    assert "qwen3" in line
