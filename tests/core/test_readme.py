"""Every command and every file that the README shows works as it is shown there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli.main import COMMANDS
from ccwrap.gateways.simulated import Setup, refuses
from routing import KEY, table
from running import script

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks in `language`; a screen has none."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [text for word, text in fenced if word == language]


SHELL = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
CI_LINE = (
    'CCWRAP_TRUST="LLM_KEY@https://llm.eu.example.com/" '
    'ccwrap -p --setting-sources user "Review this."'
)
COMPLETION = 'eval "$(_CCROUTE_COMPLETE=bash_source ccroute)"'
SET_UP = [line for line in SHELL if "-m venv" in line]


def test_two_commands_do_all_set_up() -> None:
    demo, tests = SET_UP
    assert demo.endswith(".venv/bin/ccroute demo")
    assert tests.endswith(".venv/bin/pytest")


def test_every_other_command_shown_is_one_of_these() -> None:
    shown = [line.partition("#")[0].strip() for line in SHELL if line not in SET_UP]
    assert shown == [
        "pipx install .",
        "cd your-project",
        "ccroute init",
        "ccroute add openrouter",
        "ccroute check",
        "ccwrap",
        "ccroute ide vscode",
        "ccroute alias --install",
        "ccroute background --install",
        COMPLETION,
        "ccroute trust --diff origin/main",
        "ccroute check --format github",
        CI_LINE,
    ]


@pytest.mark.parametrize("number", range(len(blocks("toml"))))
def test_every_route_file_shown_is_valid(bare_sandbox: Sandbox, number: int) -> None:
    bare_sandbox.ccroute(blocks("toml")[number])
    bare_sandbox.run_ccroute("validate").expect()


def test_init_add_check_then_ccwrap(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    stand_in = bare_sandbox.stand_in()
    good = gateway(Setup(keys=(KEY,)))
    bare_sandbox.environment["CCWRAP_KEY"] = KEY
    bare_sandbox.run_ccroute("init", "--kind", "generic", "--url", good.url, "--yes").expect()
    name = re.search(r"\$\{(\w+)\}", (bare_sandbox.project / ".ccroute").read_text())
    assert name
    added = bare_sandbox.run_ccroute("add", "openrouter").expect().out
    assert "allowed, as the others are\nnext: ccroute check\n" in added
    assert f"{name[1]} is not set" in bare_sandbox.run_ccroute("check").expect(69).out
    bare_sandbox.write(".env.local", f"{name[1]}={KEY}\n")
    assert "127.0.0.1 would run." in bare_sandbox.run_ccroute("check").expect().out
    bare_sandbox.run_ccwrap("-p", "hello").expect()
    assert stand_in.reports[0].environment["ANTHROPIC_BASE_URL"] == good.url


def test_the_ci_lines_that_only_look(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    url = gateway(Setup(keys=(KEY,))).url
    bare_sandbox.ccroute(table("eu", url, 'models = "claude-sonnet-5"'))
    bare_sandbox.git("add", ".ccroute")
    bare_sandbox.git("commit", "-qm", "base")
    bare_sandbox.git("update-ref", "refs/remotes/origin/main", "HEAD")
    diff, check = [
        shlex.split(line, comments=True)[1:]
        for line in SHELL
        if "origin/main" in line or "github" in line
    ]
    assert "nothing new" in bare_sandbox.run_ccroute(*diff).expect().out
    bare_sandbox.ccroute(table("eu", url) + table("new", f"{url}/new"))
    assert f"new  new  LLM_KEY to {url}/new" in bare_sandbox.run_ccroute(*diff).expect(1).out
    bare_sandbox.environment |= {"LLM_KEY": KEY, "CCWRAP_TRUST": f"LLM_KEY@{url}"}
    assert bare_sandbox.run_ccroute(*check).expect().out.startswith("::notice ")


def test_the_ci_line(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    stand_in = bare_sandbox.stand_in()
    url = gateway(Setup(keys=(KEY,))).url
    bare_sandbox.ccroute(
        f'[[route]]\nkind = "litellm"\nurl = "{url}"\nauth_token = "${{LLM_KEY}}"\n'
    )
    bare_sandbox.environment["LLM_KEY"] = KEY
    trust, _, *arguments = shlex.split(CI_LINE.replace("https://llm.eu.example.com", url))
    bare_sandbox.environment["CCWRAP_TRUST"] = trust.partition("=")[2]
    bare_sandbox.run_ccwrap(*arguments).expect()
    assert stand_in.reports[0].argv[-1] == "Review this."


def test_the_editor_s_and_the_shell_s_lines(bare_sandbox: Sandbox) -> None:
    said = bare_sandbox.run_ccroute("ide", "vscode").expect().out
    assert f'claudeCode.claudeProcessWrapper = "{script("ccwrap")}"' in said
    bare_sandbox.run_ccroute("alias", "--install", env={"SHELL": "/bin/bash"}).expect()
    assert "alias claude=" in (bare_sandbox.home / ".bashrc").read_text()
    said = bare_sandbox.run_ccroute("background", "--install").expect().out
    assert said == "~/.claude/settings.json: processWrapper is ccwrap\n"
    path = f"{Path(script('ccroute')).parent}:{bare_sandbox.environment['PATH']}"
    ran = bare_sandbox.run("bash", "-c", f"{COMPLETION}; complete -p ccroute", env={"PATH": path})
    assert "-F _ccroute_completion ccroute" in ran.expect().out
    for command in (("ide", "vscode"), ("alias",), ("background",)):
        bare_sandbox.run_ccroute(*command, "--undo").expect()
    assert not (bare_sandbox.home / ".bashrc").exists()


def test_the_check_shown_is_what_it_prints(
    bare_sandbox: Sandbox, gateway: StartGateway, refused_port: int
) -> None:
    well = gateway(Setup(keys=(KEY,)))
    limited = gateway(behaviour=refuses(429, retry_after="17"))
    bare_sandbox.ccroute(
        table("eu", well.url, 'models = "claude-sonnet-5"')
        + table("us", limited.url, 'models = "claude-sonnet-5"')
        + f'[[route]]\nkind = "ollama"\nurl = "http://localhost:{refused_port}"\nmodels = "qwen"\n'
        + '[[route]]\nkind = "anthropic"\n'
    )
    bare_sandbox.environment["LLM_KEY"] = KEY
    bare_sandbox.run_ccroute("trust", "eu", "us", "ollama", "--yes").expect()
    out = bare_sandbox.run_ccroute("check").expect().out
    (shown,) = [block for block in blocks("") if block.startswith("$ ccroute check\n")]
    assert timeless(out.replace(str(refused_port), "11434")) == timeless(shown.partition("\n")[2])


def timeless(text: str) -> str:
    return re.sub(r" +\d+ ms|[\d.]+ s,", "", text)


def test_the_question_shown_is_what_it_asks(bare_sandbox: Sandbox) -> None:
    (shown,) = [block for block in blocks("") if "wants to send" in block]
    bare_sandbox.config('[secrets]\nLLM_KEY = { keyring = "service/user" }\n')
    bare_sandbox.environment["OPENROUTER_API_KEY"] = KEY
    bare_sandbox.ccroute(
        table("eu", "https://llm.eu.example.com") + '[[route]]\nkind = "openrouter"\n'
    )
    bare_sandbox.stand_in()
    with bare_sandbox.terminal("ccwrap") as terminal:
        asked = terminal.expect("Allow? [y/a/r/i/N]")
    assert asked.split() == shown.split()
    assert all(line in asked for line in shown.splitlines())


def test_no_screen_is_wider_than_a_terminal() -> None:
    assert [line for block in blocks("") for line in block.splitlines() if len(line) > 80] == []


def test_every_command_named_is_there_and_none_is_left_out() -> None:
    table = README[README.index("## Commands") : README.index("Exit codes")]
    named = {word for cell in re.findall(r"`([^`]+)`", table) for word in cell.split()[:2]}
    assert set(COMMANDS) <= named
