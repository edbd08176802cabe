"""The process that claude gets is the one that it would have had without ccwrap."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import SILENT
from running import script

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from standin import StandIn
    from starting import StartGateway

PLAIN = {"CCWRAP_DISABLE": "1"}


@pytest.fixture(params=["without a route file", "disabled"])
def alone(request: pytest.FixtureRequest, bare_sandbox: Sandbox) -> Sandbox:
    """A world in which ccwrap only hands over."""
    if request.param == "disabled":
        bare_sandbox.environment |= PLAIN
    return bare_sandbox


def test_streams_folder_and_exit_code_are_claude_s(alone: Sandbox, standin: StandIn) -> None:
    standin.set(says="from claude", exits=42)
    ran = alone.run_ccwrap("-p", input=b"from us").expect(42)
    report = standin.report
    assert (ran.out, ran.err) == ("from claude", "")
    assert (report.stdin, report.cwd) == ("from us", str(alone.project))
    assert report.terminal == [False, False, False]


def test_the_process_id_stays(alone: Sandbox, standin: StandIn) -> None:
    command = [script("ccwrap")]
    with subprocess.Popen(
        command, env=alone.environment, cwd=alone.project, stdin=subprocess.DEVNULL
    ) as child:
        child.wait(timeout=60)
    assert standin.report.pid == child.pid


def test_the_environment_stays_but_for_our_own_mark(alone: Sandbox, standin: StandIn) -> None:
    for name in ("LANG", "PATH"):
        alone.environment.pop(name)
    claude = {"CCWRAP_CLAUDE": str(alone.claude), "ODD": "\udcff"}
    alone.run_ccwrap(env=claude).expect(0)
    environment = standin.report.environment
    assert environment.pop("CCWRAP_CHAIN")
    assert environment == alone.environment | claude


def test_signals_that_python_ignores_are_not_ignored(alone: Sandbox, standin: StandIn) -> None:
    alone.run_ccwrap().expect(0)
    assert standin.report.ignored == []


def test_a_closed_pipe_ends_claude_as_it_would_without_us(bare_sandbox: Sandbox) -> None:
    bare_sandbox.write(bare_sandbox.claude, "#!/bin/sh\nexec yes\n", 0o755)
    ran = bare_sandbox.run("bash", "-c", f"{script('ccwrap')} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (ran.out, ran.status) == ("y\n", 128 + signal.SIGPIPE)


def test_a_terminal_stays_a_terminal(alone: Sandbox, standin: StandIn) -> None:
    with alone.terminal("ccwrap") as terminal:
        assert terminal.wait() == 0
    assert standin.report.terminal == [True, True, True]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_claude(alone: Sandbox, number: signal.Signals) -> None:
    alone.write(alone.claude, "#!/bin/sh\necho ready\nexec sleep 60\n", 0o755)
    with subprocess.Popen(
        [script("ccwrap")], env=alone.environment, cwd=alone.project, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(number)
        assert child.wait(timeout=60) == -number


def test_an_open_file_is_handed_on_and_none_is_added(alone: Sandbox) -> None:
    alone.write(alone.claude, "#!/bin/sh\nls /proc/self/fd\ncat <&7\n", 0o755)
    ran = alone.run("sh", "-c", f'exec 7<"$0"; exec {script("ccwrap")}', alone.write("f", "seven"))
    assert ran.out.split() == ["0", "1", "2", "3", "7", "seven"]


def test_ctrl_c_before_claude_is_130(
    bare_sandbox: Sandbox, standin: StandIn, gateway: StartGateway
) -> None:
    silent = gateway(behaviour=SILENT)
    bare_sandbox.ccroute(
        f'[probe]\ntimeout = 10\n[[route]]\nurl = "{silent.url}"\nauth_token = "${{KEY}}"\n'
    )
    bare_sandbox.environment["KEY"] = "canary-key"
    bare_sandbox.allow(f"KEY@{silent.url}")
    with bare_sandbox.terminal("ccwrap") as terminal:
        silent.wait_for(lambda _: True)
        terminal.send("\x03")
        assert terminal.wait() == 130
    assert "Traceback" not in terminal.text
    assert standin.reports == []


@pytest.mark.parametrize("way", ["exec", "spawn"])
def test_two_wrappers_that_find_each_other_stop(
    bare_sandbox: Sandbox, tmp_path: Path, way: str
) -> None:
    """A shim named claude runs ccwrap, which finds the shim."""
    call = f'{script("ccwrap")} "$@"'
    shim = f"#!/bin/sh\n{'exec ' if way == 'exec' else ''}{call}\n"
    bare_sandbox.write(bare_sandbox.claude, shim, 0o755)
    started = time.monotonic()
    ran = bare_sandbox.run_ccwrap("-p", "hi", env=PLAIN).expect(126)
    assert f"ccwrap and {bare_sandbox.claude} (PATH) keep starting each other" in ran.err
    assert "fix: CCWRAP_CLAUDE=" in ran.err
    assert ran.out == ""
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("way", ["exec", "spawn"])
def test_three_wrappers_in_a_ring_stop(bare_sandbox: Sandbox, way: str) -> None:
    start = "exec " if way == "exec" else ""
    other = bare_sandbox.write(
        bare_sandbox.bin / "other", f'#!/bin/sh\n{start}{script("ccwrap")} "$@"\n', 0o755
    )
    bare_sandbox.write(bare_sandbox.claude, f'#!/bin/sh\n{start}{other} "$@"\n', 0o755)
    ran = bare_sandbox.run_ccwrap(env=PLAIN).expect(126)
    assert "keep starting each other" in ran.err


def test_sessions_in_sessions_are_no_loop(bare_sandbox: Sandbox) -> None:
    nested = f"""#!/bin/sh
depth=${{DEPTH:-0}}
echo $depth
[ $depth -ge 6 ] || DEPTH=$((depth + 1)) {script("ccwrap")}
"""
    bare_sandbox.write(bare_sandbox.claude, nested, 0o755)
    ran = bare_sandbox.run_ccwrap(env=PLAIN).expect(0)
    assert ran.out.split() == ["0", "1", "2", "3", "4", "5", "6"]


def test_a_claude_that_is_ccwrap_by_another_name_is_passed_over(
    bare_sandbox: Sandbox, standin: StandIn, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    (first / "claude").symlink_to(script("ccwrap"))
    path = f"{first}{os.pathsep}{bare_sandbox.environment['PATH']}"
    bare_sandbox.run(first / "claude", "hi", env={**PLAIN, "PATH": path}).expect(0)
    assert standin.report.argv == ["hi"]
