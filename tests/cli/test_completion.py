"""Completion of `ccroute` in a shell: what there is, asking nobody and never failing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli.main import COMMANDS
from ccwrap.gateways import kinds
from ccwrap.places import places
from routing import table
from running import script

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

ASK = """
eval "$(_CCROUTE_COMPLETE=bash_source {ccroute})"
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_ccroute_completion ccroute
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(sandbox: Sandbox, line: str) -> list[str]:
    """What bash offers for the last word of `line`; standard error stays silent."""
    words = f"{line} ''" if line.endswith(" ") else line
    path = f"{script('ccroute').rpartition('/')[0]}:{sandbox.environment['PATH']}"
    ask = ASK.format(ccroute=script("ccroute"), words=words)
    ran = sandbox.run("bash", "-c", ask, env={"PATH": path}).expect()
    assert ran.err == ""
    return [word for word in ran.out.splitlines() if word]


def test_commands(bare_sandbox: Sandbox) -> None:
    assert completed(bare_sandbox, "ccroute ") == list(COMMANDS)
    assert completed(bare_sandbox, "ccroute unt") == ["untrust"]
    assert completed(bare_sandbox, "ccroute --v") == ["--version"]


def test_options_and_what_they_take(bare_sandbox: Sandbox) -> None:
    assert completed(bare_sandbox, "ccroute ide v") == ["vscode"]
    assert completed(bare_sandbox, "ccroute alias p") == ["powershell"]
    assert completed(bare_sandbox, "ccroute ide vscode --u") == ["--user", "--undo"]


@pytest.mark.parametrize("line", ["ccroute add ", "ccroute init --kind "])
def test_kinds(bare_sandbox: Sandbox, line: str) -> None:
    assert completed(bare_sandbox, line) == list(kinds.load().names())
    assert completed(bare_sandbox, f"{line}ope") == ["openrouter"]


@pytest.mark.parametrize(
    "command",
    ["use", "trust", "untrust", "check", "history", "forget", "run --route"],
)
def test_routes(bare_sandbox: Sandbox, gateway: StartGateway, command: str) -> None:
    """Of a file that nobody has allowed yet; no gateway hears of it."""
    started = gateway()
    bare_sandbox.ccroute(table("eu", started.url) + table("us", f"{started.url}/us"))
    assert completed(bare_sandbox, f"ccroute {command} ") == ["eu", "us"]
    assert completed(bare_sandbox, f"ccroute {command} u") == ["us"]
    assert started.connections == 0
    assert not places(bare_sandbox.environment).state.exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    "name", ["$(touch pwned)", "`touch pwned`", "a\\n touch pwned", "*", "a b"]
)
def test_a_hostile_name_is_not_offered_and_runs_nothing(
    bare_sandbox: Sandbox, shell: str, name: str
) -> None:
    bare_sandbox.ccroute(table("eu", "https://eu") + table(name, "https://us"))
    asked = {
        "_CCROUTE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "ccroute use ",
        "COMP_CWORD": "2",
    }
    assert bare_sandbox.run_ccroute(env=asked).expect().out.strip() == ""
    if shell == "bash":
        assert completed(bare_sandbox, "ccroute use ") == []
    assert not list(bare_sandbox.project.rglob("pwned"))


def test_no_secret_is_read_and_no_command_run(bare_sandbox: Sandbox) -> None:
    """Neither an env file beside the route file, a pipe here, nor a command of the user's own."""
    pwned = bare_sandbox.home / "pwned"
    bare_sandbox.config(f'[secrets]\nKEY = {{ command = ["touch", "{pwned}"] }}\n')
    bare_sandbox.ccroute(table("eu", "https://eu"))
    os.mkfifo(bare_sandbox.project / ".env")
    bare_sandbox.allow("KEY@https://eu/")
    assert completed(bare_sandbox, "ccroute check ") == ["eu"]
    assert not pwned.exists()


def test_a_route_file_that_is_a_pipe_is_not_waited_for(bare_sandbox: Sandbox) -> None:
    os.mkfifo(bare_sandbox.project / ".ccroute")
    assert completed(bare_sandbox, "ccroute use ") == []


def test_in_a_folder_that_is_gone_there_are_none(bare_sandbox: Sandbox) -> None:
    gone = bare_sandbox.project / "gone"
    gone.mkdir()
    ask = f'rmdir "$PWD"; exec {script("ccroute")}'
    asked = {"_CCROUTE_COMPLETE": "bash_complete", "COMP_WORDS": "ccroute use ", "COMP_CWORD": "2"}
    ran = bare_sandbox.run("sh", "-c", ask, cwd=gone, env=asked)
    assert (ran.expect().out.strip(), ran.err) == ("", "")


def test_a_route_is_offered_once(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(table("eu", "https://eu") + table("us", "https://us"))
    assert completed(bare_sandbox, "ccroute check eu ") == ["us"]


@pytest.mark.parametrize("file", ['policy = "random"', "[[", '[[route]]\nname = "a b; c"\n', None])
def test_without_a_file_that_can_be_read_there_are_none(
    bare_sandbox: Sandbox, file: str | None
) -> None:
    if file is not None:
        bare_sandbox.ccroute(file)
    assert completed(bare_sandbox, "ccroute use ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_its_script(bare_sandbox: Sandbox, shell: str) -> None:
    out = bare_sandbox.run_ccroute(env={"_CCROUTE_COMPLETE": f"{shell}_source"}).expect().out
    assert "_CCROUTE_COMPLETE=" in out


def test_fish_and_zsh_are_told_what_a_command_does(bare_sandbox: Sandbox) -> None:
    asked = {"_CCROUTE_COMPLETE": "zsh_complete", "COMP_WORDS": "ccroute ide", "COMP_CWORD": "1"}
    assert bare_sandbox.run_ccroute(env=asked).expect().out.splitlines() == [
        "plain",
        "ide",
        COMMANDS["ide"],
    ]
