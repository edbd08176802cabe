"""The simulated gateway is good enough for the real claude."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccwrap.gateways.simulated import Setup, SimulatedGateway

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway


def point(sandbox: Sandbox, gateway: SimulatedGateway) -> None:
    sandbox.environment |= {"ANTHROPIC_BASE_URL": gateway.url, "ANTHROPIC_AUTH_TOKEN": "sk-a"}


def test_claude_prints_its_answer(sandbox: Sandbox, gateway: StartGateway) -> None:
    one = gateway(Setup(keys={"sk-a"}, text="Good morning."))
    point(sandbox, one)
    ran = sandbox.run("claude", "-p", "hello", "--model", "some-model").expect()
    assert ran.out == "Good morning.\n"
    (prompt,) = one.prompts
    assert (prompt.path, prompt.model, prompt.bearer, prompt.key) == (
        "/v1/messages?beta=true",
        "some-model",
        "sk-a",
        "",
    )
    assert one.served == 1


def test_claude_reads_the_stream_as_it_comes(sandbox: Sandbox, gateway: StartGateway) -> None:
    point(sandbox, gateway(Setup(text="one two three")))
    options = ("--output-format", "stream-json", "--verbose", "--include-partial-messages")
    ran = sandbox.run("claude", "-p", "hello", *options).expect()
    events = [json.loads(line) for line in ran.out.splitlines()]
    deltas = [
        event["event"]["delta"]["text"]
        for event in events
        if event["type"] == "stream_event" and event["event"]["type"] == "content_block_delta"
    ]
    assert deltas == ["one ", "two ", "three"]
    assert events[-1]["result"] == "one two three"


def test_claude_discovers_the_models(sandbox: Sandbox, gateway: StartGateway) -> None:
    one = gateway(Setup(keys={"sk-a"}, models=("claude-of-ours", "claude-opus-5-5")))
    point(sandbox, one)
    discovery = {"CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1"}
    sandbox.run("claude", "-p", "hello", "--model", "claude-of-ours", env=discovery).expect()
    found = json.loads((sandbox.home / ".claude/cache/gateway-models.json").read_text())
    assert [model["id"] for model in found["models"]] == ["claude-of-ours", "claude-opus-5-5"]


def test_claude_says_that_the_key_is_wrong(sandbox: Sandbox, gateway: StartGateway) -> None:
    point(sandbox, gateway(Setup(keys={"sk-b"})))
    ran = sandbox.run("claude", "-p", "hello", env={"CLAUDE_CODE_MAX_RETRIES": "0"}).expect(1)
    assert "401" in ran.out + ran.err


def test_claude_says_that_the_model_is_missing(sandbox: Sandbox, gateway: StartGateway) -> None:
    point(sandbox, gateway(Setup(models=("other",))))
    ran = sandbox.run("claude", "-p", "hello", "--model", "none-such").expect(1)
    assert "issue with the selected model" in ran.out + ran.err


def test_claude_talks_on_a_terminal(sandbox: Sandbox, gateway: StartGateway) -> None:
    one = gateway(Setup(keys={"sk-a"}, text="Good morning."))
    point(sandbox, one)
    sandbox.past_onboarding()
    with sandbox.terminal("claude") as terminal:
        terminal.expect("❯")
        terminal.send("hello")
        terminal.expect("hello")
        terminal.send("\r")
        terminal.expect("Good morning.")
        terminal.send("\x03")
        terminal.expect("again to exit")
        terminal.send("\x03")
        terminal.wait()
