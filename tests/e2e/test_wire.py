"""Whatever settings files, logins and leftovers say: only the route, and only its credential.

Each source of disturbance alone, then all of them at once in every way to run claude.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from disturbed import KEY, MODEL, Disturbed
from running import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal import Terminal


def in_layer(layer: str, part: str) -> Callable[[Disturbed], None]:
    def disturb(disturbed: Disturbed) -> None:
        disturbed.settings(layer, getattr(disturbed, part)())

    return disturb


def helper(layer: str) -> Callable[[Disturbed], None]:
    def disturb(disturbed: Disturbed) -> None:
        disturbed.settings(layer, {}, **disturbed.helpers())

    return disturb


DISTURBANCES = {
    **{
        f"{part} in {layer} settings": in_layer(layer, part)
        for part, layers in {
            "credentials": ("user", "project", "local"),
            "bedrock": ("user", "local"),
            "modes": ("user",),
            "models": ("project",),
            "road": ("project", "local"),
        }.items()
        for layer in layers
    },
    **{f"helpers in {layer} settings": helper(layer) for layer in ("user", "local")},
    "a saved claude.ai login": Disturbed.login,
    "a saved Console key": Disturbed.console,
    "key descriptors": Disturbed.descriptors,
    "leftovers in the environment": Disturbed.leftovers,
}

AUTHS = ("auth_token", "api_key")
BOTH = ("credentials in", "helpers in", "login", "key", "leftovers")
"""Beginnings or ends of those for which the kind of credential makes a difference."""

CASES = [
    pytest.param(disturb, auth, id=f"{auth} with {name}")
    for name, disturb in DISTURBANCES.items()
    for auth in (AUTHS if any(word in name for word in BOTH) else AUTHS[:1])
]


@pytest.mark.parametrize(("disturb", "auth"), CASES)
def test_with_one_disturbance_only_the_route_s_own_is_sent(
    disturbed: Disturbed, disturb: Callable[[Disturbed], None], auth: str
) -> None:
    disturbed.route(auth)
    disturb(disturbed)
    disturbed.sandbox.run(launcher(disturbed), "-p", "hello").expect()
    prompts = disturbed.assert_only_a()
    sent = (KEY, "") if auth == "auth_token" else ("", KEY)
    assert {(prompt.bearer, prompt.key) for prompt in prompts} == {sent}


def launcher(disturbed: Disturbed) -> str:
    command = disturbed.ccwrap()
    return script(command) if command == "ccwrap" else command


@pytest.mark.parametrize("auth", AUTHS)
def test_with_everything_at_once_in_print_mode(disturbed: Disturbed, auth: str) -> None:
    disturbed.route(auth)
    disturbed.everything()
    disturbed.sandbox.run(launcher(disturbed), "-p", "hello").expect()
    disturbed.assert_only_a()
    status = disturbed.sandbox.run(launcher(disturbed), "auth", "status").json
    assert (status["loggedIn"], status["apiProvider"]) == (True, "firstParty")
    disturbed.assert_only_a()


@pytest.mark.parametrize("auth", AUTHS)
def test_with_everything_at_once_in_the_background(disturbed: Disturbed, auth: str) -> None:
    disturbed.route(auth)
    disturbed.everything()
    disturbed.at_prompt()
    disturbed.sandbox.run(launcher(disturbed), "--bg", "hello").expect()
    disturbed.a.wait_for(lambda request: request.is_prompt, seconds=30)
    prompts = disturbed.assert_only_a()
    assert {prompt.bearer for prompt in prompts} == {KEY}


@pytest.mark.parametrize("auth", AUTHS)
def test_with_everything_at_once_on_a_terminal(disturbed: Disturbed, auth: str) -> None:
    """No question about a key comes up, whose default would send the login."""
    disturbed.route(auth)
    disturbed.everything()
    disturbed.at_prompt(customApiKeyResponses={"approved": [], "rejected": [KEY[-20:]]})
    with disturbed.sandbox.terminal(disturbed.ccwrap()) as terminal:
        terminal.expect("❯")
        turn(disturbed, terminal, "hello")
        terminal.send("/status\r")
        shown = "".join(terminal.expect("Setting sources").split())
        assert f"AnthropicbaseURL:{disturbed.a.url}" in shown
        assert "Authtoken:ANTHROPIC_AUTH_TOKEN" in shown
        assert "custom API key" not in terminal.text
    prompts = disturbed.assert_only_a()
    assert {prompt.bearer for prompt in prompts} == {KEY}
    assert {prompt.key for prompt in prompts} == {KEY if auth == "api_key" else ""}


def turn(disturbed: Disturbed, terminal: Terminal, words: str) -> None:
    """Say something and wait until the gateway has heard it."""
    terminal.send(words)
    terminal.expect(words)
    terminal.send("\r")
    disturbed.a.wait_for(lambda request: request.is_prompt and words.encode() in request.body, 30)


@pytest.mark.parametrize(
    ("form", "arguments", "wrong"),
    [
        pytest.param("inline", ("--settings", "{}"), False, id="inline"),
        pytest.param("inline", ("--settings={}",), True, id="inline with =, ill-typed"),
        pytest.param("file", ("--settings", "{}"), True, id="file, ill-typed"),
        pytest.param("file", ("--settings={}",), False, id="file with ="),
    ],
)
def test_the_user_s_own_settings_are_merged_and_do_not_lead_astray(
    disturbed: Disturbed, form: str, arguments: tuple[str, ...], wrong: bool
) -> None:
    disturbed.route("auth_token")
    env = disturbed.credentials() | disturbed.modes() | {"MINE": "mine"}
    seen = disturbed.sandbox.home / "seen"
    hook = {"type": "command", "command": f'echo "$MINE" > {seen}'}
    given: dict[str, object] = {"env": env, "hooks": {"SessionStart": [{"hooks": [hook]}]}}
    given |= disturbed.helpers()
    if wrong:
        given |= {"model": 5, "statusLine": 3, "permissions": {"allow": "x"}, "sandbox": []}
    text = json.dumps(given)
    value = text if form == "inline" else str(disturbed.sandbox.write("mine.json", text))
    filled = [argument.replace("{}", value) for argument in arguments]
    ran = disturbed.sandbox.run_ccwrap("-p", *filled, "hello").expect()
    disturbed.assert_only_a()
    assert seen.read_text() == "mine\n"
    named = ("model", "statusLine", "permissions.allow", "sandbox")
    assert all((f"{name}: expected" in ran.err) is wrong for name in named)


def test_the_user_s_own_proxy_is_taken_and_his_kept_headers_are_sent(disturbed: Disturbed) -> None:
    """The probe and claude take one road, and the gateway is told what its user wants told."""
    disturbed.route("auth_token")
    disturbed.sandbox.config('keep_headers = ["x-kept"]\n')
    own = {"HTTPS_PROXY": disturbed.proxy.url, **disturbed.credentials()}
    disturbed.settings("user", own)
    disturbed.settings("project", {"HTTPS_PROXY": disturbed.b.url, "HTTP_PROXY": disturbed.b.url})
    disturbed.sandbox.run_ccwrap("-p", "hello").expect()
    targets = {asked.target for asked in disturbed.proxy.log if asked.method == "POST"}
    assert all(target.startswith(disturbed.a.url) for target in targets)
    assert len(targets) == 2, "one for the probe, one for the prompt"
    (prompt,) = disturbed.a.prompts
    assert (prompt.header("x-kept"), prompt.header("x-stray")) == ("mine", "")
    assert (prompt.bearer, prompt.key, prompt.model) == (KEY, "", MODEL)
    assert disturbed.b.connections == 0
