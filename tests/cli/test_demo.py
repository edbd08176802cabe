"""`ccroute demo`: the newcomer's first minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccwrap.claude.versions import PINNED
from ccwrap.cli.demo_world import ANSWER, open_world

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox import Sandbox

NPM = """#!/bin/sh
PATH=/usr/bin:/bin
folder=node_modules/@anthropic-ai/claude-code-linux-x64
mkdir -p $folder && cp -s "$REAL_CLAUDE" $folder/claude && echo "$@" > "$HOME/npm-was-here"
"""


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def without_claude(sandbox: Sandbox, npm: str = "") -> None:
    """Take claude off PATH, and leave there only an npm that does as `npm` says."""
    sandbox.environment |= {
        "REAL_CLAUDE": str(sandbox.claude.resolve()),
        "PATH": str(sandbox.bin),
    }
    sandbox.claude.unlink()
    sandbox.write(sandbox.bin / "npm", npm, 0o755 if npm else 0o644)


def long_lines(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if len(line) > 80]


def test_the_real_claude_is_answered_by_the_good_gateway(sandbox: Sandbox) -> None:
    before = files_below(sandbox.home)
    ran = sandbox.run_ccroute("demo").expect()
    verdicts = [
        line.split()[:2] for line in ran.out.splitlines() if " ms  " in line or " -  " in line
    ]
    assert ANSWER in ran.out.splitlines()
    assert [verdict for verdict in verdicts if verdict[0] in ("closed", "locked", "slow", ">")] == [
        ["closed", "unreachable"],
        ["locked", "auth_failed"],
        ["slow", "unreachable"],
        [">", "good"],
    ]
    assert "good would run." in ran.out
    assert long_lines(ran.out.splitlines()) == []
    assert files_below(sandbox.home) == before


@pytest.mark.parametrize(
    "leftover",
    [
        {"ANTHROPIC_API_KEY": "sk-users-own", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1"},
        {"CCWRAP_ROUTE": "nowhere", "CCWRAP_TRUST": "nonsense", "CCWRAP_DISABLE": "1"},
        {"https_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"},
        {"PYTHONPATH": ".", "PYTHONSTARTUP": "x"},
    ],
    ids=lambda leftover: next(iter(leftover)),
)
def test_the_users_own_environment_and_project_do_not_matter(
    sandbox: Sandbox, leftover: dict[str, str]
) -> None:
    sandbox.ccroute("this is no TOML")
    sandbox.settings("user", {"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}})
    ran = sandbox.run_ccroute("demo", env=leftover).expect()
    assert ANSWER in ran.out
    assert "sk-users-own" not in ran.out + ran.err


def test_a_missing_claude_is_installed_from_npm_and_kept(sandbox: Sandbox) -> None:
    without_claude(sandbox, NPM)
    ran = sandbox.run_ccroute("demo").expect()
    assert ANSWER in ran.out
    assert f"npm installs Claude Code {PINNED}" in ran.out
    (sandbox.bin / "npm").unlink()
    again = sandbox.run_ccroute("demo").expect()
    assert ANSWER in again.out
    assert "npm" not in again.out


def test_on_a_terminal_it_asks_before_it_installs(sandbox: Sandbox) -> None:
    without_claude(sandbox, NPM)
    with sandbox.terminal("ccroute", "demo") as terminal:
        terminal.expect("Install it there? [Y/n]:")
        terminal.send("n\r")
        terminal.expect("$ ccroute explain")
        terminal.expect("Missing: Claude Code")
        assert terminal.wait() == 127
    assert not (sandbox.home / "npm-was-here").exists()


def test_without_npm_it_explains_and_names_what_is_missing(sandbox: Sandbox) -> None:
    without_claude(sandbox)
    ran = sandbox.run_ccroute("demo").expect(127)
    assert "$ ccroute explain" in ran.out
    assert "ordered" in ran.out.partition("$ ccroute explain")[2]
    assert ran.err.splitlines()[-1].startswith("Missing: npm ")
    assert long_lines([*ran.out.splitlines(), ran.err.splitlines()[-1]]) == []


def test_its_world_is_gone_afterwards() -> None:
    with open_world({"PATH": "/nowhere", "SECRET": "canary"}) as world:
        assert world.project.is_dir()
        assert "SECRET" not in world.environment
    assert not world.project.exists()
