"""The line that claude runs for a credential: what no shell, folder or name can break."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ccwrap import routing
from ccwrap.claude.helper import Helper
from ccwrap.errors import SettingError
from ccwrap.routes.refresh import decoded

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    'it\'s; $(touch marker) `touch marker` "quoted" & | > %PATH% !x! ^ \\',
    "two\nlines",
    "hex:41",
    "-rf",
    "ü",
    os.fsdecode(b"/not-utf8-\xff"),
    "",
)
ECHO = "import json, os, sys\nprint(json.dumps([os.fsencode(a).hex() for a in sys.argv[1:]]))\n"


def arguments(line: str, folder: Path) -> list[str]:
    """What a program gets when /bin/sh runs `line`; the overlay is JSON in between."""
    through = json.loads(json.dumps({"apiKeyHelper": line}).encode())["apiKeyHelper"]
    done = subprocess.run(["/bin/sh", "-c", through], cwd=folder, capture_output=True, check=True)
    return [os.fsdecode(bytes.fromhex(one)) for one in json.loads(done.stdout)]


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_every_argument_arrives_as_it_was_given(tmp_path: Path, platform: str) -> None:
    """cmd.exe is not here; what it would be given has no letter that any shell minds."""
    program = tmp_path / "echo.py"
    program.write_text(ECHO)
    line = Helper(sys.executable, str(program), HOSTILE, 3000).command(platform)
    got = arguments(line.replace("\\", "/") if platform == "win32" else line, tmp_path)
    assert [decoded(one) for one in got] == list(HOSTILE)
    assert list(tmp_path.iterdir()) == [program]


def test_a_folder_with_any_name_can_hold_the_program(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s $(touch marker) "here" & there'
    folder.mkdir()
    (folder / "echo.py").write_text(ECHO)
    line = Helper(sys.executable, str(folder / "echo.py"), ("NAME",), 60).command()
    assert arguments(line, tmp_path) == ["NAME"]
    assert not list(tmp_path.rglob("marker"))


def test_for_cmd_only_the_programs_stand_in_quotes_and_the_rest_in_plain_letters() -> None:
    program = "C:\\Program Files (x86)\\cc&wrap\\refresh.py"
    given = ("LLM_KEY", "C:\\Users\\Ann Smith", "C:\\a;%SystemRoot%", "")
    line = Helper("C:\\Python\\python.exe", program, given, 60).command("win32")
    start = f'"C:\\Python\\python.exe" -I "{program}" LLM_KEY '
    assert line.startswith(start)
    rest = line.removeprefix(start).split(" ")
    assert all(one.startswith("hex:") and one[4:].isalnum() | (one == "hex:") for one in rest)
    assert [decoded(one) for one in rest] == list(given[1:])


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        ("", "linux"),
        (os.fsdecode(b"/not-utf8-\xff/refresh.py"), "linux"),
        ("C:\\100%\\refresh.py", "win32"),
        ("C:\\ho!\\refresh.py", "win32"),
        ('C:\\"\\refresh.py', "win32"),
    ],
)
def test_a_path_that_can_not_stand_in_the_line_is_an_error(path: str, platform: str) -> None:
    with pytest.raises(SettingError, match="can't be handed on"):
        Helper("/usr/bin/python3", path, (), 60).command(platform)


def test_it_is_one_isolated_process(tmp_path: Path) -> None:
    """`exec`: claude's signals reach the program, and no shell waits for it."""
    words = shlex.split(Helper("/usr/bin/python3", "/opt/refresh.py", ("A",), 0.5).command("linux"))
    assert words == ["exec", "/usr/bin/python3", "-I", "/opt/refresh.py", "A"]


def test_seconds_become_milliseconds() -> None:
    assert Helper("/p", "/q", (), 3000.0).milliseconds == "3000000"


def test_the_program_is_where_the_line_says(tmp_path: Path) -> None:
    """And loads neither a command line nor a client for HTTP."""
    config = tmp_path / "config.toml"
    config.write_text('[secrets]\nA = { command = ["echo", "value"], refresh = 60 }\n')
    config.chmod(0o600)
    given = ("A", str(tmp_path), os.defpath, str(config), str(tmp_path / "none"))
    code = (
        f"import runpy, sys; sys.argv[1:] = {given!r}\n"
        f"try: runpy.run_path({str(routing.REFRESH)!r}, run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    value, modules = done.stdout.decode().splitlines()
    heavy = {"click", "httpx", "psutil", "asyncio", "sqlite3", "ssl", "dotenv", "tomlkit", "json"}
    assert (value, set(modules.split()) & heavy) == ("value", set())
