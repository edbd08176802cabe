"""The agent SDKs on ccwrap: the programs of examples/sdk, with the real SDKs and the real claude."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from ccwrap.gateways.simulated import STALL, WELL, Setup, SimulatedGateway
from routing import KEY, routed
from running import run, script
from sdk_programs import PYTHON, TYPESCRIPT
from sdks import EXAMPLE, python_sdk, typescript_sdk

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import Received
    from running import Ran
    from sandbox import Sandbox
    from starting import StartGateway

BEFORE = dict(os.environ)

TEE: Final = '#!/bin/bash\nset -o pipefail\n"{ccwrap}" "$@" | tee -a "{raw}"\n'
"""A `ccwrap` that also keeps what it hands on to the SDK."""


class Service(NamedTuple):
    """A program that uses an SDK, in a world where `ccwrap` is on PATH.

    command  what runs the example, without its arguments
    raw      all that has gone from ccwrap to the SDK
    """

    sandbox: Sandbox
    command: tuple[str | Path, ...]
    raw: Path

    def talk(self, *arguments: str, env: dict[str, str] | None = None) -> Ran:
        """Run the example; nothing but protocol may have gone to the SDK."""
        ran = self.sandbox.run(*self.command, *arguments, env=env)
        lines = self.raw.read_text().splitlines() if self.raw.exists() else []
        assert all(json.loads(line)["type"] for line in lines)
        return ran


@pytest.fixture(params=["python", "typescript"])
def service(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Service:
    folder = tmp_path / "service"
    if request.param == "python":
        shutil.copytree(EXAMPLE / "python", folder)
        command: tuple[str | Path, ...] = (python_sdk(BEFORE), folder / "conversation.py")
    else:
        command = ("node", compiled(folder))
    raw = tmp_path / "raw"
    shim = sandbox.write(sandbox.bin / "ccwrap", TEE.format(ccwrap=script("ccwrap"), raw=raw))
    shim.chmod(0o755)
    return Service(sandbox, command, raw)


def compiled(folder: Path) -> Path:
    """The TypeScript example as JavaScript, its types checked against the SDK's."""
    installed = typescript_sdk(BEFORE)
    shutil.copytree(EXAMPLE / "typescript", folder)
    (folder / "node_modules").symlink_to(installed / "node_modules")
    tsc = ("node", "node_modules/typescript/bin/tsc", "--preserveSymlinks")
    run(tsc, environment={"PATH": BEFORE["PATH"]}, cwd=folder).expect()
    return folder / "dist" / "conversation.js"


def said(request: Received) -> list[str]:
    """What the user has said so far, by this request."""
    messages = request.data["messages"]
    assert isinstance(messages, list)
    contents = [message["content"] for message in messages if message["role"] == "user"]
    return [text if isinstance(text, str) else text[-1].get("text", "") for text in contents]


def test_a_conversation_of_three_turns_is_answered_by_the_second_gateway(
    service: Service, gateway: StartGateway, refused_port: int
) -> None:
    good = gateway(Setup(keys=(KEY,), text="from the good one"))
    routed(service.sandbox, {"dead": f"http://127.0.0.1:{refused_port}", "good": good.url})
    ran = service.talk("say one", "say two", "say three").expect()
    assert ran.out == "from the good one\n" * 3
    assert said(good.prompts[-1]) == ["say one", "say two", "say three"]
    assert {request.bearer for request in good.prompts} == {KEY}


def test_a_further_session_asks_nothing_that_is_known(
    service: Service, gateway: StartGateway, refused_port: int
) -> None:
    good = gateway(Setup(keys=(KEY,)))
    routed(service.sandbox, {"dead": f"http://127.0.0.1:{refused_port}", "good": good.url})
    service.talk("say one").expect()
    assert probes(good)
    good.clear()
    service.talk("say two").expect()
    assert good.prompts
    assert not probes(good)


def probes(gateway: SimulatedGateway) -> list[Received]:
    """What ccwrap has asked it."""
    return [one for one in gateway.log if one.header("user-agent").startswith("ccwrap/")]


def test_an_answer_that_stalls_is_interrupted_and_the_conversation_goes_on(
    service: Service, gateway: StartGateway, refused_port: int
) -> None:
    good = gateway(Setup(keys=(KEY,), text="from the good one"), STALL)
    routed(service.sandbox, {"dead": f"http://127.0.0.1:{refused_port}", "good": good.url})
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(service.talk, "--seconds", "10", "say one", "say two")
        good.wait_for(lambda request: request.is_prompt and said(request) == ["say one"], 30)
        good.behaviour = WELL
        ran = running.result().expect()
    first, second = ran.out.splitlines()
    assert first.endswith("[interrupted]")
    assert "from the good one".startswith(first.removesuffix("[interrupted]").strip())
    assert second == "from the good one"
    assert said(good.prompts[-1])[-1] == "say two"


def test_a_resumed_session_goes_on_with_the_second_gateway_once_the_first_is_dead(
    service: Service, gateway: StartGateway
) -> None:
    second = gateway(Setup(keys=(KEY,), text="from the second"))
    with SimulatedGateway(Setup(keys=(KEY,), text="from the first")) as first:
        routed(service.sandbox, {"first": first.url, "second": second.url})
        begun = service.talk("say one").expect()
    assert begun.out == "from the first\n"
    service.sandbox.run_ccroute("forget").expect()
    session = begun.err.split()[-1]
    resumed = service.talk("--resume", session, "say two", "say three").expect()
    assert resumed.out == "from the second\n" * 2
    assert resumed.err.split()[-1] == session
    assert said(second.prompts[-1]) == ["say one", "say two", "say three"]


def test_a_refusal_reaches_the_program_with_its_reason(service: Service, refused_port: int) -> None:
    sandbox = service.sandbox
    routed(sandbox, {"dead": f"http://127.0.0.1:{refused_port}"})
    unusable = service.talk("hello").expect(69)
    assert "no usable route, claude not started (exit 69)" in unusable.err
    assert "refused the connection" in unusable.err
    del sandbox.environment["CCWRAP_TRUST"]
    untrusted = service.talk("hello").expect(77)
    assert "nothing of it is allowed" in untrusted.err
    assert "nothing of it is allowed" in sandbox.run_ccroute().out
    words = "Claude Code process exited with code 77. stderr: ccwrap: ~/work/acme/.ccroute"
    if service.command[0] != "node":
        words = "Command failed with exit code 77 (exit code: 77)"
    assert words in untrusted.err
    assert words in (EXAMPLE / "README.md").read_text()
    assert (unusable.out, untrusted.out) == ("", "")
    assert not service.raw.read_bytes()


def test_settings_arguments_tools_and_hooks_of_the_program_reach_claude(
    service: Service, gateway: StartGateway
) -> None:
    """And the session that is continued goes back to the gateway that it ran on."""
    first, second = (gateway(Setup(keys=(KEY,), text=text)) for text in ("one", "two"))
    routed(service.sandbox, {"first": first.url, "second": second.url})
    service.talk("say one", env={"CCWRAP_ROUTE": "second"}).expect()
    runtime, example = service.command
    suffix, program = (".mjs", TYPESCRIPT) if runtime == "node" else (".py", PYTHON)
    file = Path(example).with_name(f"program{suffix}")
    file.write_text(program)
    ran = service._replace(command=(runtime, file)).talk().expect()
    assert ran.json == {"result": "two"}
    asked = second.prompts[-1]
    for words in ("say one", "mcp__own__greet", "a word from the hook", "own: --settings {}"):
        assert words in asked.body.decode()
    tools = asked.data["tools"]
    assert isinstance(tools, list)
    assert "Bash" not in [tool["name"] for tool in tools]
    assert (asked.bearer, first.prompts) == (KEY, ())
