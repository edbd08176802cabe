from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING

import dotenv
import pytest

from ccwrap.claude.injection import Injection
from ccwrap.cli import shells
from ccwrap.cli.shells import Change
from ccwrap.errors import SettingError
from ccwrap.plan import Plan
from routing import KEY, routed
from running import run, script

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from starting import StartGateway

MODEL = 'models = "claude-sonnet-5"'
HOSTILE = {
    "plain": "https://llm.example.com/a?b=c&d",
    "empty line": "a: b\n\nc: d",
    "quote": "it's",
    "double quote": 'a "b"',
    "command": "$(touch pwned) `touch pwned` ${HOME} $HOME",
    "separator": "a; touch pwned & | > pwned",
    "comment": "a # b",
    "backslash": "a\\",
    "backslash n": "a\\nb",
    "both": "it's \"it\\",
    "leading blank": "  a  ",
    "delimiter": "EOF\nPATH=/evil",
    "unicode": "ü€😀",
    "equals": "=x=",
    "history": "wow!",
}
UNSPELLABLE = (HOSTILE["command"],)
"""What python-dotenv, other libraries and a shell would each take differently."""


@pytest.fixture
def eu(bare_sandbox: Sandbox, gateway: StartGateway) -> Sandbox:
    routed(bare_sandbox, {"eu": gateway().url}, more=MODEL)
    bare_sandbox.environment["ANTHROPIC_API_KEY"] = "left-over-key-0123"
    return bare_sandbox


def test_a_shell_that_evaluates_it_has_claudes_environment(eu: Sandbox) -> None:
    text = eu.run_ccroute("env", "--reveal").expect().out
    shown = eu.run("sh", "-c", f"{text}\nenv").expect().out.splitlines()
    assert f"ANTHROPIC_AUTH_TOKEN={KEY}" in shown
    assert any(line.startswith("ANTHROPIC_BASE_URL=http://127.0.0.1:") for line in shown)
    assert not any(line.startswith("ANTHROPIC_API_KEY=") for line in shown)


@pytest.mark.parametrize("style", ["shell", "dotenv", "json"])
def test_without_reveal_secrets_are_names(eu: Sandbox, style: str) -> None:
    ran = eu.run_ccroute("env", "--format", style).expect()
    assert KEY not in ran.out + ran.err
    assert "left-over-key" not in ran.out + ran.err
    assert "ANTHROPIC_AUTH_TOKEN" in ran.out
    assert "ANTHROPIC_BASE_URL" in ran.out


def test_it_says_that_ccwrap_is_the_sure_way(eu: Sandbox) -> None:
    ran = eu.run_ccroute("env").expect()
    assert "settings files can outrank" in " ".join(ran.err.split())
    assert "`ccwrap` is the sure way" in " ".join(ran.err.split())
    assert max(map(len, ran.err.splitlines())) <= 80


def test_the_json_holds_what_is_set_taken_away_and_withheld(eu: Sandbox) -> None:
    answer = eu.run_ccroute("env", "--format", "json").expect().json
    assert set(answer) == {"version", "set", "unset", "withheld"}
    assert "ANTHROPIC_AUTH_TOKEN" in answer["withheld"]
    assert "ANTHROPIC_API_KEY" in answer["unset"]
    revealed = eu.run_ccroute("env", "--format", "json", "--reveal").expect().json
    assert revealed["set"]["ANTHROPIC_AUTH_TOKEN"] == KEY
    assert revealed["withheld"] == []


def test_a_proxys_password_is_a_secret(eu: Sandbox) -> None:
    secret = "http://me:proxy-password@127.0.0.1:9"
    env = {"HTTPS_PROXY": secret, "NO_PROXY": "127.0.0.1"}
    ran = eu.run_ccroute("env", env=env).expect()
    assert "proxy-password" not in ran.out + ran.err
    assert "# HTTPS_PROXY (--reveal)" in ran.out


class TestGithub:
    def test_every_secret_is_masked_before_the_file_is_written(
        self, eu: Sandbox, tmp_path: Path
    ) -> None:
        file = tmp_path / "github-env"
        file.write_text("BEFORE=1\n")
        env = {"GITHUB_ENV": str(file), "GITHUB_ACTIONS": "true"}
        ran = eu.run_ccroute("env", "--format", "github", "--reveal", env=env).expect()
        assert f"::add-mask::{KEY}" in ran.out.splitlines()
        assert all(line.startswith("::add-mask::") for line in ran.out.splitlines())
        variables = parse(file.read_text().removeprefix("BEFORE=1\n"))
        assert variables["ANTHROPIC_AUTH_TOKEN"] == KEY
        assert variables["ANTHROPIC_API_KEY"] == ""

    def test_without_reveal_no_secret_is_written(self, eu: Sandbox, tmp_path: Path) -> None:
        file = tmp_path / "github-env"
        file.touch()
        ran = eu.run_ccroute("env", "--format", "github", env={"GITHUB_ENV": str(file)}).expect()
        assert KEY not in ran.out + ran.err + file.read_text()
        assert "ANTHROPIC_AUTH_TOKEN was left out (--reveal)" in ran.err

    def test_delimiters_are_random(self, eu: Sandbox, tmp_path: Path) -> None:
        file = tmp_path / "github-env"
        file.touch()
        for _ in range(2):
            eu.run_ccroute("env", "--format", "github", env={"GITHUB_ENV": str(file)}).expect()
        lines = file.read_text().splitlines()
        assert len({line.partition("<<")[2] for line in lines if "<<" in line}) == 2

    @pytest.mark.parametrize("wrong", ["unset", "missing", "a folder", "a link", "a pipe"])
    def test_elsewhere_it_is_an_error_and_no_secret_is_shown(
        self, eu: Sandbox, tmp_path: Path, wrong: str
    ) -> None:
        file, other = tmp_path / "github-env", tmp_path / "other"
        other.touch()
        if wrong == "a folder":
            file.mkdir()
        if wrong == "a link":
            file.symlink_to(other)
        if wrong == "a pipe":
            os.mkfifo(file)
        env = {} if wrong == "unset" else {"GITHUB_ENV": str(file)}
        ran = eu.run_ccroute("env", "--format", "github", "--reveal", env=env).expect(78)
        assert "GITHUB_ENV" in ran.err
        assert KEY not in ran.out + ran.err
        assert other.read_text() == ""
        assert file.exists() == (wrong not in ("unset", "missing"))

    @pytest.mark.parametrize("value", ["%0A::error::x", "a%25b", "x<<EOF", "::add-mask::"])
    def test_a_hostile_secret_is_masked_and_stays_one(
        self, eu: Sandbox, tmp_path: Path, value: str
    ) -> None:
        """A header of the user's own, many lines long, that may travel along."""
        secret = f"{value}-0123456789"
        eu.config('keep_headers = ["X-One", "X-Two"]\n')
        headers = f"X-One: {secret}\nX-Two: {secret}-two"
        file = tmp_path / "github-env"
        file.touch()
        env = {"GITHUB_ENV": str(file), "ANTHROPIC_CUSTOM_HEADERS": headers}
        ran = eu.run_ccroute("env", "--format", "github", "--reveal", env=env).expect()
        masked = [line.removeprefix("::add-mask::") for line in ran.out.splitlines()]
        shown = secret.replace("%", "%25")
        assert {shown, f"{shown}-two"} <= set(masked)
        variables = parse(file.read_text())
        assert secret in variables["ANTHROPIC_CUSTOM_HEADERS"]
        assert "x" not in variables

    def test_a_log_that_can_not_be_written_keeps_the_file_empty(
        self, eu: Sandbox, tmp_path: Path
    ) -> None:
        file = tmp_path / "github-env"
        file.touch()
        eu.environment["GITHUB_ENV"] = str(file)
        words = f"exec {script('ccroute')} env --format github --reveal > /dev/full"
        eu.run("sh", "-c", words).expect(1)
        assert file.read_text() == ""

    def test_a_password_in_a_url_is_masked_by_itself_too(self) -> None:
        assert list(shells.masks("http://me:pass-word-1@proxy:1")) == [
            "http://me:pass-word-1@proxy:1",
            "pass-word-1",
        ]
        assert list(shells.masks("http://proxy:1")) == ["http://proxy:1"]
        assert list(shells.masks("http://made-up-token@proxy:1")) == [
            "http://made-up-token@proxy:1",
            "made-up-token",
        ]

    def test_a_password_is_masked_as_it_is_meant_too(self) -> None:
        assert list(shells.masks("http://me:pass%40word%25@proxy:1"))[1:] == [
            "pass%2540word%2525",
            "pass@word%25",
        ]

    def test_a_credential_is_masked_without_its_scheme_too(self) -> None:
        assert list(shells.masks("Authorization: Bearer made-up-key"))[1:] == [
            "Bearer made-up-key",
            "made-up-key",
        ]

    def test_every_line_and_every_headers_value_is_masked(self) -> None:
        value = "x-api-key: made-up-key\nX-Percent: 100% \r\n\nX-Team: core"
        assert list(shells.masks(value)) == [
            "x-api-key: made-up-key",
            "made-up-key",
            "X-Percent: 100%25 ",
            "X-Team: core",
        ]


def parse(text: str) -> dict[str, str]:
    """$GITHUB_ENV as the runner reads it."""
    lines = iter(text.split("\n"))
    found: dict[str, str] = {}
    for line in lines:
        if not line:
            continue
        name, mark, delimiter = line.partition("<<")
        assert mark, line
        held: list[str] = []
        for inner in lines:
            if inner == delimiter:
                break
            held.append(inner)
        found[name] = "\n".join(held)
    return found


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
class TestAHostileValueStaysAValue:
    def test_in_a_shell(self, value: str, tmp_path: Path) -> None:
        assert by_shell(shells.posix(Change({"V": value})), tmp_path) == value

    def test_in_a_dotenv_file_whoever_reads_it(self, value: str, tmp_path: Path) -> None:
        change = Change({"V": value})
        if value in UNSPELLABLE:
            with pytest.raises(SettingError, match="--format json"):
                shells.dotenv(change)
            return
        text = shells.dotenv(change)
        assert dotenv.dotenv_values(stream=io.StringIO(text)) == {"V": value}
        assert by_shell(f"set -a\n{text}", tmp_path) == value

    def test_in_a_github_job(self, value: str) -> None:
        assert parse(shells.github(Change({"V": value}), "random")) == {"V": value}


def by_shell(text: str, folder: Path) -> str:
    script = f"{text}\npython3 -c 'import json, os; print(json.dumps(os.environ[\"V\"]))'"
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8"}
    ran = run(["sh", "-c", script], environment=environment, cwd=folder).expect()
    assert list(folder.glob("pwned")) == []
    return str(json.loads(ran.out))


def test_our_own_variables_are_left_to_the_caller() -> None:
    given = {"A": "1", "B": "2", "CCWRAP_TRUST": "x"}
    plan = Plan("route", "", injection=Injection(given, ("C", "CCWRAP_ROUTE"), {}))
    assert Change.of(plan, ("B",)) == Change({"A": "1"}, ("C",), ("B",))


def test_nothing_to_set_sets_nothing(bare_sandbox: Sandbox) -> None:
    ran = bare_sandbox.run_ccroute("env").expect()
    assert ran.out == ""
    assert "nothing to set: no .ccroute here" in ran.err


def test_a_credential_that_expires_is_given_as_it_is_now(eu: Sandbox) -> None:
    """Nothing is there that could ask again, and that is said."""
    del eu.environment["LLM_KEY"]
    eu.config(f'[secrets]\nLLM_KEY = {{ command = ["echo", "{KEY}"], refresh = "50m" }}\n')
    ran = eu.run_ccroute("env", "--format", "json", "--reveal").expect()
    assert ran.json["set"]["ANTHROPIC_AUTH_TOKEN"] == KEY
    assert "ccroute: LLM_KEY expires, and nothing here asks for it again\n" in ran.err
    assert "CLAUDE_CODE_API_KEY_HELPER_TTL_MS" not in ran.json["set"]
