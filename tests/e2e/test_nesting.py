"""A ccwrap inside a session that ccwrap started stays on that session's route."""

from __future__ import annotations

import contextlib
import json
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.gateways.simulated import Setup, refuses
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox
    from starting import StartGateway

INNER = """#!/bin/sh
[ -n "$INNER" ] && exit 0
export INNER=1
touch ready
while [ ! -e go ]; do sleep 0.02; done
{ccwrap} -p inner > inner.out 2> inner.err < /dev/null
"""
"""A user's hook that runs claude, once it may."""

SESSIONS = {"claude-cli", "Bun"}
"""Who asks for a session; a probe calls itself otherwise."""


class World:
    """Two gateways that are well; sessions begin on the second one, which nothing prefers."""

    def __init__(self, sandbox: Sandbox, start: StartGateway) -> None:
        self.sandbox = sandbox
        self.one = start(Setup(keys=(KEY,), text="from one"))
        self.two = start(Setup(keys=(KEY,), text="from two"))
        routed(sandbox, {"one": self.one.url, "two": self.two.url})
        hook = sandbox.write("inner.sh", INNER.format(ccwrap=script("ccwrap")), 0o755)
        command = {"type": "command", "command": str(hook)}
        sandbox.settings("user", {"hooks": {"UserPromptSubmit": [{"hooks": [command]}]}})

    def outer(self) -> None:
        """A session on the second gateway; its hook runs another one."""
        words = ("run", "--route", "two", "--", "-p", "outer")
        assert self.sandbox.run_ccroute(*words).expect().out == "from two\n"

    def go(self) -> None:
        self.sandbox.write("go", "")

    @property
    def inner(self) -> tuple[str, str]:
        """What the inner one wrote on both streams."""
        project = self.sandbox.project
        return (project / "inner.out").read_text(), (project / "inner.err").read_text()


@pytest.fixture
def world(sandbox: Sandbox, gateway: StartGateway) -> World:
    return World(sandbox, gateway)


def test_it_stays_on_the_session_s_route_and_asks_no_gateway(world: World) -> None:
    with session(world):
        world.two.clear()
    assert world.inner == ("from two\n", "")
    assert world.one.connections == 0
    assert {request.header("user-agent").partition("/")[0] for request in world.two.log} <= SESSIONS


def test_it_goes_elsewhere_when_that_route_has_failed(world: World) -> None:
    with session(world):
        well, world.two.behaviour = world.two.behaviour, refuses(401)
        world.sandbox.run_ccroute("check", "two")
        world.two.behaviour = well
    assert world.inner == ("from one\n", "")


@contextlib.contextmanager
def session(world: World) -> Iterator[None]:
    """The outer session; its hook waits for the end of the block."""
    outer = Thread(target=world.outer)
    outer.start()
    try:
        wait_for(world.sandbox.project / "ready")
        yield
    finally:
        world.go()
        outer.join()


def wait_for(file: Path) -> None:
    end = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < end, f"{file.name} never came"
        time.sleep(0.02)


def test_what_outlives_the_session_chooses_for_itself(world: World) -> None:
    """A terminal or an editor that was started in a session keeps its variables."""
    world.go()
    world.outer()
    claude = world.sandbox.stand_in()
    left = {"CCWRAP_LAUNCH": "1"}
    world.sandbox.run_ccwrap("-p", "later", env=left).expect()
    assert claude.report.environment["ANTHROPIC_BASE_URL"] == world.one.url


def nested(world: World, *given: str) -> list[dict[str, Any]]:
    """The overlays of a launch, and of one in the wrapper form that names that overlay."""
    claude = world.sandbox.stand_in()
    world.sandbox.run_ccroute("run", "--route", "two", "--", *given, "hello").expect()
    first = claude.report
    at = first.argv.index("--settings")
    path = str(world.sandbox.bin / "claude")
    world.sandbox.run_ccwrap(path, "--session-id", "x", *first.argv[at : at + 2], "hello").expect()
    second = claude.reports[-1]
    assert second.argv[:3] == ["--session-id", "x", "--settings"]
    return [json.loads(json.dumps(report.overlay)) for report in (first, second)]


def test_a_self_spawned_session_has_one_overlay_however_deep(world: World) -> None:
    given = {"env": {"MINE": "1"}, "model": "opus", "hooks": {"Stop": [{"hooks": []}]}}
    first, second = nested(world, "--settings", json.dumps(given))
    assert second["env"]["ANTHROPIC_BASE_URL"] == world.two.url
    assert (second["model"], second["env"]["MINE"]) == ("opus", "1")
    assert {event: len(hooks) for event, hooks in second["hooks"].items()} == {
        event: len(hooks) for event, hooks in first["hooks"].items()
    }
    assert second["ccwrap"]["settings"] == given
    assert second["ccwrap"]["launch"] > first["ccwrap"]["launch"]


def test_a_file_elsewhere_that_looks_like_an_overlay_is_the_user_s_own(world: World) -> None:
    claude = world.sandbox.stand_in()
    forged = {"ccwrap": {"launch": 1, "settings": {"model": "planted"}}, "model": "opus"}
    world.sandbox.write("forged.json", json.dumps(forged))
    world.sandbox.run_ccwrap("-p", "--settings", "forged.json", "hello").expect()
    overlay = claude.report.overlay
    assert overlay is not None
    assert overlay["model"] == "opus"
    assert overlay["ccwrap"]["settings"] == forged
    assert overlay["env"]["ANTHROPIC_BASE_URL"] == world.one.url
