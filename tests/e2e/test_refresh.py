"""Credentials that expire: a session outlives its first token, and no other travels for it.

`sso` is the command that config.toml names: it prints what stands in a file, or does as it
is told there.
"""

from __future__ import annotations

import json
import re
import shlex
import time
from typing import TYPE_CHECKING, Final

import pytest

from running import script
from talking import Talk

if TYPE_CHECKING:
    from pathlib import Path

    from ccwrap.gateways.simulated import Received
    from disturbed import Disturbed

FIRST: Final = "token-one-0123456789"
SECOND: Final = "token-two-0123456789"
AUTHS: Final = ("auth_token", "api_key")
HOSTILE: Final = {
    "two lines": r"printf 'token-bad-01\nX-Evil: 1\n'",
    "a line end of another kind": r"printf 'token-bad-01\rX-Evil: 1'",
    "an escape": r"printf 'token-bad-01\033[2J'",
    "a NUL": r"printf 'token-bad-01\000'",
    "blanks inside": "echo token-bad-01 and more",
    "a megabyte": "head -c 1000000 /dev/zero | tr '\\0' t",
    "too long for claude": "head -c 20000 /dev/zero | tr '\\0' t",
    "not UTF-8": r"printf 'token-bad-01\377'",
    "not ASCII": "echo token-bad-01-ü",
    "nothing": "true",
    "a failure that shows it": "echo token-bad-01; echo token-bad-01 >&2; exit 3",
}


class Sso:
    """A route whose key `sso` prints, in a world that pulls elsewhere."""

    def __init__(self, disturbed: Disturbed, auth: str, refresh: str = "50m") -> None:
        self.disturbed, self.sandbox, self.gateway = disturbed, disturbed.sandbox, disturbed.a
        self.output = self.sandbox.home / "output"
        self.does(f"echo {FIRST}")
        self.accepts(FIRST)
        self.sandbox.write(self.sandbox.bin / "sso", f"#!/bin/sh\n. {self.output}\n", 0o755)
        self.sandbox.config(
            f'[secrets]\nSSO_TOKEN = {{ command = ["sso", "token"], refresh = "{refresh}" }}\n'
        )
        self.sandbox.ccroute(
            f'[[route]]\nname = "eu"\nkind = "generic"\nurl = "{self.gateway.url}"\n'
            f'{auth} = "${{SSO_TOKEN}}"\nmodels = "claude-sonnet-5"\n'
        )
        self.sandbox.allow(f"SSO_TOKEN@{self.gateway.url}")
        self.sandbox.environment["CLAUDE_CODE_MAX_RETRIES"] = "2"

    def does(self, line: str) -> None:
        self.output.write_text(f"{line}\n")

    def accepts(self, *tokens: str) -> None:
        self.gateway.setup = self.gateway.setup._replace(keys=tokens)

    def expires(self) -> None:
        """The gateway accepts the second token alone, and `sso` prints it."""
        self.does(f"echo {SECOND}")
        self.accepts(SECOND)

    def talk(self, *arguments: str) -> Talk:
        return Talk(self.sandbox, *arguments, command=self.ccwrap)

    @property
    def ccwrap(self) -> str:
        command = self.disturbed.ccwrap()
        return script("ccwrap") if command == "ccwrap" else command

    @property
    def prompts(self) -> list[tuple[str, str]]:
        """Bearer and x-api-key of each prompt."""
        return [(prompt.bearer, prompt.key) for prompt in self.gateway.prompts]

    def assert_nothing_else(self) -> None:
        """Only the tokens have travelled, and only to this gateway; nothing foreign has run."""
        for request in self.gateway.log:
            assert {request.bearer, request.key} <= {"", FIRST, SECOND}, request
            assert "stray" not in repr(request.headers)
        other = (self.disturbed.b.connections, self.disturbed.proxy.log)
        assert (*other, self.disturbed.marker.exists()) == (0, (), False)


@pytest.mark.parametrize("auth", AUTHS)
def test_a_session_outlives_its_first_token(disturbed: Disturbed, auth: str) -> None:
    sso = Sso(disturbed, auth)
    disturbed.everything()
    with sso.talk() as talk:
        assert talk.say("the first")["result"] == sso.gateway.setup.text
        sso.expires()
        for words in ("the second", "the third"):
            assert talk.say(words)["result"] == sso.gateway.setup.text
        assert (talk.end(), talk.err) == (0, "")
    assert sso.prompts == [(FIRST, FIRST)] * 2 + [(SECOND, SECOND)] * 2
    sso.assert_nothing_else()


def test_it_is_asked_for_again_before_it_is_refused(disturbed: Disturbed) -> None:
    """By `refresh`, whatever settings files say; the request that finds it late has the old one."""
    sso = Sso(disturbed, "auth_token", "1s")
    slow = {"CLAUDE_CODE_API_KEY_HELPER_TTL_MS": "99999999"}
    sso.sandbox.environment |= slow
    for layer in ("user", "project", "local"):
        disturbed.settings(layer, slow)
    with sso.talk() as talk:
        talk.say("the first")
        sso.accepts(FIRST, SECOND)
        sso.does(f"echo {SECOND}")
        end = time.monotonic() + 30
        while (SECOND, SECOND) not in sso.prompts and time.monotonic() < end:
            talk.say("again")
        assert talk.end() == 0
    assert sso.prompts[-1] == (SECOND, SECOND)
    sso.assert_nothing_else()


def test_where_the_command_fails_later_the_user_reads_why_and_nothing_else_is_sent(
    disturbed: Disturbed,
) -> None:
    sso = Sso(disturbed, "auth_token")
    disturbed.login()
    disturbed.console()
    with sso.talk() as talk:
        talk.say("the first")
        sso.accepts(SECOND)
        sso.does("echo 'log in: sso login' >&2; exit 3")
        said = talk.say("the second")
        assert (said["is_error"], said["api_error_status"]) == (True, 401)
        assert "apiKeyHelper" in said["result"]
        assert "SSO_TOKEN: sso failed with 3: log in: sso login ([secrets] of" in talk.err
        assert "fix: run sso by hand" in talk.err
        sso.does(f"echo {SECOND}")
        assert talk.say("the third")["result"] == sso.gateway.setup.text
    assert set(sso.prompts) == {(FIRST, FIRST), ("", ""), (SECOND, SECOND)}
    sso.assert_nothing_else()


@pytest.mark.parametrize("line", HOSTILE.values(), ids=list(HOSTILE))
def test_what_no_header_can_carry_is_refused_at_the_launch(disturbed: Disturbed, line: str) -> None:
    sso = Sso(disturbed, "auth_token")
    stand_in = sso.sandbox.stand_in()
    sso.does(line)
    ran = sso.sandbox.run_ccwrap("-p", "hello").expect(69)
    assert "no_credential" in ran.err
    assert "token-bad" not in ran.err
    assert "\x1b" not in ran.err
    assert (stand_in.reports, [one for one in sso.gateway.log if one.credentialed]) == ([], [])


@pytest.mark.parametrize("line", HOSTILE.values(), ids=list(HOSTILE))
def test_and_in_the_middle_of_a_session(disturbed: Disturbed, line: str) -> None:
    sso = Sso(disturbed, "auth_token")
    sso.sandbox.environment["CLAUDE_CODE_MAX_RETRIES"] = "0"
    disturbed.login()
    with sso.talk() as talk:
        talk.say("the first")
        sso.accepts(SECOND)
        sso.does(line)
        assert talk.say("the second")["is_error"]
        assert "ccwrap: SSO_TOKEN" in talk.err
        assert "token-bad" not in talk.err
    assert set(sso.prompts) == {(FIRST, FIRST), ("", "")}
    sso.assert_nothing_else()


MODES: Final = {
    "bare": ("--bare",),
    "safe": ("--safe-mode",),
    "no settings files": ("--setting-sources", ""),
    "a helper of the caller's": ("--settings", '{"apiKeyHelper": "echo stray-helper"}'),
}


@pytest.mark.parametrize("arguments", MODES.values(), ids=list(MODES))
def test_in_every_mode_nothing_else_travels(
    disturbed: Disturbed, arguments: tuple[str, ...]
) -> None:
    sso = Sso(disturbed, "auth_token")
    disturbed.everything()
    sso.sandbox.run(sso.ccwrap, *arguments, "-p", "hello").expect()
    assert set(sso.prompts) == {(FIRST, FIRST)}
    sso.assert_nothing_else()


LOOSENED: Final = {
    "others may write it": lambda file: file.chmod(0o666),
    "is a symbolic link": lambda file: file.symlink_to(file.rename(file.with_name("moved"))),
    "is no longer in [secrets]": lambda file: file.write_text(""),
}


@pytest.mark.parametrize("why", LOOSENED)
def test_a_config_that_is_no_good_any_more_gives_no_token(disturbed: Disturbed, why: str) -> None:
    """What it says may be another user's word by now."""
    sso = Sso(disturbed, "auth_token")
    sso.sandbox.environment["CLAUDE_CODE_MAX_RETRIES"] = "0"
    disturbed.login()
    (file,) = sso.sandbox.home.rglob("config.toml")
    with sso.talk() as talk:
        talk.say("the first")
        sso.expires()
        LOOSENED[why](file)
        assert talk.say("the second")["is_error"]
        assert why in talk.err
    assert set(sso.prompts) == {(FIRST, FIRST), ("", "")}
    sso.assert_nothing_else()


def test_no_argument_variable_or_overlay_has_it(disturbed: Disturbed) -> None:
    sso = Sso(disturbed, "api_key")
    stand_in = sso.sandbox.stand_in()
    for arguments in (("-p", "hello"), ("--bg", "hello"), ()):
        sso.sandbox.run_ccwrap(*arguments).expect()
    for report in stand_in.reports:
        overlay = report.overlay
        assert overlay
        assert FIRST not in json.dumps([report.argv, report.environment, overlay])
        assert (overlay["env"]["ANTHROPIC_AUTH_TOKEN"], overlay["env"]["ANTHROPIC_API_KEY"]) == (
            "",
            "",
        )
        assert "x-api-key" not in overlay["env"]["ANTHROPIC_CUSTOM_HEADERS"]
        ran = sso.sandbox.run("sh", "-c", overlay["apiKeyHelper"]).expect()
        assert (ran.out, ran.err) == (f"{FIRST}\n", "")


def test_on_a_terminal(disturbed: Disturbed) -> None:
    """No question about a key comes up, whose default would send the login."""
    sso = Sso(disturbed, "api_key")
    disturbed.everything()
    disturbed.at_prompt()
    with sso.sandbox.terminal(sso.ccwrap) as terminal:
        terminal.expect("❯")
        for words, token in (("the first", FIRST), ("the second", SECOND)):
            terminal.send(words)
            terminal.expect(words)
            terminal.send("\r")
            sso.gateway.wait_for(lambda one, token=token: answered(one, token), 30)  # type: ignore[misc]
            terminal.expect("Hello from a simulated gateway.")
            sso.expires()
        assert "custom API key" not in terminal.text
    sso.assert_nothing_else()


def answered(request: Received, token: str) -> bool:
    return request.is_prompt and (request.bearer, request.key) == (token, token)


@pytest.mark.parametrize("wrapper", ["", script("ccwrap")], ids=["alias", "process wrapper"])
def test_in_the_background(disturbed: Disturbed, wrapper: str) -> None:
    sso = Sso(disturbed, "auth_token")
    disturbed.login()
    disturbed.at_prompt()
    sso.sandbox.environment["CLAUDE_CODE_PROCESS_WRAPPER"] = wrapper
    sso.sandbox.run_ccwrap("--bg", "hello").expect()
    sso.gateway.wait_for(lambda one: answered(one, FIRST), 30)
    sso.assert_nothing_else()


def test_a_run_inside_a_session_asks_for_itself(disturbed: Disturbed) -> None:
    sso = Sso(disturbed, "auth_token")
    inner = f'[ "$INNER" ] || INNER=1 {script("ccwrap")} -p "the inner"'
    hook = {"hooks": [{"type": "command", "command": inner}]}
    disturbed.settings("user", {}, hooks={"SessionStart": [hook]})
    sso.sandbox.run_ccwrap("-p", "the outer").expect()
    asked = {words: b"the " + words in prompt.body for prompt in sso.gateway.prompts
             for words in (b"inner", b"outer") if b"the " + words in prompt.body}  # fmt: skip
    assert set(asked) == {b"inner", b"outer"}
    assert set(sso.prompts) == {(FIRST, FIRST)}


def test_a_project_bends_neither_the_program_nor_the_command(
    disturbed: Disturbed, tmp_path: Path
) -> None:
    """With -p its settings change claude's environment before anybody trusts it."""
    sso = Sso(disturbed, "auth_token")
    project, marker = sso.sandbox.project, tmp_path / "marker"
    touch = f"open({str(marker)!r}, 'w').close()\n"
    for name in ("tomllib", "json", "pathlib", "ccwrap/__init__", "sitecustomize", "usercustomize"):
        sso.sandbox.write(f"{name}.py", touch)
    sso.sandbox.write(
        "bin/sso", f"#!/bin/sh\ntouch {shlex.quote(str(marker))}\necho stray\n", 0o755
    )
    sso.sandbox.write("bin/.config/ccwrap/config.toml", "nonsense")
    bent = {
        "PATH": f"{project}/bin:/usr/bin:/bin",
        "HOME": f"{project}/bin",
        "XDG_CONFIG_HOME": f"{project}/bin/.config",
        "PYTHONPATH": str(project),
        "PYTHONSTARTUP": f"{project}/json.py",
        "SSO_TOKEN": "stray-token",
    }
    disturbed.settings("project", bent)
    with sso.talk() as talk:
        talk.say("the first")
        sso.expires()
        assert talk.say("the second")["result"] == sso.gateway.setup.text
    assert sso.prompts[-1] == (SECOND, SECOND)
    assert not marker.exists()
    sso.assert_nothing_else()


def test_explain_says_how_it_travels_and_what_stays_behind(disturbed: Disturbed) -> None:
    sso = Sso(disturbed, "auth_token")
    url = sso.gateway.url
    sso.sandbox.ccroute(
        f'[[route]]\nname = "eu"\nkind = "portkey"\nurl = "{url}"\n'
        'auth_token = "${SSO_TOKEN}"\nheaders = { X-Edge = "${SSO_TOKEN}" }\n'
    )
    sso.sandbox.allow(f"header:X-Edge@{url}")
    sso.sandbox.stand_in()
    out = " ".join(sso.sandbox.run_ccroute("explain").expect().out.split())
    assert "key SSO_TOKEN from command sso, asked for again every 50m; " in out
    assert "goes out as Authorization: Bearer and as x-api-key" in out
    for header in ("X-Edge", "x-portkey-api-key"):
        assert f"the header {header} keeps the SSO_TOKEN of the launch" in out
    answer = sso.sandbox.run_ccroute("explain", "--json").expect().json
    assert (answer["refresh_s"], [one["header"] for one in answer["stale"]]) == (
        3000.0,
        ["X-Edge", "x-portkey-api-key"],
    )
    assert re.search(FIRST, json.dumps(answer)) is None


def test_a_new_value_each_time_is_still_remembered(disturbed: Disturbed) -> None:
    """The gateway is asked once, and one that failed is left alone."""
    sso = Sso(disturbed, "auth_token")
    stand_in = sso.sandbox.stand_in()
    sso.gateway.setup = sso.gateway.setup._replace(keys=None)
    sso.does('echo "token-$$-0123456789"')
    for _ in range(2):
        sso.sandbox.run_ccwrap("-p", "hello").expect()
    asked = [request.bearer for request in sso.gateway.log if request.credentialed]
    assert (len(asked), len(stand_in.reports)) == (1, 2)
