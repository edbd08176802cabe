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
    from collections.abc import Callable, Iterator

    from proxy import ListeningProxy
    from sandbox import Sandbox
    from starting import StartGateway
    from terminal import Terminal


@pytest.fixture
def world(sandbox: Sandbox, gateway: StartGateway, proxy: ListeningProxy) -> Iterator[Disturbed]:
    yield Disturbed(sandbox, gateway, proxy)
    if (sandbox.home / ".claude" / "daemon").exists():
        sandbox.run(sandbox.claude, "daemon", "stop", "--any")


def in_layer(layer: str, part: str) -> Callable[[Disturbed], None]:
    def disturb(world: Disturbed) -> None:
        world.settings(layer, getattr(world, part)())

    return disturb


def helper(layer: str) -> Callable[[Disturbed], None]:
    def disturb(world: Disturbed) -> None:
        world.settings(layer, {}, **world.helpers())

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
    world: Disturbed, disturb: Callable[[Disturbed], None], auth: str
) -> None:
    world.route(auth)
    disturb(world)
    world.sandbox.run(launcher(world), "-p", "hello").expect()
    prompts = world.assert_only_a()
    sent = (KEY, "") if auth == "auth_token" else ("", KEY)
    assert {(prompt.bearer, prompt.key) for prompt in prompts} == {sent}


def launcher(world: Disturbed) -> str:
    command = world.ccwrap()
    return script(command) if command == "ccwrap" else command


@pytest.mark.parametrize("auth", AUTHS)
def test_with_everything_at_once_in_print_mode(world: Disturbed, auth: str) -> None:
    world.route(auth)
    world.everything()
    world.sandbox.run(launcher(world), "-p", "hello").expect()
    world.assert_only_a()
    status = world.sandbox.run(launcher(world), "auth", "status").json
    assert (status["loggedIn"], status["apiProvider"]) == (True, "firstParty")
    world.assert_only_a()


@pytest.mark.parametrize("auth", AUTHS)
def test_with_everything_at_once_in_the_background(world: Disturbed, auth: str) -> None:
    world.route(auth)
    world.everything()
    world.at_prompt()
    world.sandbox.run(launcher(world), "--bg", "hello").expect()
    world.a.wait_for(lambda request: request.is_prompt, seconds=30)
    prompts = world.assert_only_a()
    assert {prompt.bearer for prompt in prompts} == {KEY}


@pytest.mark.parametrize("auth", AUTHS)
def test_with_everything_at_once_on_a_terminal(world: Disturbed, auth: str) -> None:
    """No question about a key comes up, whose default would send the login."""
    world.route(auth)
    world.everything()
    world.at_prompt(customApiKeyResponses={"approved": [], "rejected": [KEY[-20:]]})
    with world.sandbox.terminal(world.ccwrap()) as terminal:
        terminal.expect("❯")
        turn(world, terminal, "hello")
        terminal.send("/status\r")
        shown = "".join(terminal.expect("Setting sources").split())
        assert f"AnthropicbaseURL:{world.a.url}" in shown
        assert "Authtoken:ANTHROPIC_AUTH_TOKEN" in shown
        assert "custom API key" not in terminal.text
    prompts = world.assert_only_a()
    assert {prompt.bearer for prompt in prompts} == {KEY}
    assert {prompt.key for prompt in prompts} == {KEY if auth == "api_key" else ""}


def turn(world: Disturbed, terminal: Terminal, words: str) -> None:
    """Say something and wait until the gateway has heard it."""
    terminal.send(words)
    terminal.expect(words)
    terminal.send("\r")
    world.a.wait_for(lambda request: request.is_prompt and words.encode() in request.body, 30)


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
    world: Disturbed, form: str, arguments: tuple[str, ...], wrong: bool
) -> None:
    world.route("auth_token")
    env = world.credentials() | world.modes() | {"MINE": "mine"}
    seen = world.sandbox.home / "seen"
    hook = {"type": "command", "command": f'echo "$MINE" > {seen}'}
    given: dict[str, object] = {"env": env, "hooks": {"SessionStart": [{"hooks": [hook]}]}}
    given |= world.helpers()
    if wrong:
        given |= {"model": 5, "statusLine": 3, "permissions": {"allow": "x"}, "sandbox": []}
    text = json.dumps(given)
    value = text if form == "inline" else str(world.sandbox.write("mine.json", text))
    filled = [argument.replace("{}", value) for argument in arguments]
    ran = world.sandbox.run_ccwrap("-p", *filled, "hello").expect()
    world.assert_only_a()
    assert seen.read_text() == "mine\n"
    named = ("model", "statusLine", "permissions.allow", "sandbox")
    assert all((f"{name}: expected" in ran.err) is wrong for name in named)


def test_the_user_s_own_proxy_is_taken_and_his_kept_headers_are_sent(world: Disturbed) -> None:
    """The probe and claude take one road, and the gateway is told what its user wants told."""
    world.route("auth_token")
    world.sandbox.config('keep_headers = ["x-kept"]\n')
    own = {"HTTPS_PROXY": world.proxy.url, **world.credentials()}
    world.settings("user", own)
    world.settings("project", {"HTTPS_PROXY": world.b.url, "HTTP_PROXY": world.b.url})
    world.sandbox.run_ccwrap("-p", "hello").expect()
    targets = {asked.target for asked in world.proxy.log if asked.method == "POST"}
    assert all(target.startswith(world.a.url) for target in targets)
    assert len(targets) == 2, "one for the probe, one for the prompt"
    (prompt,) = world.a.prompts
    assert (prompt.header("x-kept"), prompt.header("x-stray")) == ("mine", "")
    assert (prompt.bearer, prompt.key, prompt.model) == (KEY, "", MODEL)
    assert world.b.connections == 0
