"""Arguments reach claude byte for byte, and claude reads them as ccwrap does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from ccwrap.claude import arguments, invocation
from running import run

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from standin import StandIn
    from starting import StartGateway

OVERLAY = "<overlay>"
"""Stands for the path of the overlay's file."""

USER = '{"env": {"MINE": "1"}}'


@pytest.fixture
def routed(bare_sandbox: Sandbox, gateway: StartGateway) -> Sandbox:
    """A project whose one route is allowed and well."""
    with_key = gateway()
    bare_sandbox.ccroute(
        f'[[route]]\nname = "a"\nkind = "generic"\nurl = "{with_key.url}"\nauth_token = "${{KEY}}"\n'
    )
    bare_sandbox.environment["KEY"] = "canary-key"
    bare_sandbox.allow(f"KEY@{with_key.url}")
    return bare_sandbox


def seen(standin: StandIn) -> list[str]:
    """claude's arguments, with the overlay's path replaced."""
    argv = standin.report.argv
    return [
        OVERLAY if re.fullmatch(r"/.*/overlays/[0-9a-f]+\.json", word) else word for word in argv
    ]


FRONT = [
    pytest.param([], id="none"),
    pytest.param([""], id="an empty one"),
    pytest.param(["", "", " "], id="empty ones and a blank"),
    pytest.param(["hello"], id="a prompt"),
    pytest.param(["--"], id="--"),
    pytest.param(["--", "-p", "--settings", "{}"], id="-- and what looks like options"),
    pytest.param(["-p", "-"], id="-p -"),
    pytest.param(["-p", 'it\'s "quoted" `twice` $HOME \\ %PATH% !x'], id="quotes"),
    pytest.param(["-p", "two\nlines\r\nand\ta tab"], id="line ends"),
    pytest.param(["-p", "naïve 日本語 🦊 e\u0301 \u202eabc"], id="unicode"),
    pytest.param(["-p", "\udcff\udcfe not \udc80 utf-8"], id="bytes that are no text"),
    pytest.param(["-p", "\x01\x1b[31m\x7f"], id="control characters"),
    pytest.param(["@file", "-p", "@"], id="@file"),
    pytest.param(["fix it", "--model", "opus", "-c"], id="options after the prompt"),
    pytest.param(["--model=opus", "--unknown=x", "-xyz"], id="unknown options"),
    pytest.param(["--append-system-prompt", "--settings", "{}"], id="--settings as a value"),
    pytest.param(["-n", "--settings", "{}"], id="--settings as a name"),
    pytest.param(["--add-dir", "a", "b", "--", "c"], id="a list"),
    pytest.param(["--allowedTools", "Bash(git *)", "Edit", "-p", "x"], id="tools"),
    pytest.param(["--resume", "-p", "x"], id="an optional value left out"),
    pytest.param(["--permission-mode", "plan", "--max-turns", "3"], id="hidden options"),
    pytest.param(["doctor", "-p"], id="a command made a prompt"),
    pytest.param(["agents"], id="agents"),
    pytest.param(["*", "?", "[a]", "~", "{a,b}", ";", "|", "&"], id="what a shell would expand"),
    pytest.param(["x" * 100_000], id="a long prompt"),
    pytest.param(["/init"], id="a slash command"),
    pytest.param(["/usr/bin/env"], id="a path to a program that is no claude"),
    pytest.param([str(number) for number in range(500)], id="many"),
]


@pytest.mark.parametrize("argv", FRONT)
def test_a_routed_run_adds_settings_in_front_and_changes_nothing(
    routed: Sandbox, standin: StandIn, argv: list[str]
) -> None:
    routed.run_ccwrap(*argv).expect(0)
    assert seen(standin) == ["--settings", OVERLAY, *argv]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(["--settings", USER], ["--settings", OVERLAY], id="alone"),
        pytest.param([f"--settings={USER}"], ["--settings", OVERLAY], id="one word"),
        pytest.param(
            ["-p", "--settings", USER, "hi"], ["-p", "--settings", OVERLAY, "hi"], id="in between"
        ),
        pytest.param(["hi", f"--settings={USER}"], ["hi", "--settings", OVERLAY], id="at the end"),
        pytest.param(
            ["--settings", "{}", "-p", f"--settings={USER}", "hi"],
            ["-p", "--settings", OVERLAY, "hi"],
            id="twice",
        ),
        pytest.param(
            ["rc", "--verbose"], ["rc", "--settings", OVERLAY, "--verbose"], id="behind rc"
        ),
    ],
)
def test_the_overlay_takes_the_place_of_the_user_s_settings(
    routed: Sandbox, standin: StandIn, argv: list[str], expected: list[str]
) -> None:
    routed.run_ccwrap(*argv).expect(0)
    assert seen(standin) == expected
    overlay = standin.report.overlay or {}
    assert overlay["env"]["ANTHROPIC_AUTH_TOKEN"] == "canary-key"
    assert overlay["env"].get("MINE") == ("1" if USER in " ".join(argv) else None)


@pytest.mark.parametrize("word", sorted(arguments.ALWAYS | arguments.COMMANDS))
def test_maintenance_is_passed_through_untouched(
    routed: Sandbox, standin: StandIn, word: str
) -> None:
    routed.run_ccwrap(word, "\udcff", "", "--", "--settings", "{}").expect(0)
    assert standin.report.argv == [word, "\udcff", "", "--", "--settings", "{}"]
    assert "ANTHROPIC_BASE_URL" not in standin.report.environment


@pytest.mark.parametrize("argv", FRONT)
def test_without_a_route_file_nothing_changes_at_all(
    bare_sandbox: Sandbox, standin: StandIn, argv: list[str]
) -> None:
    bare_sandbox.run_ccwrap(*argv).expect(0)
    assert standin.report.argv == argv


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX", ""])
def test_bytes_survive_every_locale(bare_sandbox: Sandbox, standin: StandIn, locale: str) -> None:
    bare_sandbox.environment.pop("LANG")
    env = {"CCWRAP_DISABLE": "1", **({"LC_ALL": locale} if locale else {})}
    bare_sandbox.run_ccwrap("\udcff", "é", env=env).expect(0)
    assert standin.report.argv == ["\udcff", "é"]


def test_the_wrapper_form_takes_the_binary_away(routed: Sandbox, standin: StandIn) -> None:
    routed.run_ccwrap(routed.claude, "-p", "hi", env={"PATH": "/usr/bin:/bin"}).expect(0)
    assert seen(standin) == ["--settings", OVERLAY, "-p", "hi"]


def test_a_spare_is_not_started_at_all(routed: Sandbox, standin: StandIn) -> None:
    ran = routed.run_ccwrap(routed.claude, "--bg-spare", "socket").expect(1)
    assert (ran.out, ran.err, standin.reports) == ("", "", [])


HELP = re.compile(
    r"^  (?:(-\w), )?(--[\w-]+)(?:, (--[\w-]+))?(?: ([<\[][^>\]]*[>\]]))?", re.MULTILINE
)


def shown_help(claude: Path, tmp_path: Path) -> str:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    return run((claude, "--help"), environment=environment, cwd=tmp_path).expect(0).out


def test_the_tables_are_claude_s_own(claude: Path, tmp_path: Path) -> None:
    """A new option of claude's turns this red: put it into its table, and the tests with it."""
    expected: dict[str, str] = {}
    ours: dict[str, str] = {}
    for short, long, alias, value in HELP.findall(shown_help(claude, tmp_path)):
        kind = "MANY" if "..." in value else {"<": "ONE", "[": "MAYBE"}.get(value[:1], "FLAGS")
        expected |= dict.fromkeys(filter(None, (short, long, alias)), kind)
    for kind in ("FLAGS", "ONE", "MAYBE", "MANY"):
        ours |= {name: kind for name in getattr(arguments, kind) if name in expected}
    assert len(expected) > 60
    assert ours == expected


def test_claude_s_commands_are_in_the_tables(claude: Path, tmp_path: Path) -> None:
    listed = shown_help(claude, tmp_path).partition("\nCommands:\n")[2]
    words = {
        word for names in re.findall(r"^  ([a-z][a-z|-]*)", listed, re.MULTILINE)
        for word in names.split("|")
    }  # fmt: skip
    assert {"mcp", "plugins", "upgrade", "agents"} <= words
    assert words - arguments.ALWAYS - arguments.COMMANDS == {"agents"}


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(["-p", "hi", "--settings", "{A}"], id="behind the prompt"),
        pytest.param(["--settings={A}", "-p", "hi"], id="one word"),
        pytest.param(["-p", "hi", "--settings", "{}", "--settings", "{A}"], id="the last of two"),
        pytest.param(
            ["-p", "hi", "--settings", "{A}", "--settings", "{}"], id="not the first of two"
        ),
        pytest.param(["-p", "--", "hi", "--settings", "{A}"], id="behind --"),
        pytest.param(["-p", "--append-system-prompt", "--settings", "hi"], id="another's value"),
        pytest.param(["-p", "hi", "-n", "--settings", "{A}"], id="a name"),
        pytest.param(["-p", "hi", "--debug", "--settings", "{A}"], id="behind an optional value"),
        pytest.param(["-p", "hi", "--add-dir", ".", "--settings", "{A}"], id="behind a list"),
        pytest.param(["mcp", "list", "-p", "--settings", "{A}"], id="a command made a prompt"),
    ],
)
def test_claude_itself_takes_the_settings_that_ccwrap_sees(
    sandbox: Sandbox, gateway: StartGateway, argv: list[str]
) -> None:
    a, other = gateway(), gateway()
    overlay = json.dumps({"env": {"ANTHROPIC_BASE_URL": a.url, "ANTHROPIC_AUTH_TOKEN": "a"}})
    sandbox.environment |= {"ANTHROPIC_BASE_URL": other.url, "ANTHROPIC_AUTH_TOKEN": "other"}
    argv = [word.replace("{A}", overlay) for word in argv]
    sandbox.run(sandbox.claude, *argv).expect(0)
    asked = [used for used in (a, other) if used.prompts]
    assert asked == [a if invocation.read(argv, {}).settings == overlay else other]
