"""The overlay's hooks: beside the user's own, and nothing that a path could break."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.claude.hooks import EVENTS, Listener, beside, command

if TYPE_CHECKING:
    from pathlib import Path

LISTENER = Listener(
    "/opt/py/bin/python", "/opt/lib/hook.py", "/home/me/state", "/home/me/state/marks", "0a1b", 7
)
MINE = {"matcher": "startup", "hooks": [{"type": "command", "command": "echo mine"}]}


def added(
    overlay: dict[str, Any], *, printing: bool = True, platform: str = "linux"
) -> dict[str, Any]:
    return beside(overlay, LISTENER, printing=printing, platform=platform)


def test_the_user_s_own_hooks_stay_and_stand_first() -> None:
    overlay: dict[str, Any] = {"env": {"A": "b"}, "hooks": {"Stop": [MINE], "PreToolUse": [MINE]}}
    found = added(overlay)
    assert found["env"] == {"A": "b"}
    assert found["hooks"]["PreToolUse"] == [MINE]
    assert found["hooks"]["Stop"][0] == MINE
    assert [len(found["hooks"][event]) for event in EVENTS] == [1, 1, 2, 1, 1]
    assert overlay["hooks"]["Stop"] == [MINE], "what is given isn't changed"


@pytest.mark.parametrize(
    ("printing", "waits"),
    [
        pytest.param(True, {"UserPromptSubmit", "Stop", "StopFailure", "SessionEnd"}, id="with -p"),
        pytest.param(False, {"UserPromptSubmit", "StopFailure", "SessionEnd"}, id="on a terminal"),
    ],
)
def test_claude_waits_only_for_what_would_be_lost(printing: bool, waits: set[str]) -> None:
    hooks = added({}, printing=printing)["hooks"]
    assert set(hooks) == set(EVENTS)
    assert {name for name in EVENTS if "async" not in hooks[name][0]["hooks"][0]} == waits


def test_on_windows_no_shell_stands_between() -> None:
    hooks = added({}, platform="win32")["hooks"]
    assert set(EVENTS) - set(hooks) == {"UserPromptSubmit"}, "which is the shell's alone"
    (hook,) = hooks["StopFailure"][0]["hooks"]
    assert hook["command"] == LISTENER.interpreter
    assert hook["args"] == ["-I", LISTENER.program, LISTENER.state, "0a1b", "7"]


@pytest.mark.parametrize(
    "listener",
    [
        pytest.param(LISTENER._replace(interpreter=""), id="no interpreter"),
        pytest.param(LISTENER._replace(question=""), id="no store"),
        pytest.param(LISTENER._replace(launch=0), id="a launch that isn't stored"),
        pytest.param(LISTENER._replace(state="/home/\udcff"), id="a path that JSON can't hold"),
    ],
)
def test_hooks_that_can_t_run_are_left_out(listener: Listener) -> None:
    overlay = {"hooks": {"Stop": [MINE]}}
    assert beside(overlay, listener, printing=False) == overlay


def test_no_character_of_a_path_is_the_shell_s(tmp_path: Path) -> None:
    folder = (
        tmp_path
        / """a 'b' "c" $(touch owned) `touch owned` \\ ; & *
    new line"""
    )
    folder.mkdir()
    seen = tmp_path / "seen"
    program = folder / "hook.py"
    program.write_text(f"import json, sys; json.dump(sys.argv, open({str(seen)!r}, 'w'))")
    listener = Listener("/usr/bin/env", str(program), str(folder), str(folder), "0a1b", 7)
    line = command(listener, "SessionEnd")
    line = line.replace("'/usr/bin/env' '-I'", "'/usr/bin/env' 'python3' '-I'")
    subprocess.run(["/bin/sh", "-c", line], check=True, cwd=tmp_path)
    assert json.loads(seen.read_text()) == [str(program), str(folder), "0a1b", "7"]
    subprocess.run(["/bin/sh", "-c", command(listener, "Stop")], check=True, cwd=tmp_path)
    assert (folder / "7.turn").read_bytes() == b"\n"
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("interpreter", ["/nonexistent/python", "/bin/false"])
def test_an_interpreter_that_is_gone_is_silent(interpreter: str) -> None:
    line = command(LISTENER._replace(interpreter=interpreter), "StopFailure")
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("events", "started"),
    [
        pytest.param("UserPromptSubmit Stop SessionEnd", False, id="one that went well"),
        pytest.param("Stop Stop SessionEnd", False, id="two that went well"),
        pytest.param("SessionEnd", True, id="none"),
        pytest.param("UserPromptSubmit SessionEnd", True, id="the first given up"),
        pytest.param(
            "UserPromptSubmit Stop UserPromptSubmit SessionEnd", True, id="a later one given up"
        ),
    ],
)
def test_an_interpreter_starts_only_for_a_session_whose_last_turn_did_not_go_well(
    tmp_path: Path, events: str, started: bool
) -> None:
    seen = tmp_path / "started"
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n: > '{seen}'\n")
    program.chmod(0o755)
    listener = LISTENER._replace(interpreter=str(program), marks=str(tmp_path))
    for event in events.split():
        subprocess.run(["/bin/sh", "-c", command(listener, event)], check=True)
    assert seen.exists() == started


def test_a_mark_that_can_t_be_left_is_silent() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", command(LISTENER._replace(marks="/nonexistent"), "Stop")],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
