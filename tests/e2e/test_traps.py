"""Attacks on an overlay that once worked: each ends at the route, with the route's key."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from disturbed import KEY, MODEL, Disturbed
from running import script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy import ListeningProxy
    from sandbox import Sandbox
    from starting import StartGateway
    from terminal import Terminal


@pytest.fixture
def world(sandbox: Sandbox, gateway: StartGateway, proxy: ListeningProxy) -> Iterator[Disturbed]:
    yield Disturbed(sandbox, gateway, proxy)
    if (sandbox.home / ".claude" / "daemon").exists():
        sandbox.run(sandbox.claude, "daemon", "stop", "--any")


def test_a_key_that_was_rejected_once_is_not_replaced_by_the_login(world: Disturbed) -> None:
    world.route("api_key")
    world.login()
    world.at_prompt(customApiKeyResponses={"approved": [], "rejected": [KEY[-20:]]})
    world.sandbox.run_ccwrap("--bg", "hello").expect()
    world.a.wait_for(lambda request: request.is_prompt, seconds=30)
    assert {(prompt.bearer, prompt.key) for prompt in world.assert_only_a()} == {(KEY, KEY)}


def test_a_daemon_with_another_environment_does_not_lead_a_session_astray(
    world: Disturbed,
) -> None:
    """Background sessions inherit from the first one; the overlay holds all that matters."""
    world.route("auth_token")
    world.login()
    world.at_prompt()
    elsewhere = world.credentials() | {"CLAUDE_CODE_MAX_RETRIES": "0"}
    world.sandbox.run(world.sandbox.claude, "--bg", "the first", env=elsewhere).expect()
    world.b.wait_for(lambda request: b"the first" in request.body, seconds=30)
    world.sandbox.run_ccwrap("--bg", "the second").expect()
    world.a.wait_for(lambda request: b"the second" in request.body, seconds=30)
    assert {(prompt.bearer, prompt.key) for prompt in world.a.prompts} == {(KEY, "")}
    assert not any(b"the second" in request.body for request in world.b.log)


def test_settings_written_while_a_session_runs_change_nothing(world: Disturbed) -> None:
    world.route("auth_token")
    world.at_prompt()
    with world.sandbox.terminal("ccwrap") as terminal:
        terminal.expect("❯")
        for words in ("the first", "the second"):
            terminal.send(words)
            terminal.expect(words)
            terminal.send("\r")
            terminal.expect("Hello from a simulated gateway.")
            world.settings("local", world.all_variables(strange=True), **world.helpers())
            world.settings("user", world.credentials(), **world.helpers())
    assert any(b"the second" in prompt.body for prompt in world.assert_only_a())


def test_a_project_that_was_not_trusted_before_gains_nothing_by_a_yes(world: Disturbed) -> None:
    world.route("api_key")
    world.login()
    world.settings("project", world.all_variables(strange=True), **world.helpers())
    world.sandbox.past_onboarding(trusted=False)
    with world.sandbox.terminal("ccwrap") as terminal:
        terminal.expect("Enter to confirm")
        say_yes(terminal)
        terminal.send("hello")
        terminal.expect("hello")
        terminal.send("\r")
        world.a.wait_for(lambda request: request.is_prompt, seconds=30)
    world.assert_only_a()


def say_yes(terminal: Terminal, tries: int = 5) -> None:
    """Trust the folder; claude passes over an answer that comes at once."""
    for _ in range(tries):
        terminal.send("\x1b[B")
        terminal.expect("❯ Yes, I trust")
        terminal.send("\r")
        with contextlib.suppress(AssertionError):
            terminal.expect("shift+tab", seconds=2)
            return
    raise AssertionError(terminal.text)


def test_a_project_plants_no_variable_of_ours_for_what_claude_starts(world: Disturbed) -> None:
    world.route("auth_token")
    seen = world.sandbox.home / "seen"
    hook = {"type": "command", "command": f"env > {seen}"}
    planted = dict.fromkeys(("CCWRAP_TRUST", "CCWRAP_URLS", "CCWRAP_CLAUDE"), "planted")
    world.settings("project", planted, hooks={"SessionStart": [{"hooks": [hook]}]})
    world.sandbox.run_ccwrap("-p", "hello").expect()
    found = dict(line.partition("=")[::2] for line in seen.read_text().splitlines())
    ours = {name: value for name, value in found.items() if name in planted and value}
    assert ours == {"CCWRAP_TRUST": world.sandbox.environment["CCWRAP_TRUST"]}
    assert "SSL_CERT_FILE" not in found, "a blank one would break the tools' TLS"


@pytest.mark.parametrize(
    "value",
    [
        {"model": 5},
        {"statusLine": 3},
        {"permissions": {"allow": "x"}},
        {"sandbox": {"network": {"allowedDomains": "x"}}},
        {"hooks": {"Stop": [{"hooks": [{"type": "zz"}]}]}},
        {"apiKeyHelper": None, "model": None},
        {"enabledPlugins": {"a@b": 5}, "companyAnnouncements": "x", "tui": "zz"},
    ],
    ids=lambda value: next(iter(value)),
)
def test_an_ill_typed_value_of_the_user_s_does_not_drop_the_overlay(
    world: Disturbed, value: dict[str, object]
) -> None:
    world.route("auth_token")
    world.settings("user", world.credentials())
    ran = world.sandbox.run_ccwrap("-p", "--settings", json.dumps(value), "hello").expect()
    world.assert_only_a()
    assert "did not load" not in ran.err


@pytest.mark.parametrize(
    "planted",
    [
        {"env": {"CLAUDE_CODE_EXTRA_BODY": '{"model": "stray-model"}'}},
        {"modelOverrides": {MODEL: "stray-model"}, "model": "stray-model"},
    ],
    ids=["extra body", "model overrides"],
)
def test_a_project_does_not_change_the_route_s_model(
    world: Disturbed, planted: dict[str, object]
) -> None:
    world.route("auth_token")
    world.sandbox.settings("project", planted)
    world.sandbox.run_ccwrap("-p", "hello").expect()
    world.assert_only_a()


def test_an_app_that_says_it_manages_the_routing_is_not_believed(world: Disturbed) -> None:
    """In the process environment these make settings, and so the overlay, not count."""
    world.route("auth_token")
    world.sandbox.environment |= {
        "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1",
        "CLAUDE_CODE_HOST_AUTH_ENV_VAR": "STRAY",
        "STRAY": "stray-host",
        "ANTHROPIC_UNIX_SOCKET": "/nowhere/stray.sock",
        **world.credentials(),
    }
    world.settings("user", world.credentials())
    world.sandbox.run_ccwrap("-p", "hello").expect()
    world.assert_only_a()


def test_a_login_route_sends_the_login_and_nothing_else(world: Disturbed) -> None:
    url = world.a.url
    world.a.setup = world.a.setup._replace(keys=None)
    world.sandbox.ccroute(f'[[route]]\nkind = "generic"\nurl = "{url}"\nlogin = true\n')
    world.sandbox.allow(f"login@{url}")
    world.login()
    world.console()
    world.settings("user", {k: v for k, v in world.credentials().items() if "OAUTH" not in k})
    world.settings("local", world.all_variables(strange=True), **world.helpers())
    world.sandbox.run_ccwrap("-p", "hello").expect()
    assert {(p.bearer, p.key) for p in world.a.prompts} == {("stray-login", "")}
    assert (world.b.connections, world.proxy.log, world.marker.exists()) == (0, (), False)


def test_a_route_named_by_the_environment_holds_over_settings_files(world: Disturbed) -> None:
    world.settings("user", world.credentials() | {"ANTHROPIC_MODEL": MODEL})
    world.settings("project", world.credentials(), **world.helpers())
    own = {"CCWRAP_URLS": world.a.url, "ANTHROPIC_AUTH_TOKEN": KEY}
    world.sandbox.run(script("ccwrap"), "-p", "hello", env=own).expect()
    assert {(p.bearer, p.key, p.model) for p in world.a.prompts} == {(KEY, "", MODEL)}
    assert (world.b.connections, world.marker.exists()) == (0, False)
