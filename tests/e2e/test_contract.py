"""What Claude Code and editors expect of a program that starts claude for them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import Setup
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from standin import StandIn
    from starting import StartGateway


@pytest.fixture
def world(bare_sandbox: Sandbox, standin: StandIn, gateway: StartGateway) -> Sandbox:
    """A routed world with a stand-in."""
    del standin
    routed(bare_sandbox, {"good": gateway(Setup(keys=(KEY,))).url})
    return bare_sandbox


def launcher(world: Sandbox, name: str, line: str) -> Path:
    return world.write(world.home / "launch ers" / name, f"#!/bin/sh\n{line}\n", 0o755)


def commands(world: Sandbox) -> dict[str, list[str | Path]]:
    """Ways in which launchers stand before one another, each ending with claude's path."""
    ours, claude = script("ccwrap"), world.claude
    around = launcher(world, "around", f'exec {ours} "$@"')
    plain = launcher(world, "plain", 'exec "$@"')
    hidden = launcher(world, "claude", f'exec {ours} {claude} "$@"')
    return {
        "alone": [ours, claude],
        "another around us": [around, claude],
        "us around another": [ours, plain, claude],
        "us around us": [ours, ours, claude],
        "us around another around us": [ours, around, claude],
        "us around a claude that is us": [ours, hidden],
    }


@pytest.mark.parametrize(
    "way",
    [
        "alone",
        "another around us",
        "us around another",
        "us around us",
        "us around another around us",
        "us around a claude that is us",
    ],
)
def test_launchers_may_stand_before_one_another(world: Sandbox, standin: StandIn, way: str) -> None:
    """Silent, with one overlay however deep, and all else as it was given."""
    given = ["--session-id", "x", "-p", "--settings", '{"env":{"MINE":"1"}}', "\udcff", ""]
    ran = world.run(*commands(world)[way], *given, env={"CI": "1"}).expect()
    report = standin.report
    assert (ran.out, ran.err) == ("stand-in\n", "")
    assert report.overlay
    assert [*report.argv[:3], *report.argv[5:]] == [*given[:3], *given[5:]]
    assert report.overlay["env"]["MINE"] == "1"
    assert report.overlay["ccwrap"]["settings"] == {"env": {"MINE": "1"}}
    assert {len(hooks) for hooks in report.overlay["hooks"].values()} == {1}


def test_what_is_inherited_is_kept_to_the_byte(world: Sandbox) -> None:
    lines = (  # no shell: it would leave out what it can't name
        f"#!{sys.executable} -IS\nimport os, sys\n"
        "for pair in os.environb.items(): sys.stdout.buffer.write(b'='.join(pair) + b'\\0')\n"
    )
    world.write(world.claude, lines, 0o755)
    odd = {
        b"A.B": b"dots", b"a-b c": b"blank", "é".encode(): b"\xff\xfe", b"LINES": b"a\nb\n",
        b"EMPTY": b"", b"EQUALS": b"a=b=", b"CLAUDE_CODE_PROCESS_WRAPPER": b"[1]", b"%": b"%",
        b"BASH_FUNC_f%%": b"() {  :\n}", b"LONG": b"x" * 100_000,
    }  # fmt: skip
    given = {os.fsencode(name): os.fsencode(value) for name, value in world.environment.items()}
    done = subprocess.run(
        [script("ccwrap"), world.claude, "-p", "x"],
        env=given | odd,
        cwd=world.project,
        capture_output=True,
        check=True,
    )
    got = dict(entry.partition(b"=")[::2] for entry in done.stdout.split(b"\0") if entry)
    assert (given | odd).items() <= got.items()
    assert done.stderr == b""


@pytest.mark.parametrize("state", ["nothing allowed", "a broken file", "no home"])
@pytest.mark.parametrize(
    "words",
    [
        "daemon run --origin transient",
        "--version",
        "--bg-pty-host s 200 50 -- w claude --session-id x hi",
    ],
)
def test_what_is_no_session_passes_whatever_the_routes_are_like(
    world: Sandbox, standin: StandIn, state: str, words: str
) -> None:
    del world.environment["CCWRAP_TRUST"]
    if state == "a broken file":
        world.ccroute("[[route")
    if state == "no home":
        del world.environment["HOME"]
    ran = world.run_ccwrap(world.claude, *words.split()).expect()
    assert (ran.out, ran.err) == ("stand-in\n", "")
    assert standin.report.argv == words.split()


SPAWNING = """
import sys
from ccwrap.claude import process
process.WINDOWS = True
from ccwrap import start
sys.argv[0] = sys.argv.pop(1)
sys.exit(start.ccwrap())
"""


@pytest.mark.parametrize("front", [[], ["claude"]], ids=["alias", "wrapper form"])
def test_where_there_is_no_exec_a_launch_is_the_same(
    world: Sandbox, standin: StandIn, front: list[str]
) -> None:
    """The Windows path, run here."""
    standin.set("answer\n", 9)
    words = [*(str(world.bin / name) for name in front), "-p", "hello"]
    ran = world.run(sys.executable, "-c", SPAWNING, script("ccwrap"), *words, input="piped")
    assert ran.expect(9)[2:] == ("answer\n", "")
    report = standin.report
    assert report.stdin == "piped"
    assert report.argv[2:] == ["-p", "hello"]
    assert report.overlay
    assert report.environment["ANTHROPIC_AUTH_TOKEN"] == KEY
    assert report.ignored == []
