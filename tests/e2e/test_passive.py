"""Health that nobody probed for: what sessions of the real claude tell the next launch."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.gateways.simulated import WELL, Setup, refuses
from ccwrap.health.store import Store
from ccwrap.places import places
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import SimulatedGateway
    from ccwrap.health.records import Remembered
    from sandbox import Sandbox
    from starting import StartGateway

ENDS = {"CLAUDE_CODE_MAX_RETRIES": "0"}


class World:
    """Two gateways, `ill` before `good`, and what is remembered of them."""

    def __init__(self, sandbox: Sandbox, start: StartGateway, top: str = "") -> None:
        self.sandbox = sandbox
        self.ill: SimulatedGateway = start(Setup(keys=(KEY,), text="from ill"))
        self.good: SimulatedGateway = start(Setup(keys=(KEY,), text="from good"))
        routed(sandbox, {"ill": self.ill.url, "good": self.good.url}, top)
        sandbox.environment.update(ENDS)

    def says(self, *arguments: str, status: int = 0) -> str:
        """What `ccwrap -p` says."""
        return self.sandbox.run_ccwrap("-p", "hello", *arguments).expect(status).out.strip()

    def explained(self) -> dict[str, dict[str, Any]]:
        """Each route as `ccroute explain` sees it."""
        considered = self.sandbox.run_ccroute("explain", "--json").json["considered"]
        return {route["name"]: route for route in considered}

    @property
    def store(self) -> Store:
        return Store.open(places(self.sandbox.environment).state)

    @property
    def remembered(self) -> Remembered:
        """What is known of `ill`."""
        store = self.store
        (question,) = {sample.question for sample in store.samples(route="ill")}
        return store.recall([question])[question]

    def over(self) -> None:
        """End every ejection, as time would."""
        store = self.store
        with store._write():
            store._run("UPDATE verdict SET until = 1 WHERE until > 0")


@pytest.fixture
def world(sandbox: Sandbox, gateway: StartGateway) -> World:
    return World(sandbox, gateway)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        pytest.param(529, "overloaded", id="529"),
        pytest.param(401, "auth_failed", id="401"),
        pytest.param(429, "rate_limited", id="429 with retry-after"),
    ],
)
def test_a_gateway_that_fails_real_work_is_avoided_until_one_launch_has_tried_it(
    world: World, status: int, verdict: str
) -> None:
    """The probe can't see it: only real prompts are refused."""
    world.ill.behaviour = refuses(status, on="messages", retry_after="1" if status == 429 else "")
    world.says(status=1)
    assert world.says() == "from good"
    seen = world.explained()["ill"]
    assert (seen["verdict"], seen["phase"]) == (verdict, "session")
    assert "a session's request failed" in seen["detail"]
    world.ill.behaviour = WELL
    world.over()
    world.ill.clear()
    assert world.says() == "from ill"
    assert world.says() == "from ill"
    probes = [one for one in world.ill.log if one.credentialed and not one.is_prompt]
    assert len(probes) == 1


def test_another_project_with_the_same_gateway_and_key_avoids_it_too(world: World) -> None:
    world.ill.behaviour = refuses(529, on="messages")
    world.says(status=1)
    there = world.sandbox.home / "work" / "other"
    world.sandbox.write(there / ".ccroute", (world.sandbox.project / ".ccroute").read_text())
    world.sandbox.run("git", "init", "-q", cwd=there)
    assert world.sandbox.run_ccwrap("-p", "hello", cwd=there).expect().out.strip() == "from good"


def test_a_session_that_was_given_up_has_its_route_asked_again(world: World) -> None:
    assert world.says() == "from ill"
    before = world.remembered
    world.ill.behaviour = refuses(529, on="messages")
    world.ill.clear()
    given_up = subprocess.Popen(
        [script("ccwrap"), "-p", "hello"],
        env=world.sandbox.environment | {"CLAUDE_CODE_MAX_RETRIES": "10"},
        cwd=world.sandbox.project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    world.ill.wait_for(lambda request: request.is_prompt)
    given_up.send_signal(signal.SIGINT)
    given_up.wait(30)
    assert (before.stale, world.remembered.stale) == (False, True)
    world.ill.behaviour = refuses(503)
    assert world.says() == "from good"


def test_giving_up_in_a_later_turn_counts_too(world: World) -> None:
    """The first turn went well: only the hook at the second one's start knows better."""
    streams = ("--input-format", "stream-json", "--output-format", "stream-json", "--verbose")
    session = subprocess.Popen(
        [script("ccwrap"), "-p", *streams],
        env=world.sandbox.environment | {"CLAUDE_CODE_MAX_RETRIES": "10"},
        cwd=world.sandbox.project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    )
    assert session.stdin
    assert session.stdout

    def say(words: str) -> None:
        said = {"type": "user", "message": {"role": "user", "content": words}}
        print(json.dumps(said), file=session.stdin, flush=True)

    with session:
        say("the first")
        assert any(json.loads(line)["type"] == "result" for line in session.stdout)
        world.ill.behaviour = refuses(529, on="messages")
        world.ill.clear()
        say("the second")
        prompt = world.ill.wait_for(lambda request: request.is_prompt)
        before = world.remembered
        session.send_signal(signal.SIGINT)
        session.stdin.close()
        session.stdout.read()
    assert (before.stale, world.remembered.stale) == (False, True)
    assert "UserPromptSubmit" not in json.dumps(prompt.data["messages"]), "it adds no word"


def test_the_user_s_own_hooks_run_beside_ours(world: World) -> None:
    world.ill.behaviour = refuses(529, on="messages")
    seen = world.sandbox.home / "seen"
    events = ("SessionStart", "StopFailure", "SessionEnd")

    def hooks(whose: str) -> dict[str, object]:
        command = {"type": "command", "command": f"trap '' TERM; echo {whose} >> {seen}"}
        return {"hooks": {event: [{"hooks": [command]}] for event in events}}

    world.sandbox.settings("user", hooks("user"))
    world.sandbox.settings("project", hooks("project"))
    world.says("--settings", json.dumps(hooks("flag")), status=1)
    said = seen.read_text().split()
    assert {whose: said.count(whose) for whose in said} == {"user": 3, "project": 3, "flag": 3}
    assert world.remembered.verdict.name == "overloaded"


def test_a_project_s_folder_and_settings_do_not_get_into_the_hook(world: World) -> None:
    owned = world.sandbox.home / "owned"
    for name in ("json", "sqlite3", "ccwrap", "sitecustomize"):
        world.sandbox.write(f"{name}.py", f"open({str(owned)!r}, 'w')")
    project = str(world.sandbox.project)
    planted = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "XDG_STATE_HOME", "HOME")
    world.sandbox.settings("project", {"env": dict.fromkeys(planted, project)})
    world.ill.behaviour = refuses(529, on="messages")
    world.says(status=1)
    assert world.remembered.verdict.name == "overloaded"
    assert not owned.exists()


def test_hooks_false_leaves_ours_out(sandbox: Sandbox, gateway: StartGateway) -> None:
    world = World(sandbox, gateway, "hooks = false")
    world.ill.behaviour = refuses(529, on="messages")
    world.says(status=1)
    assert world.remembered.verdict.name == "ok"
    (overlay,) = (places(sandbox.environment).state / "overlays").glob("*.json")
    assert "hooks" not in json.loads(overlay.read_text())
