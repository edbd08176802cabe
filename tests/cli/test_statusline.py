"""`ccroute statusline`: quick, silent about what it doesn't know, and a tidy guest."""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.verdict import Verdict
from ccwrap.health.records import Launch
from ccwrap.health.store import Store
from ccwrap.places import places

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Sandbox

SESSION = "11111111-1111-4111-8111-111111111111"
EVENT = json.dumps({"hook_event_name": "Status", "session_id": SESSION, "cwd": "/x"})
WRITTEN = [
    pytest.param("{}", id="empty object"),
    pytest.param('{\n  "model": "opus",\n  "env": {"A": "}"}\n}\n', id="two blanks"),
    pytest.param('{\n\t"model": "opus"\n}', id="tab, no line end"),
    pytest.param('{"model":"opus","x":[1,  2]}\n\n', id="one line"),
    pytest.param('{\r\n    "é": "ü\\u00e9"\r\n}\r\n', id="Windows"),
    pytest.param('\ufeff{"model": "opus"}\n', id="byte order mark"),
    pytest.param('{"z": {"statusLine": {"a": 1}},\n  "b": 2}', id="another's statusLine"),
]


@pytest.fixture
def store(bare_sandbox: Sandbox) -> Store:
    made = Store.open(places(bare_sandbox.environment).state)
    made.launched(Launch(1.0, "acme", route="ollama", fallback=True, session=SESSION, question="q"))
    return made


def settings(sandbox: Sandbox) -> Path:
    return sandbox.home / ".claude" / "settings.json"


def test_it_shows_the_session_s_route(bare_sandbox: Sandbox, store: Store) -> None:
    ran = bare_sandbox.run_ccroute("statusline", input=EVENT).expect()
    assert ran.out == "ollama · fallback\n"
    store.remember("q", Verdict("overloaded"), 1.0, None, 1)
    assert bare_sandbox.run_ccroute("statusline", input=EVENT).out == (
        "ollama · fallback · overloaded\n"
    )


def test_a_session_that_is_not_tied_yet_is_known_by_its_process(
    bare_sandbox: Sandbox, store: Store
) -> None:
    store.launched(Launch(2.0, "acme", route="eu", pid=77))
    store.launched(Launch(2.0, "acme", route="us", pid=77, session="another"))
    here = {"CLAUDE_PID": "77"}
    unknown = EVENT.replace(SESSION, "unknown")
    assert bare_sandbox.run_ccroute("statusline", input=unknown, env=here).out == "eu\n"
    assert bare_sandbox.run_ccroute("statusline", input=EVENT, env=here).out == (
        "ollama · fallback\n"
    )


@pytest.mark.parametrize(
    "event",
    ["", "{", "[]", '{"session_id": 5}', '{"session_id": "unknown"}', '{"session_id"', "\udcff"],
)
def test_it_says_nothing_of_what_it_does_not_know(
    bare_sandbox: Sandbox, store: Store, event: str
) -> None:
    data = event.encode("utf-8", "surrogateescape")
    ran = bare_sandbox.run_ccroute("statusline", input=data).expect()
    assert (ran.out, ran.err) == ("\n", "")


def test_it_does_without_a_store_and_makes_none(bare_sandbox: Sandbox) -> None:
    state = places(bare_sandbox.environment).state
    ran = bare_sandbox.run_ccroute("statusline", input=EVENT).expect()
    assert (ran.out, ran.err) == ("\n", "")
    assert not state.exists()
    state.mkdir(parents=True)
    assert bare_sandbox.run_ccroute("statusline", input=EVENT).expect().out == "\n"
    assert list(state.iterdir()) == []
    (state / "health.db").write_bytes(b"no store at all" * 1000)
    assert bare_sandbox.run_ccroute("statusline", input=EVENT).expect().out == "\n"


@pytest.mark.parametrize("before", WRITTEN)
def test_install_adds_one_entry_and_undo_takes_it_back_to_the_byte(
    bare_sandbox: Sandbox, store: Store, before: str
) -> None:
    path = settings(bare_sandbox)
    path.parent.mkdir(parents=True)
    path.write_bytes(before.encode())
    path.chmod(0o640)
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    after = path.read_bytes().decode()
    added = json.loads(after.removeprefix("\ufeff"))
    command = added.pop("statusLine")
    assert added == json.loads(before.removeprefix("\ufeff"))
    assert path.stat().st_mode & 0o777 == 0o640
    assert command["type"] == "command"
    ran = bare_sandbox.run("/bin/sh", "-c", command["command"], input=EVENT, cwd=bare_sandbox.home)
    assert ran.expect().out == "ollama · fallback\n"
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    assert path.read_bytes().decode() == after
    bare_sandbox.run_ccroute("statusline", "--undo").expect()
    assert path.read_bytes().decode() == before


def test_settings_that_are_not_there_yet_are_made_for_us_alone(bare_sandbox: Sandbox) -> None:
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    path = settings(bare_sandbox)
    assert set(json.loads(path.read_text())) == {"statusLine"}
    assert path.stat().st_mode & 0o777 == 0o600
    bare_sandbox.run_ccroute("statusline", "--undo").expect()
    assert not path.parent.exists()


def test_one_of_another_installation_gives_way_and_does_not_come_back(
    bare_sandbox: Sandbox,
) -> None:
    old = {"type": "command", "command": "/gone/python -I /gone/ccwrap/health/statusline.py"}
    path = bare_sandbox.settings("user", {"model": "opus", "statusLine": old})
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    assert json.loads(path.read_text())["statusLine"] != old
    bare_sandbox.run_ccroute("statusline", "--undo").expect()
    assert json.loads(path.read_text()) == {"model": "opus"}


def test_what_claude_has_written_since_stays(bare_sandbox: Sandbox) -> None:
    """Claude Code writes its settings anew, two blanks deep, when a person changes one."""
    path = bare_sandbox.settings("user", {"model": "opus"})
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    said = json.loads(path.read_text())
    path.write_text(json.dumps({"theme": "dark", **said}, indent=2))
    bare_sandbox.run_ccroute("statusline", "--undo").expect()
    assert path.read_text() == json.dumps({"theme": "dark", "model": "opus"}, indent=2)


def test_a_link_to_the_settings_stays_a_link(bare_sandbox: Sandbox) -> None:
    real = bare_sandbox.write(bare_sandbox.home / "dotfiles" / "claude.json", "{}\n")
    settings(bare_sandbox).parent.mkdir()
    settings(bare_sandbox).symlink_to(real)
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    assert settings(bare_sandbox).is_symlink()
    assert "statusLine" in real.read_text()


OWN_WITH_OURS = json.dumps(
    {
        "statusLine": {
            "type": "command",
            "command": "sh -c 'tee >(mine) | /x/python -I -S /x/ccwrap/health/statusline.py'",
        }
    }
)
"""What the advice leads to: a person's own line that calls ours."""


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ('{"statusLine": {"type": "command", "command": "mine"}}', "has a statusLine of its own"),
        (OWN_WITH_OURS, "has a statusLine of its own"),
        (OWN_WITH_OURS.replace(" -c", " -I"), "has a statusLine of its own"),
        ("{", "is no JSON object"),
        ("[]", "is no JSON object"),
        ('{"a": 1 // Claude Code would drop all of it\n}', "is no JSON object"),
        ('{"a": 1,}', "is no JSON object"),
        pytest.param('{"a": ' + "[" * 20_000 + "]" * 20_000 + "}", "is no JSON object", id="deep"),
    ],
)
def test_what_is_not_ours_is_left_alone(bare_sandbox: Sandbox, before: str, words: str) -> None:
    path = settings(bare_sandbox)
    path.parent.mkdir()
    path.write_text(before)
    assert words in bare_sandbox.run_ccroute("statusline", "--install").expect(78).err
    bare_sandbox.run_ccroute("statusline", "--undo")
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (os.mkfifo, "Not a regular file"),
        (os.mkdir, "Is a directory"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
    ids=["a FIFO", "a folder", "a link to itself"],
)
def test_what_is_no_file_is_said(
    bare_sandbox: Sandbox, make: Callable[[Path], None], words: str
) -> None:
    settings(bare_sandbox).parent.mkdir()
    make(settings(bare_sandbox))
    for option in ("--install", "--undo"):
        assert words in bare_sandbox.run_ccroute("statusline", option).expect(78).err


def test_a_person_who_types_it_is_told_how_it_is_meant(bare_sandbox: Sandbox) -> None:
    with bare_sandbox.terminal("ccroute", "statusline") as screen:
        screen.expect("ccroute statusline --install")
        assert screen.wait() == 2


def test_hostile_words_in_the_store_and_in_the_event_move_no_terminal(
    bare_sandbox: Sandbox, store: Store
) -> None:
    hostile = "\x1b]0;owned\x07e\u202eu\n\x9b2J日本🚀"
    store.launched(Launch(2.0, "acme", route=hostile, session="h", question="h"))
    ran = bare_sandbox.run_ccroute("statusline", input='{"session_id": "h"}').expect()
    assert ran.out == "]0;ownedeu2J日本🚀\n"
    for event in ("\x1b[2J", "[" * 100_000, '{"session_id": "' + "x" * 2_000_000):
        assert bare_sandbox.run_ccroute("statusline", input=event).expect().out == "\n"


@pytest.mark.parametrize("name", ["state #1", "a?mode=memory", "100%25 b", "it's $(id)"])
def test_no_character_of_the_state_folder_means_anything(
    bare_sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    bare_sandbox.environment["XDG_STATE_HOME"] = str(tmp_path / name)
    made = Store.open(places(bare_sandbox.environment).state)
    made.launched(Launch(1.0, "acme", route="eu", session=SESSION))
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    command = json.loads(settings(bare_sandbox).read_text())["statusLine"]["command"]
    assert bare_sandbox.run("/bin/sh", "-c", command, input=EVENT).expect().out == "eu\n"


def test_claude_s_settings_folder_may_be_elsewhere(bare_sandbox: Sandbox, tmp_path: Path) -> None:
    where = {"CLAUDE_CONFIG_DIR": str(tmp_path / "config")}
    bare_sandbox.run_ccroute("statusline", "--install", env=where).expect()
    assert "statusLine" in (tmp_path / "config" / "settings.json").read_text()
    assert not settings(bare_sandbox).exists()


def test_the_program_loads_little(bare_sandbox: Sandbox, store: Store) -> None:
    bare_sandbox.run_ccroute("statusline", "--install").expect()
    command = json.loads(settings(bare_sandbox).read_text())["statusLine"]["command"]
    python, *rest = shlex.split(command)
    assert os.path.samefile(python, sys.executable)
    ran = bare_sandbox.run(python, "-X", "importtime", *rest, input=EVENT).expect()
    loaded = {row.rpartition("|")[2].strip() for row in ran.err.splitlines()}
    assert not loaded & {"site", "click", "httpx", "ccwrap", "json", "re", "pathlib", "typing"}
