"""A background session's overlay stays for as long as Claude Code may wake the session."""

from __future__ import annotations

import json
import re
import time
from functools import partial
from typing import TYPE_CHECKING

import psutil
import pytest

from ccwrap.claude import overlay
from ccwrap.places import places
from running import script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccwrap.gateways.simulated import Received
    from sandbox import Sandbox
    from starting import StartGateway


@pytest.fixture(params=["", "elsewhere"], ids=["the usual folder", "CLAUDE_CONFIG_DIR"])
def world(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox whose background service ends with the test."""
    sandbox.past_onboarding()
    if request.param:
        folder = sandbox.home / request.param
        sandbox.environment["CLAUDE_CONFIG_DIR"] = str(folder)
        folder.mkdir()
        (sandbox.home / ".claude.json").rename(folder / ".claude.json")
    yield sandbox
    sandbox.run(sandbox.claude, "daemon", "stop", "--any")


def sweep_later(world: Sandbox, path: Path, hours: int) -> bool:
    """Sweep as a launch would, `hours` from now; whether the overlay is still there."""
    environment = {"HOME": str(world.home)}
    overlay.sweep(places(environment), environment, time.time() + hours * 2 * overlay.EVERY)
    return path.exists()


def test_it_outlives_the_session_s_processes_and_goes_with_the_session(
    world: Sandbox, gateway: StartGateway
) -> None:
    a = gateway()
    env = {"ANTHROPIC_BASE_URL": a.url, "ANTHROPIC_AUTH_TOKEN": "canary"}
    path = overlay.write(places(world.environment), world.environment, {"env": env})
    ran = world.run(world.claude, "--settings", path, "--bg", "hello").expect(0)
    (job,) = re.findall(r"backgrounded · ([0-9a-f]{8})", ran.out)
    a.wait_for(lambda request: request.is_prompt and request.bearer == "canary", seconds=30)
    assert sweep_later(world, path, 1)
    world.run(world.claude, "stop", job).expect(0)
    world.run(world.claude, "daemon", "stop", "--any").expect(0)
    assert sweep_later(world, path, 2)
    world.run(world.claude, "rm", job).expect(0)
    world.run(world.claude, "daemon", "stop", "--any")
    wait_for_processes_of(path)
    assert not sweep_later(world, path, 3)


def wait_for_processes_of(path: Path) -> None:
    """Wait until no process names the overlay; a stopped one may still be about to end."""
    named = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(path) in argument for argument in process.info["cmdline"] or ())
    ]
    assert psutil.wait_procs(named, timeout=30)[1] == []


def asks(said: bytes, request: Received) -> bool:
    return request.is_prompt and said in request.body


def test_one_that_a_claimed_spare_runs_on_is_kept(world: Sandbox, gateway: StartGateway) -> None:
    """The second session runs in a process that was started before it."""
    a = gateway()
    env = {"ANTHROPIC_BASE_URL": a.url, "ANTHROPIC_AUTH_TOKEN": "canary"}
    for sessions in (1, 2):
        path = overlay.write(places(world.environment), world.environment, {"env": env})
        world.run(world.claude, "--settings", path, "--bg", f"say {sessions}").expect(0)
        said = f"say {sessions}".encode()
        a.wait_for(partial(asks, said), seconds=30)
    assert sweep_later(world, path, 1)


@pytest.mark.parametrize("wrapper", ["", script("ccwrap")], ids=["alias", "process wrapper"])
def test_each_project_s_sessions_run_on_its_own_route(
    sandbox: Sandbox, gateway: StartGateway, wrapper: str
) -> None:
    """Also where claude starts itself through us, and has spares from before the project."""
    a, b = gateway(), gateway()
    other = sandbox.home / "work" / "other"
    other.mkdir()
    folders = {str(folder): {"hasTrustDialogAccepted": True} for folder in (sandbox.project, other)}
    state = {"hasCompletedOnboarding": True, "projects": folders}
    sandbox.write(sandbox.home / ".claude.json", json.dumps(state), 0o600)
    sandbox.environment |= {"KEY": "canary", "CLAUDE_CODE_PROCESS_WRAPPER": wrapper}
    for folder, used in ((sandbox.project, a), (other, b)):
        route = f'[[route]]\nurl = "{used.url}"\nauth_token = "${{KEY}}"\n'
        sandbox.write(folder / ".ccroute", route)
        sandbox.allow(f"KEY@{used.url}")
    try:
        for folder, used, prompt in ((sandbox.project, a, "say 1"), (other, b, "say 2"),
                                     (sandbox.project, a, "say 3")):  # fmt: skip
            sandbox.run_ccwrap("--bg", prompt, cwd=folder).expect(0)
            used.wait_for(partial(asks, prompt.encode()), seconds=30)
    finally:
        sandbox.run(sandbox.claude, "daemon", "stop", "--any")
    prompts = [*a.prompts, *b.prompts]
    assert {request.bearer for request in prompts} == {"canary"}
    assert not any(asks(b"say 2", request) for request in a.prompts)
    assert not any(asks(b"say 1", request) or asks(b"say 3", request) for request in b.prompts)
