"""`ccroute background`: what Claude Code starts by itself is ccwrap, and back again."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli import background
from running import script

if TYPE_CHECKING:
    from sandbox import Sandbox

OWN = script("ccwrap")
WRITTEN = {
    "empty": "",
    "empty object": "{}",
    "two blanks": '{\n  "model": "opus",\n  "env": {"A": "}"}\n}\n',
    "tab, no line end": '{\n\t"model": "opus"\n}',
    "Windows": '{\r\n    "é": "ü\\u00e9"\r\n}\r\n',
    "byte order mark": '\ufeff{"model": "opus"}\n',
    "another's": '{"z": {"processWrapper": "x"}}',
}


def settings(sandbox: Sandbox) -> Path:
    return sandbox.home / ".claude" / "settings.json"


@pytest.mark.parametrize("before", WRITTEN.values(), ids=WRITTEN)
def test_install_install_again_and_undo(bare_sandbox: Sandbox, before: str) -> None:
    file = bare_sandbox.write(settings(bare_sandbox), "")
    file.write_bytes(before.encode())
    file.chmod(0o640)
    ran = bare_sandbox.run_ccroute("background", "--install").expect()
    assert ran.out == "~/.claude/settings.json: processWrapper is ccwrap\n"
    after = file.read_bytes()
    assert json.loads(after.decode("utf-8-sig"))["processWrapper"] == OWN
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    again = bare_sandbox.run_ccroute("background", "--install").expect()
    assert (again.out, file.read_bytes()) == ("~/.claude/settings.json: it is there\n", after)
    bare_sandbox.run_ccroute("background", "--undo").expect()
    assert file.read_bytes() == before.encode()
    assert "nothing of ours" in bare_sandbox.run_ccroute("background", "--undo").expect().out


def test_a_file_that_was_made_goes_again(bare_sandbox: Sandbox) -> None:
    bare_sandbox.run_ccroute("background", "--install").expect()
    assert settings(bare_sandbox).exists()
    bare_sandbox.run_ccroute("background", "--undo").expect()
    assert not settings(bare_sandbox).parent.exists()


def test_alone_it_prints_the_line_and_writes_nothing(bare_sandbox: Sandbox) -> None:
    ran = bare_sandbox.run_ccroute("background").expect()
    assert ran.out == f'"processWrapper": "{OWN}"\n'
    assert "~/.claude/settings.json" in ran.err
    assert not settings(bare_sandbox).exists()


@pytest.mark.parametrize("value", ["/opt/corp/launcher", "ccwrap", '["/a", "/b"]', 5, "["])
def test_another_launcher_is_left_alone(bare_sandbox: Sandbox, value: object) -> None:
    file = bare_sandbox.settings("user", {"processWrapper": value})
    before = file.read_bytes()
    err = bare_sandbox.run_ccroute("background", "--install").expect(78).err
    assert "has a processWrapper of its own" in err
    bare_sandbox.run_ccroute("background", "--undo").expect()
    assert file.read_bytes() == before


def test_one_of_an_older_installation_is_renewed(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.settings("user", {"processWrapper": "/gone/bin/ccwrap", "a": 1})
    bare_sandbox.run_ccroute("background", "--install").expect()
    assert json.loads(file.read_text()) == {"processWrapper": OWN, "a": 1}


@pytest.mark.parametrize(
    ("before", "words"),
    [("[]", "is no JSON object"), ("{ // mine\n}", "is no JSON object")],
)
def test_what_claude_does_not_read_is_left_alone(
    bare_sandbox: Sandbox, before: str, words: str
) -> None:
    file = bare_sandbox.write(settings(bare_sandbox), before)
    assert words in bare_sandbox.run_ccroute("background", "--install").expect(78).err
    assert file.read_text() == before


@pytest.mark.parametrize(
    "path",
    ["/a/ccwrap", "/a b/ccwrap", '/a"b/ccwrap', "/a\\b/ccwrap", "/a$(x)/ccwrap", "/a;b/\tc/ccwrap"],
)
def test_what_is_written_is_one_word_to_claude(path: str) -> None:
    assert background.parsed(background.written(Path(path))) == [path]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("/a/b", ["/a/b"]),
        ("  /a/b  --x ", ["/a/b", "--x"]),
        ('"/a b/c" d', ["/a b/c", "d"]),
        ('/a" "b', ["/a b"]),
        ('"a\\"b\\\\c\\d"', ['a"b\\c\\d']),
        ('["/a b", "c"]', ["/a b", "c"]),
        ('""', []),
        ("", []),
    ],
)
def test_a_launcher_is_read_as_claude_reads_it(value: str, words: list[str]) -> None:
    assert background.parsed(value) == words


@pytest.mark.parametrize(
    "value", ["/a; b", "$(x)", "/a `b`", '"/a', '/a ""', "[1]", "[", '["a", ""]', "[" * 99999]
)
def test_what_claude_refuses_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"has|is no|begins"):
        background.parsed(value)
