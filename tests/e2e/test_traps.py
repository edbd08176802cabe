"""Attacks on an overlay that once worked: each ends at the route, with the route's key."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from disturbed import KEY, MODEL, Disturbed
from running import script

if TYPE_CHECKING:
    from terminal import Terminal


def test_a_key_that_was_rejected_once_is_not_replaced_by_the_login(disturbed: Disturbed) -> None:
    disturbed.route("api_key")
    disturbed.login()
    disturbed.at_prompt(customApiKeyResponses={"approved": [], "rejected": [KEY[-20:]]})
    disturbed.sandbox.run_ccwrap("--bg", "hello").expect()
    disturbed.a.wait_for(lambda request: request.is_prompt, seconds=30)
    assert {(prompt.bearer, prompt.key) for prompt in disturbed.assert_only_a()} == {(KEY, KEY)}


def test_a_daemon_with_another_environment_does_not_lead_a_session_astray(
    disturbed: Disturbed,
) -> None:
    """Background sessions inherit from the first one; the overlay holds all that matters."""
    disturbed.route("auth_token")
    disturbed.login()
    disturbed.at_prompt()
    elsewhere = disturbed.credentials() | {"CLAUDE_CODE_MAX_RETRIES": "0"}
    disturbed.sandbox.run(disturbed.sandbox.claude, "--bg", "the first", env=elsewhere).expect()
    disturbed.b.wait_for(lambda request: b"the first" in request.body, seconds=30)
    disturbed.sandbox.run_ccwrap("--bg", "the second").expect()
    disturbed.a.wait_for(lambda request: b"the second" in request.body, seconds=30)
    assert {(prompt.bearer, prompt.key) for prompt in disturbed.a.prompts} == {(KEY, "")}
    assert not any(b"the second" in request.body for request in disturbed.b.log)


def test_settings_written_while_a_session_runs_change_nothing(disturbed: Disturbed) -> None:
    disturbed.route("auth_token")
    disturbed.at_prompt()
    with disturbed.sandbox.terminal("ccwrap") as terminal:
        terminal.expect("❯")
        for words in ("the first", "the second"):
            terminal.send(words)
            terminal.expect(words)
            terminal.send("\r")
            terminal.expect("Hello from a simulated gateway.")
            disturbed.settings(
                "local", disturbed.all_variables(strange=True), **disturbed.helpers()
            )
            disturbed.settings("user", disturbed.credentials(), **disturbed.helpers())
    assert any(b"the second" in prompt.body for prompt in disturbed.assert_only_a())


def test_a_project_that_was_not_trusted_before_gains_nothing_by_a_yes(disturbed: Disturbed) -> None:
    disturbed.route("api_key")
    disturbed.login()
    disturbed.settings("project", disturbed.all_variables(strange=True), **disturbed.helpers())
    disturbed.sandbox.past_onboarding(trusted=False)
    with disturbed.sandbox.terminal("ccwrap") as terminal:
        terminal.expect("Enter to confirm")
        say_yes(terminal)
        terminal.send("hello")
        terminal.expect("hello")
        terminal.send("\r")
        disturbed.a.wait_for(lambda request: request.is_prompt, seconds=30)
    disturbed.assert_only_a()


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


def test_a_project_plants_no_variable_of_ours_for_what_claude_starts(disturbed: Disturbed) -> None:
    disturbed.route("auth_token")
    seen = disturbed.sandbox.home / "seen"
    hook = {"type": "command", "command": f"env > {seen}"}
    planted = dict.fromkeys(("CCWRAP_TRUST", "CCWRAP_URLS", "CCWRAP_CLAUDE"), "planted")
    disturbed.settings("project", planted, hooks={"SessionStart": [{"hooks": [hook]}]})
    disturbed.sandbox.run_ccwrap("-p", "hello").expect()
    found = dict(line.partition("=")[::2] for line in seen.read_text().splitlines())
    ours = {name: value for name, value in found.items() if name in planted and value}
    assert ours == {"CCWRAP_TRUST": disturbed.sandbox.environment["CCWRAP_TRUST"]}
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
    disturbed: Disturbed, value: dict[str, object]
) -> None:
    disturbed.route("auth_token")
    disturbed.settings("user", disturbed.credentials())
    ran = disturbed.sandbox.run_ccwrap("-p", "--settings", json.dumps(value), "hello").expect()
    disturbed.assert_only_a()
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
    disturbed: Disturbed, planted: dict[str, object]
) -> None:
    disturbed.route("auth_token")
    disturbed.sandbox.settings("project", planted)
    disturbed.sandbox.run_ccwrap("-p", "hello").expect()
    disturbed.assert_only_a()


def test_an_app_that_says_it_manages_the_routing_is_not_believed(disturbed: Disturbed) -> None:
    """In the process environment these make settings, and so the overlay, not count."""
    disturbed.route("auth_token")
    disturbed.sandbox.environment |= {
        "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1",
        "CLAUDE_CODE_HOST_AUTH_ENV_VAR": "STRAY",
        "STRAY": "stray-host",
        "ANTHROPIC_UNIX_SOCKET": "/nowhere/stray.sock",
        **disturbed.credentials(),
    }
    disturbed.settings("user", disturbed.credentials())
    disturbed.sandbox.run_ccwrap("-p", "hello").expect()
    disturbed.assert_only_a()


def test_a_login_route_sends_the_login_and_nothing_else(disturbed: Disturbed) -> None:
    url = disturbed.a.url
    disturbed.a.setup = disturbed.a.setup._replace(keys=None)
    disturbed.sandbox.ccroute(f'[[route]]\nkind = "generic"\nurl = "{url}"\nlogin = true\n')
    disturbed.sandbox.allow(f"login@{url}")
    disturbed.login()
    disturbed.console()
    disturbed.settings(
        "user", {k: v for k, v in disturbed.credentials().items() if "OAUTH" not in k}
    )
    disturbed.settings("local", disturbed.all_variables(strange=True), **disturbed.helpers())
    disturbed.sandbox.run_ccwrap("-p", "hello").expect()
    assert {(p.bearer, p.key) for p in disturbed.a.prompts} == {("stray-login", "")}
    assert (disturbed.b.connections, disturbed.proxy.log, disturbed.marker.exists()) == (
        0,
        (),
        False,
    )


def test_a_route_named_by_the_environment_holds_over_settings_files(disturbed: Disturbed) -> None:
    disturbed.settings("user", disturbed.credentials() | {"ANTHROPIC_MODEL": MODEL})
    disturbed.settings("project", disturbed.credentials(), **disturbed.helpers())
    own = {"CCWRAP_URLS": disturbed.a.url, "ANTHROPIC_AUTH_TOKEN": KEY}
    disturbed.sandbox.run(script("ccwrap"), "-p", "hello", env=own).expect()
    assert {(p.bearer, p.key, p.model) for p in disturbed.a.prompts} == {(KEY, "", MODEL)}
    assert (disturbed.b.connections, disturbed.marker.exists()) == (0, False)
