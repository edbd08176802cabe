"""Leaving: the process that claude gets is the one that it would have had without us."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ccwrap.claude import process
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BECOME = """
import os, sys
from ccwrap.claude import process
from ccwrap.errors import CcwrapError
print("said before", end="")
try:
    process.{how}(sys.argv[1], sys.argv[1:], dict(os.environ))
except CcwrapError as error:
    sys.exit(str(error))
"""
SPAWN = BECOME.replace("try:", "process.WINDOWS = True\ntry:").format(how="become")
"""The whole way out where there is no exec."""

RUN = BECOME.replace("process.{how}(", "sys.exit(process.run(").replace(
    "os.environ))", "os.environ)))"
)


def start(
    code: str, *argv: str | bytes, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *argv],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} if environment is None else environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def become(
    *argv: str | bytes, environment: Mapping[str, str] | None = None
) -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error of a process that became `argv`."""
    child = start(BECOME.format(how="become"), *argv, environment=environment)
    out, err = child.communicate(timeout=60)
    return child.returncode, out, err.decode()


def program(path: Path, text: str, mode: int = 0o755) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_keeps_the_process_id_and_what_was_said_before() -> None:
    child = start(BECOME.format(how="become"), "/bin/sh", "-c", "echo; echo $$; exit 7")
    out, _ = child.communicate(timeout=60)
    assert out == b"said before\n%d\n" % child.pid
    assert child.returncode == 7


def test_passes_bytes_on_that_are_no_text() -> None:
    _, out, _ = become("/bin/sh", "-c", 'printf "%s" "$@"', "sh", b"a\xff\xfe", "é\n'\"")
    assert out == b"said before" + b"a\xff\xfe" + "é\n'\"".encode()


def test_puts_ignored_signals_back() -> None:
    _, out, _ = become("/bin/sh", "-c", "grep SigIgn /proc/$$/status")
    assert int(out.split()[-1], 16) & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1) == 0


def test_passes_on_no_variable_that_python_adds() -> None:
    environment = {"PATH": "/usr/bin:/bin", "A": "1"}
    _, out, _ = become("/usr/bin/env", environment=environment)
    assert out.removeprefix(b"said before").splitlines() == [b"PATH=/usr/bin:/bin", b"A=1"]


def test_passes_on_the_user_s_own_locale() -> None:
    _, out, _ = become("/usr/bin/env", environment={"LC_CTYPE": "C.UTF-8"})
    assert out == b"said beforeLC_CTYPE=C.UTF-8\n"


@pytest.mark.parametrize(
    ("text", "mode", "says", "hint"),
    [
        pytest.param(
            "#!/no/such/node\n", 0o755, "#!/no/such/node", "interpreter", id="interpreter"
        ),
        pytest.param("\x00\x01", 0o755, "is no program for this machine", "install", id="format"),
        pytest.param("#!/bin/sh\n", 0o644, "may not be executed", "ls -l", id="mode"),
    ],
)
def test_says_why_a_program_can_not_be_started(
    tmp_path: Path, text: str, mode: int, says: str, hint: str
) -> None:
    path = program(tmp_path / "claude", text, mode)
    code, _, err = become(path)
    assert code == 1
    assert err.startswith(path)
    assert says in err
    assert hint in err


def test_says_that_a_program_is_gone(tmp_path: Path) -> None:
    _, _, err = become(str(tmp_path / "claude"))
    assert "is gone" in err


def test_says_that_arguments_are_too_large() -> None:
    child = start(
        "import sys; from ccwrap.claude import process\n"
        "process.become('/bin/true', ['true', 'x' * 9_000_000], {})"
    )
    _, err = child.communicate(timeout=60)
    assert b"ClaudeNotRunnable" in err
    assert b"larger than the system takes" in err


def test_has_a_word_for_every_other_refusal() -> None:
    error = OSError(errno.EPERM, os.strerror(errno.EPERM))
    assert "Operation not permitted" in str(process._refused("/x", error))


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)],
)
def test_where_there_is_no_exec_the_exit_code_is_handed_on(script: str, code: int) -> None:
    child = start(RUN, "/bin/sh", "-c", script)
    child.communicate(timeout=60)
    assert child.returncode == code


@pytest.mark.parametrize(
    ("returned", "code"), [(0, 0), (1, 1), (-2, 130), (0xC000013A, 0xC000013A - 2**32)]
)
def test_an_exit_code_is_one_that_can_be_passed_on(returned: int, code: int) -> None:
    assert process._exit_code(returned) == code


def test_where_there_is_no_exec_a_signal_is_passed_on() -> None:
    trap = "trap 'echo caught; exit 9' TERM; echo ready; read -r line"
    with start(RUN, "/bin/sh", "-c", trap) as child:
        assert child.stdout
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read() == b"caught\nsaid before"
    assert child.returncode == 9


def test_where_there_is_no_exec_ctrl_c_is_the_child_s_to_answer() -> None:
    trap = "trap 'echo caught' INT; echo ready; read -r line; exit 4"
    with start(RUN, "/bin/sh", "-c", trap) as child:
        assert child.stdout
        assert child.stdin
        assert child.stdout.readline() == b"ready\n"
        os.killpg(child.pid, signal.SIGINT)
        assert child.stdout.readline() == b"caught\n"
        child.stdin.write(b"\n")
        child.stdin.flush()
        assert child.stdout.read() == b"said before"
    assert child.returncode == 4


def test_where_there_is_no_exec_a_refusal_is_worded_too(tmp_path: Path) -> None:
    child = start(RUN, str(tmp_path / "claude"))
    _, err = child.communicate(timeout=60)
    assert b"is gone" in err


def test_where_there_is_no_exec_the_streams_are_the_child_s() -> None:
    """What stands on standard input is the child's alone, and nothing is held back."""
    lines = 'read -r line; echo "<$line"; echo heard >&2; cat; exit 7'
    with start(SPAWN, "/bin/sh", "-c", lines) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        child.stdin.write(b"one\ntwo\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"said before<one\n"
        assert child.stdout.readline() == b"two\n"
        assert child.stderr.readline() == b"heard\n"
        child.stdin.close()
        assert (child.stdout.read(), child.stderr.read()) == (b"", b"")
    assert child.returncode == 7


def test_where_there_is_no_exec_bytes_and_variables_pass_as_with_it() -> None:
    words = (b"a\xff\xfe", "\u00e9\n'\"", "", "%PATH%", "a\\")
    for code in (SPAWN, BECOME.format(how="become")):
        child = start(code, "/bin/sh", "-c", 'printf "%s|" "$@"; echo "$X"', "sh", *words,
                      environment={"X": "\udcff"})  # fmt: skip
        out, err = child.communicate(timeout=60)
        expected = "".join(f"{os.fsdecode(word)}|" for word in words)
        assert (out, err) == (b"said before" + os.fsencode(f"{expected}\udcff\n"), b"")


def test_where_there_is_no_exec_the_child_ignores_no_signal() -> None:
    child = start(SPAWN, "/bin/sh", "-c", "grep SigIgn /proc/$$/status")
    out, _ = child.communicate(timeout=60)
    named = (
        1 << 31
    ) - 1  # Python 3.13's way to start a process leaves glibc's own, 32 and 33, ignored
    assert int(out.split()[-1], 16) & named == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGUSR1"])
def test_where_there_is_no_exec_an_end_by_a_signal_is_said_as_a_shell_says_it(name: str) -> None:
    number = getattr(signal, name)
    with start(SPAWN, "/bin/sh", "-c", "echo ready; read -r line") as child:
        assert child.stdout
        assert child.stdout.readline() == b"said beforeready\n"
        child.send_signal(number)
        assert child.wait(60) == 128 + number


def test_where_there_is_no_exec_a_key_reaches_the_child_alone(tmp_path: Path) -> None:
    trap = "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done"
    command = (sys.executable, "-c", SPAWN, "/bin/sh", "-c", trap)
    with Terminal(command, environment={"PATH": os.environ["PATH"]}, cwd=tmp_path) as terminal:
        terminal.expect("ready")
        terminal.send("\x03")
        terminal.expect("caught")
        assert terminal.wait() == 5
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize("returned", [0, 1, 255, 256, 259, 65536, 0x7FFFFFFF, 0x80000003,
                                      0xC0000005, 0xC000013A, 0xFFFFFFFF])  # fmt: skip
def test_windows_exit_codes_pass_whole(monkeypatch: pytest.MonkeyPatch, returned: int) -> None:
    """Python hands 32 bits on, signed; Windows takes them unsigned again."""

    class Child:
        def __init__(self, *_: object, **__: object) -> None: ...

        def wait(self) -> int:
            return returned

    monkeypatch.setattr(subprocess, "Popen", Child)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(process, "WINDOWS", True)
    with pytest.raises(SystemExit) as left:
        process.become("claude.exe", ["claude.exe"], {})
    assert isinstance(left.value.code, int)
    assert -(1 << 31) <= left.value.code < 1 << 31
    assert left.value.code % (1 << 32) == returned
