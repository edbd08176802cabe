"""A ccwrap inside a session that ccwrap started stays on that session's route."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.claude import nesting
from ccwrap.gateways.simulated import Setup, refuses
from routing import KEY, routed, table
from running import script
from standin import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from machine import Machine
    from running import Ran
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


def routes(world: World, **names: str) -> None:
    """Two routes, each with an `api_key` of its own name, which is allowed."""
    urls = {"one": world.one.url, "two": world.two.url}
    kind = 'kind = "generic"\napi_key = "${{{}}}"\nurl = "{}"\n'
    tables = (f'[[route]]\nname = "{at}"\n' + kind.format(names[at], urls[at]) for at in names)
    world.sandbox.ccroute("".join(tables))
    world.sandbox.allow(*(f"{names[at]}@{urls[at]}" for at in names))


def within(report: Report) -> dict[str, str]:
    """What a tool of this claude's inherits: what settings say, over claude's environment."""
    assert report.overlay
    return {**report.environment, **report.overlay["env"]}


@pytest.mark.parametrize("outer", [("-p", "hello"), ("hello",)], ids=["-p", "interactive"])
@pytest.mark.parametrize("inner", ["another project", "the same, its route failed", "no file"])
def test_a_session_s_key_is_no_other_route_s_whatever_claude_has_it_in(
    world: World, outer: tuple[str, ...], inner: str
) -> None:
    """ANTHROPIC_API_KEY in a session may be another gateway's key than in the user's shell."""
    claude = world.sandbox.stand_in()
    routes(world, one="LLM_KEY", two="ANTHROPIC_API_KEY")
    world.sandbox.run_ccwrap(*outer, env={"ANTHROPIC_API_KEY": "two-s-own-0123456789"}).expect()
    env = within(claude.report)
    if inner == "another project":
        routes(world, two="ANTHROPIC_API_KEY")
    elif inner == "no file":
        (world.sandbox.project / ".ccroute").unlink()
        env["CCWRAP_URLS"] = world.two.url
    else:
        world.one.behaviour = refuses(401)
        world.sandbox.run_ccroute("check", "one")
    world.two.clear()
    ran = world.sandbox.run_ccwrap("-p", "inner", env=env)
    assert ran.status == (78 if inner == "no file" else 69)
    assert "ANTHROPIC_API_KEY is" in ran.err
    assert not [request for request in world.two.log if request.credentialed]


def test_a_key_that_a_tool_sets_anew_is_its_own_word(world: World) -> None:
    claude = world.sandbox.stand_in()
    routes(world, one="LLM_KEY", two="ANTHROPIC_API_KEY")
    world.sandbox.run_ccwrap("-p", "outer").expect()
    routes(world, two="ANTHROPIC_API_KEY")
    world.two.setup = world.two.setup._replace(keys=("a-tool-s-own-0123456789",))
    env = {**within(claude.report), "ANTHROPIC_API_KEY": "a-tool-s-own-0123456789"}
    world.sandbox.run_ccwrap("-p", "inner", env=env).expect()
    assert {request.key for request in world.two.log} == {"", "a-tool-s-own-0123456789"}


def test_a_session_s_models_are_no_other_route_s(world: World) -> None:
    claude = world.sandbox.stand_in()
    one = table("one", world.one.url, 'models = "one-s-own"')
    world.sandbox.ccroute(one + table("two", world.two.url))
    world.sandbox.run_ccwrap("-p", "outer").expect()
    world.one.behaviour = refuses(401)
    world.sandbox.run_ccroute("check", "one")
    world.two.clear()
    world.sandbox.run_ccwrap("-p", "inner", env=within(claude.report)).expect()
    inner = claude.reports[-1]
    assert inner.environment["ANTHROPIC_BASE_URL"] == world.two.url
    assert "one-s-own" not in within(inner).values()
    assert not [request for request in world.two.log if request.model == "one-s-own"]


@pytest.mark.parametrize("outer", [("-p", "hello"), ("hello",)], ids=["-p", "interactive"])
def test_a_route_finds_its_key_again_whatever_claude_has_it_in(
    world: World, outer: tuple[str, ...]
) -> None:
    """Three deep; an interactive claude has an api_key in ANTHROPIC_AUTH_TOKEN."""
    claude = world.sandbox.stand_in()
    routes(world, one="ANTHROPIC_API_KEY")
    env = {"ANTHROPIC_API_KEY": KEY}
    for words in (outer, ("-p", "inner"), ("inmost",), ("-p", "the end")):
        world.sandbox.run_ccwrap(*words, env=env).expect()
        env = within(claude.reports[-1])
    assert {request.key for request in world.one.log} == {"", KEY}
    carriers = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
    assert [env[name] for name in carriers] == [KEY, ""]


def launched(world: World, *given: str) -> str:
    """The overlay's path of a launch on the second gateway, by a stand-in that is over."""
    claude = world.sandbox.stand_in()
    world.sandbox.run_ccroute("run", "--route", "two", "--", *given, "hello").expect()
    argv = claude.report.argv
    return argv[argv.index("--settings") + 1]


def woken(world: World, overlay: str, status: int = 0, env: dict[str, str] | None = None) -> Ran:
    """Claude starts the session of that launch by itself, through us."""
    words = (world.sandbox.claude, "--session-id", "x", "--settings", overlay, "hello")
    return world.sandbox.run_ccwrap(*words, env=env).expect(status)


def report(world: World) -> Report:
    """How the stand-in was started last."""
    lines = (world.sandbox.bin / "stand-in" / "reports").read_text().splitlines()
    return Report(**json.loads(lines[-1]))


def nested(world: World, *given: str) -> list[dict[str, Any]]:
    """The overlays of a launch, and of a session that claude starts with it by itself."""
    path = launched(world, *given)
    first = json.loads(Path(path).read_text())
    woken(world, path)
    second = report(world)
    assert second.argv[:3] == ["--session-id", "x", "--settings"]
    assert second.argv[4:] == ["hello"]
    assert second.overlay
    return [first, second.overlay]


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


def test_it_has_what_its_launch_had_and_not_what_the_background_service_has(
    world: World, gateway: StartGateway
) -> None:
    """The service's environment is the first session's, perhaps another project's."""
    path = launched(world)
    foreign = gateway()
    theirs = {
        "LLM_KEY": "another-project-s-key",
        "CCWRAP_ROUTE": "theirs",
        "CCWRAP_URLS": foreign.url,
        "CCWRAP_TRUST": f"LLM_KEY@{foreign.url}",
        "HTTPS_PROXY": foreign.url,
        "KEPT": "1",
    }
    ran = woken(world, path, env=theirs)
    second = report(world)
    assert (ran.err, foreign.connections) == ("", 0)
    assert second.environment["ANTHROPIC_BASE_URL"] == world.two.url
    assert second.environment["ANTHROPIC_AUTH_TOKEN"] == KEY
    assert second.environment["LLM_KEY"] == KEY
    assert second.environment["KEPT"] == "1"
    assert {"CCWRAP_ROUTE", "CCWRAP_URLS", "HTTPS_PROXY"}.isdisjoint(second.environment)


@pytest.mark.parametrize("key", [KEY, "another-project-s-key"])
def test_another_project_s_key_comes_to_none_of_its_gateways(world: World, key: str) -> None:
    """Not to the one that it goes to when its own has failed either."""
    urls = {"one": world.one.url, "two": world.two.url}
    routed(world.sandbox, urls)
    file = (world.sandbox.project / ".ccroute").read_text()
    world.sandbox.ccroute(file.replace("LLM_KEY", "OTHER", 1))
    world.sandbox.allow(f"OTHER@{world.one.url}")
    world.sandbox.environment["OTHER"] = KEY
    path = launched(world)
    world.two.behaviour = refuses(401)
    world.sandbox.run_ccroute("check", "two")
    world.one.clear()
    ran = woken(world, path, 0 if key == KEY else 69, {"OTHER": key})
    assert {request.bearer for request in world.one.log} <= {"", KEY}
    assert key == KEY or "no_credential" in ran.err


def test_a_route_that_nobody_allowed_takes_no_variable_away(world: World) -> None:
    hostile = '[[route]]\nname = "x"\nurl = "https://x.example"\nauth_token = "${KEPT}"\n'
    with (world.sandbox.project / ".ccroute").open("a") as file:
        file.write(hostile)
    path = launched(world)
    woken(world, path, env={"KEPT": "what the background service has"})
    assert report(world).environment["KEPT"] == "what the background service has"


def test_one_that_wakes_later_asks_before_it_goes_back(world: World) -> None:
    routed(world.sandbox, {"one": world.one.url, "two": world.two.url}, "[probe]\nfresh_for = 0\n")
    path = launched(world)
    world.two.clear()
    woken(world, path)
    assert report(world).environment["ANTHROPIC_BASE_URL"] == world.two.url
    assert world.two.connections
    world.two.behaviour = refuses(401)
    woken(world, path)
    assert report(world).environment["ANTHROPIC_BASE_URL"] == world.one.url


def test_its_overlay_is_known_by_whatever_name(world: World, tmp_path: Path) -> None:
    path = Path(launched(world, "--settings", '{"model": "opus"}'))
    (tmp_path / "elsewhere").symlink_to(world.sandbox.home)
    for name in (
        tmp_path / "elsewhere" / path.relative_to(world.sandbox.home),
        os.path.relpath(path, world.sandbox.project),
    ):
        woken(world, str(name))
        overlay = report(world).overlay
        assert overlay
        assert overlay["ccwrap"]["settings"] == {"model": "opus"}
        assert overlay["env"]["ANTHROPIC_BASE_URL"] == world.two.url


def test_a_session_whose_overlay_is_gone_says_so(world: World) -> None:
    """What the user allowed it, and forbade, stood in it."""
    path = Path(launched(world))
    path.unlink()
    ran = woken(world, str(path), 78)
    assert "the settings that the session ran with are gone" in ran.err
    assert ran.out == ""


def test_a_route_that_is_no_longer_allowed_is_left(world: World) -> None:
    """Named by its overlay or planted by a project: it chooses among what is allowed only."""
    path = launched(world)
    overlay = json.loads(Path(path).read_text())
    overlay["env"]["CCWRAP_TRUST"] = f"LLM_KEY@{world.one.url}"
    Path(path).write_text(json.dumps(overlay))
    world.two.clear()
    woken(world, path)
    assert report(world).environment["ANTHROPIC_BASE_URL"] == world.one.url
    assert world.two.connections == 0


def test_one_that_managed_settings_take_off_its_route_leaves_the_key_behind(
    world: World, gateway: StartGateway, machine: Machine
) -> None:
    path = launched(world, "--settings", '{"model": "opus"}')
    managed = json.dumps({"env": {"ANTHROPIC_BASE_URL": gateway().url}})
    machine.write("claude-code/managed-settings.json", managed)
    words = (str(world.sandbox.claude), "--session-id", "x", "--settings", path, "hello")
    theirs = {"ANTHROPIC_AUTH_TOKEN": "theirs"}
    service = {**theirs, **nesting.marks(1, "THEIRS", theirs)}
    ran = machine.run(world.sandbox, "ccwrap", *words, env=service).expect()
    assert ran.err == ""
    assert report(world).overlay == {"model": "opus"}
    assert KEY not in json.dumps(report(world).argv)
    assert "ANTHROPIC_AUTH_TOKEN" not in report(world).environment


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


def test_another_project_s_run_is_tagged_as_its_own(world: World) -> None:
    claude = world.sandbox.stand_in()
    world.sandbox.environment["OTEL_RESOURCE_ATTRIBUTES"] = "site=home"
    world.sandbox.run_ccwrap("-p", "outer").expect()
    other = world.sandbox.home / "work" / "other"
    world.sandbox.write(other / ".ccroute", table("one", world.one.url))
    inside = claude.report.environment
    assert inside["OTEL_RESOURCE_ATTRIBUTES"] == "site=home,project=acme"
    world.sandbox.run_ccwrap("-p", "inner", env=inside, cwd=other).expect()
    tagged = claude.reports[-1].environment["OTEL_RESOURCE_ATTRIBUTES"]
    assert tagged == "site=home,project=other"
