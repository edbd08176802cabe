"""What claude's arguments mean to ccwrap. How claude itself reads them was observed
with Claude Code 2.1.330; tests/e2e/test_arguments.py compares the tables with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from ccwrap.claude import invocation
from ccwrap.claude.invocation import Invocation, read

if TYPE_CHECKING:
    from pathlib import Path


class Make(Protocol):
    def __call__(self, name: str, mode: int = 0o755) -> str: ...


@pytest.fixture
def real(tmp_path: Path) -> Make:
    """A claude, a node with its script, and things that only look like them."""

    def make(name: str, mode: int = 0o755) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(mode)
        return str(path)

    return make


@pytest.mark.parametrize(
    ("argv", "value", "ranges"),
    [
        pytest.param([], None, (), id="none"),
        pytest.param(["--settings", "f"], "f", ((0, 2),), id="two words"),
        pytest.param(["--settings=f"], "f", ((0, 1),), id="one word"),
        pytest.param(["--settings="], "", ((0, 1),), id="one word, empty"),
        pytest.param(["--settings", ""], "", ((0, 2),), id="two words, empty"),
        pytest.param(["--settings", "--model"], "--model", ((0, 2),), id="a value with dashes"),
        pytest.param(["--settings", "--"], "--", ((0, 2),), id="a value that looks like the end"),
        pytest.param(["--settings"], None, (), id="its value missing"),
        pytest.param(["-p", "hi", "--settings", "f"], "f", ((2, 4),), id="behind the prompt"),
        pytest.param(
            ["--settings", "a", "--settings=b"], "b", ((0, 2), (2, 3)), id="the last counts"
        ),
        pytest.param(["--", "--settings", "f"], None, (), id="behind --"),
        pytest.param(["--append-system-prompt", "--settings", "f"], None, (), id="another's value"),
        pytest.param(["-n", "--settings", "f"], None, (), id="another's value, short"),
        pytest.param(["-pn", "--settings", "f"], None, (), id="a bundle's value"),
        pytest.param(["--add-dir", "a", "b", "--settings", "f"], "f", ((3, 5),), id="ends a list"),
        pytest.param(["--add-dir", "--settings", "f"], None, (), id="a list's first value"),
        pytest.param(
            ["--resume", "--settings", "f"], "f", ((1, 3),), id="behind an optional value"
        ),
        pytest.param(["-d", "hooks", "--settings", "f"], "f", ((2, 4),), id="behind a filter"),
        pytest.param(
            ["--unknown", "--settings", "f"], "f", ((1, 3),), id="behind an unknown option"
        ),
        pytest.param(["tell me of --settings", "f"], None, (), id="named in the prompt"),
        pytest.param(["agents", "--settings", "f"], "f", ((1, 3),), id="behind agents"),
        pytest.param(
            ["--verbose", "mcp", "add", "--settings", "f"], None, (), id="a command's own"
        ),
        pytest.param(["rc", "--settings", "f"], "f", ((1, 3),), id="behind remote control"),
    ],
)
def test_finds_every_settings_and_mistakes_nothing_for_one(
    argv: list[str], value: str | None, ranges: tuple[tuple[int, int], ...]
) -> None:
    invocation = read(argv, {})
    assert (invocation.settings, invocation.settings_at) == (value, ranges)
    assert invocation.arguments == tuple(argv)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param(["-p", "hi"], {"printing": True}, id="-p"),
        pytest.param(["hi", "--print"], {"printing": True}, id="--print behind the prompt"),
        pytest.param(["-pc"], {"printing": True, "resumes": True}, id="a bundle"),
        pytest.param(["--", "-p"], {}, id="a prompt -p"),
        pytest.param(["-n", "-p"], {}, id="a name -p"),
        pytest.param(["-r", "-p"], {"printing": True, "resumes": True}, id="no id for -r"),
        pytest.param(["-r", "abc"], {"resumes": True}, id="-r id"),
        pytest.param(["-rabc"], {"resumes": True}, id="-rid"),
        pytest.param(["--resume=abc"], {"resumes": True}, id="--resume=id"),
        pytest.param(["--continue"], {"resumes": True}, id="--continue"),
        pytest.param(["--bg", "hi"], {"background": True}, id="--bg"),
        pytest.param(["hi", "--background"], {"background": True}, id="--background"),
        pytest.param(["--model", "opus"], {"model": "opus"}, id="--model"),
        pytest.param(["--model=a", "--model", "b"], {"model": "b"}, id="the last --model"),
        pytest.param(["--setting-sources", ""], {"sources": ""}, id="no sources"),
        pytest.param(["--setting-sources=user"], {"sources": "user"}, id="--setting-sources="),
        pytest.param(["--system-prompt", "--bg", "-"], {}, id="a system prompt --bg"),
        pytest.param(["rc"], {"front": 1}, id="remote control stays in front"),
        pytest.param(["-dhooks", "-p"], {"printing": True}, id="a filter without a blank"),
    ],
)
def test_reads_what_the_options_say(argv: list[str], expected: dict[str, Any]) -> None:
    assert read(argv, {}) == Invocation(tuple(argv), **expected)


@pytest.mark.parametrize(
    ("argv", "action"),
    [
        *((word.split(), "pass") for word in ("mcp list", "plugin list", "doctor", "update",
          "install", "auth login", "setup-token", "auto-mode defaults", "gateway", "purge",
          "attach x", "logs x", "stop x", "kill x", "respawn --all", "rm x", "daemon run",
          "--version", "-v", "--help", "-h", "--bg-pty-host s -- c", "--handle-uri u",
          "--dangerously-skip-permissions daemon status", "mcp add -- cmd -p")),
        *((word.split(), "route") for word in ("agents", "hi", "--verbose doctor",
          "-- doctor", "auto-mode critique", "plugin eval", "remote-control", "doctoral thesis",
          "mcp list -p", "doctor --print", "mcp --bg", "--help --bg")),
        ([], "route"),
        ([""], "route"),
        (["mcp list"], "route"),
        (["--bg-spare", "s"], "cold"),
        (["-p", "--await-claim"], "cold"),
        (["--", "--bg-spare"], "route"),
        (["--bg-pty-host", "s", "200", "50", "--", "/w", "/claude", "--bg-spare", "s"], "cold"),
        (["--bg-pty-host", "s", "200", "50", "--", "/w", "/claude", "--session-id", "x", "--bg-spare", "s"], "pass"),
        (["--bg-pty-host", "s", "200", "50", "--", "/w", "/claude", "--session-id", "x", "hi"], "pass"),
        (["--bg-pty-host"], "pass"),
        (["--bg-pty-host", "--"], "pass"),
    ],
    ids=str,
)  # fmt: skip
def test_tells_maintenance_by_the_first_argument(argv: list[str], action: str) -> None:
    assert read(argv, {}).action == action


def test_gives_a_reason_for_passing_through() -> None:
    assert read(["doctor"], {}).reason == "`doctor` is claude's own upkeep"
    assert read(["hi"], {"CCWRAP_DISABLE": "1"}).reason == "CCWRAP_DISABLE is set"


@pytest.mark.parametrize("argv", [["hi"], ["--bg-spare", "s"], ["doctor"]], ids=str)
def test_passes_everything_through_when_disabled(argv: list[str]) -> None:
    assert read(argv, {"CCWRAP_DISABLE": "1"}).action == "pass"
    assert read(["hi"], {"CCWRAP_DISABLE": ""}).action == "route"


@pytest.mark.parametrize(
    "name",
    ["bin/claude", "bin/claude.exe", "native-binary/claude", "claude/versions/2.1.330"],
)
def test_takes_a_claude_in_front_for_the_wrapped_one(real: Make, name: str) -> None:
    path = real(name)
    invocation = read([path, "-p", "--settings", "f"], {})
    assert invocation.wrapped == (path,)
    assert invocation.arguments == ("-p", "--settings", "f")
    assert invocation.settings_at == ((1, 3),)


@pytest.mark.parametrize(
    "script",
    [
        "@anthropic-ai/claude-code/cli.js",
        "@anthropic-ai/claude-code/cli-wrapper.cjs",
        "anthropic.claude-code-2.1.89-universal/resources/claude-code/cli.js",
    ],
)
@pytest.mark.parametrize("runtime", ["node", "bun", "Code Helper (Plugin)"])
def test_takes_a_runtime_with_its_script_for_the_wrapped_one(
    real: Make, runtime: str, script: str
) -> None:
    argv = [real(runtime), real(script, 0o644)]
    assert read([*argv, "doctor"], {}) == Invocation(
        ("doctor",), tuple(argv), "pass", "`doctor` is claude's own upkeep"
    )


def test_takes_launchers_in_front_of_claude_for_part_of_it(real: Make) -> None:
    launcher, claude = real("corp/launch"), real("bin/claude")
    assert read([launcher, claude, "-p"], {}) == Invocation(
        ("-p",), (launcher, claude), printing=True
    )
    node, script = real("node"), real("@anthropic-ai/claude-code/cli.js", 0o644)
    assert read([launcher, node, script], {}) == Invocation((), (launcher, node, script))
    assert read([launcher, "-p", claude], {}).wrapped == ()
    assert read([launcher], {}).wrapped == ()


@pytest.mark.parametrize("name", ["launch.cmd", "LAUNCH.BAT", "launch.ps1", "claude.cmd"])
def test_on_windows_no_batch_file_is_part_of_it(
    real: Make, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    argv = [real(name), real("claude.exe")]
    monkeypatch.setattr(invocation, "WINDOWS", True)
    assert read(argv, {}).wrapped == ()
    assert read(argv[1:], {}).wrapped == (argv[1],)


@pytest.mark.parametrize(
    "prompt",
    [
        "/init",
        "/usr/bin/env",
        "claude",
        "./claude",
        "/no/such/claude",
        "/" + "x" * 9000,
        "/a\0claude",
    ],
    ids=lambda prompt: prompt[:20],
)
def test_takes_a_prompt_for_a_prompt(prompt: str) -> None:
    assert read([prompt], {}) == Invocation((prompt,))


def test_a_file_that_cannot_be_executed_is_no_wrapped_claude(real: Make, tmp_path: Path) -> None:
    plain = real("claude", 0o644)
    assert read([plain], {}).wrapped == ()
    assert read([str(tmp_path)], {}).wrapped == ()
    assert read([real("node"), real("app/cli.js")], {}).wrapped == ()


def test_a_spare_is_cold_in_the_wrapper_form_too(real: Make) -> None:
    assert read([real("claude"), "--bg-spare", "s"], {}).action == "cold"
