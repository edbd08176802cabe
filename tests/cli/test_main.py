from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ccwrap import __version__
from ccwrap.cli import main
from routing import table
from running import script

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_names_every_command_within_80_columns(bare_sandbox: Sandbox, option: str) -> None:
    out = bare_sandbox.run_ccroute(option).expect().out
    assert all(f"\n  {name} " in out for name in main.COMMANDS)
    assert max(map(len, out.splitlines())) <= 80


def test_the_help_imports_no_command_and_no_pipeline() -> None:
    code = (
        "import sys\nfrom ccwrap.cli import main\nsys.argv = ['ccroute', '--help']\n"
        "main.main()\nprint([n for n in sys.modules if n.startswith('ccwrap.')])"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    names = json.loads(out.splitlines()[-1].replace("'", '"'))
    assert set(names) <= {
        "ccwrap.cli",
        "ccwrap.cli.main",
        "ccwrap.errors",
        "ccwrap.light",
        "ccwrap.voice",
    }


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_has_its_own_help(bare_sandbox: Sandbox, name: str) -> None:
    out = bare_sandbox.run_ccroute(name, "-h").expect().out
    assert out.startswith(f"Usage: ccroute {name}")


def test_the_version_is_the_packages(bare_sandbox: Sandbox) -> None:
    assert bare_sandbox.run_ccroute("--version").expect().out == f"ccroute {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chekc"], "Did you mean 'check'?"),
        (["frobnicate"], "No such command 'frobnicate'."),
        (["check", "--frob"], "--frob"),
        (["env", "--format", "xml"], "xml"),
    ],
    ids=["misspelt command", "unknown command", "unknown option", "unknown choice"],
)
def test_a_command_line_that_makes_no_sense_exits_2(
    bare_sandbox: Sandbox, arguments: list[str], says: str
) -> None:
    ran = bare_sandbox.run_ccroute(*arguments).expect(2)
    assert says in ran.err
    assert ran.out == ""


def test_an_error_of_ours_is_one_sentence_and_its_exit_code(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute('policy = "random"\n')
    ran = bare_sandbox.run_ccroute("check").expect(78)
    assert ran.err.startswith("ccroute: ")
    assert "policy" in ran.err
    assert ran.out == ""


def test_a_folders_name_moves_no_terminal(bare_sandbox: Sandbox) -> None:
    folder = bare_sandbox.project / "a\x1b[2Jb"
    folder.mkdir()
    (folder / ".ccroute").write_text(table("eu", "http://127.0.0.1:9"))
    ran = bare_sandbox.run_ccroute("explain", cwd=folder).expect(77)
    assert "\x1b" not in ran.out + ran.err
    assert "a\\x1b[2Jb" in ran.err


def test_a_fault_of_ours_exits_70_and_shows_where_only_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret may stand here")

    monkeypatch.setattr(main.ccroute, "main", fault)
    assert main.run([]) == 70
    assert "ZeroDivisionError" in (said := capsys.readouterr().err)
    assert "a secret may stand here" not in said
    monkeypatch.setenv("CCWRAP_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main.run([])


@pytest.mark.parametrize("arguments", [["--help"], ["schema"]], ids=["short", "long"])
def test_a_broken_pipe_is_quiet(bare_sandbox: Sandbox, arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as out:
        ran = subprocess.run(
            [script("ccroute"), *arguments],
            stdout=out,
            stderr=subprocess.PIPE,
            env=bare_sandbox.environment,
            cwd=bare_sandbox.project,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (main.UNWRITTEN, b"")


def test_ctrl_c_exits_130(bare_sandbox: Sandbox, black_hole_port: int) -> None:
    url = f"http://127.0.0.1:{black_hole_port}"
    bare_sandbox.ccroute(
        f'[probe]\ntimeout = "10s"\n[[route]]\nname = "a"\nkind = "generic"\nurl = "{url}"\n'
        'auth_token = "${KEY}"\n'
    )
    bare_sandbox.allow(f"KEY@{url}")
    with bare_sandbox.terminal("ccroute", "check", env={"KEY": "made-up"}) as terminal:
        terminal.expect("asking")
        terminal.send("\x03")
        assert terminal.wait() == 130


def test_a_working_directory_that_is_gone_is_said(bare_sandbox: Sandbox, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"cd {gone} && rmdir {gone} && exec {script('ccroute')} check"
    ran = bare_sandbox.run("sh", "-c", command)
    assert (ran.status, ran.err.startswith("ccroute: ")) == (78, True), ran


class TestAlone:
    def test_it_says_that_nothing_is_routed_where_there_is_no_file(
        self, bare_sandbox: Sandbox
    ) -> None:
        bare_sandbox.stand_in()
        out = bare_sandbox.run_ccroute().expect().out
        assert "no .ccroute here" in out
        assert "\nstart: ccroute init " in out

    def test_with_a_file_it_says_where_to_read_more(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.stand_in()
        bare_sandbox.ccroute('[[route]]\nkind = "openrouter"\n')
        out = bare_sandbox.run_ccroute().expect(77).out
        assert "\nmore: ccroute explain " in out

    def test_a_missing_claude_is_what_a_launch_would_stop_with(self, bare_sandbox: Sandbox) -> None:
        ran = bare_sandbox.run_ccroute(env={"PATH": "/nowhere"}).expect(127)
        assert ran.out.startswith("no route ")
        assert ran.err.startswith("ccroute: no claude on PATH")

    def test_it_first_says_what_went_wrong_with_the_last_launch_here(
        self, bare_sandbox: Sandbox
    ) -> None:
        bare_sandbox.stand_in()
        file = bare_sandbox.ccroute('policy = "random"\n')
        bare_sandbox.run_ccwrap("-p", "x").expect(78)
        file.unlink()
        out = bare_sandbox.run_ccroute().expect().out
        assert out.startswith("The last launch here failed, just now (exit 78):\n")
        assert "policy" in out

    def test_a_failure_elsewhere_is_not_mentioned(
        self, bare_sandbox: Sandbox, tmp_path: Path
    ) -> None:
        bare_sandbox.stand_in()
        bare_sandbox.ccroute('policy = "random"\n')
        bare_sandbox.run_ccwrap("-p", "x").expect(78)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert "failed" not in bare_sandbox.run_ccroute(cwd=elsewhere).expect().out

    def test_a_launch_that_works_makes_it_forget(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.stand_in()
        file = bare_sandbox.ccroute('policy = "random"\n')
        bare_sandbox.run_ccwrap("-p", "x").expect(78)
        file.unlink()
        bare_sandbox.run_ccwrap("-p", "x").expect()
        assert "failed" not in bare_sandbox.run_ccroute().expect().out

    def test_a_mistake_of_the_file_is_said_once(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.stand_in()
        bare_sandbox.ccroute('polcy = "ordered"\n')
        bare_sandbox.run_ccwrap("-p", "x").expect(78)
        ran = bare_sandbox.run_ccroute().expect(78)
        assert (ran.out + ran.err).count("polcy: is not a known key") == 1

    def test_what_would_be_refused_now_is_said_once(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.stand_in()
        bare_sandbox.ccroute(
            '[[route]]\nname = "eu"\nkind = "generic"\nurl = "http://127.0.0.1:9"\n'
            'auth_token = "${KEY}"\n'
        )
        bare_sandbox.run_ccwrap("-p", "x").expect(77)
        ran = bare_sandbox.run_ccroute().expect(77)
        assert (ran.out + ran.err).count("is allowed for") == 1
        assert "eu untrusted" in ran.out
