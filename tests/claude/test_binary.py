"""Which claude is started, and that two wrappers don't start each other for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

import pytest

from ccwrap.claude.binary import CHAIN, DEPTH, SHIM, SPAN, TURNS, Binary, find, guard
from ccwrap.claude.invocation import Invocation
from ccwrap.errors import CcwrapError, ClaudeNotFound, ClaudeNotRunnable, SettingError


class Look(Protocol):
    def __call__(
        self, *folders: str, wrapped: tuple[str, ...] = (), **environment: str
    ) -> Binary: ...


def program(path: Path, mode: int = 0o755) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return str(path)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return Path(program(tmp_path / "venv" / "bin" / "ccwrap"))


@pytest.fixture
def look(tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """`find` with a home and a PATH of folders below `tmp_path`."""
    monkeypatch.setattr("ccwrap.claude.binary.PLACES", ("~/.local/bin",))

    def look(*folders: str, wrapped: tuple[str, ...] = (), **environment: str) -> Binary:
        path = os.pathsep.join(str(tmp_path / folder) for folder in folders)
        invocation = Invocation((), wrapped)
        return find(invocation, {"PATH": path, **environment}, tmp_path / "home", own)

    return look


def test_takes_the_first_on_path(tmp_path: Path, look: Look) -> None:
    first, _second = program(tmp_path / "a/claude"), program(tmp_path / "b/claude")
    assert look("none", "a", "b") == Binary(first, (), "PATH")


def test_takes_a_usual_place_when_path_has_none(tmp_path: Path, look: Look) -> None:
    path = program(tmp_path / "home/.local/bin/claude")
    assert look("a") == Binary(path, (), "a usual install place")


def test_takes_the_wrapped_one_before_path(tmp_path: Path, look: Look) -> None:
    program(tmp_path / "a/claude")
    wrapped = (program(tmp_path / "ide/node"), "/x/cli.js")
    assert look("a", wrapped=wrapped) == Binary(wrapped[0], ("/x/cli.js",), "the wrapper form")


def test_takes_the_chosen_one_before_all(tmp_path: Path, look: Look) -> None:
    wrapped = (program(tmp_path / "ide/claude"),)
    path = program(tmp_path / "home/mine")
    assert look(wrapped=wrapped, CCWRAP_CLAUDE="~/mine") == Binary(path, (), "CCWRAP_CLAUDE")
    assert look(wrapped=wrapped, CCWRAP_CLAUDE="") == Binary(wrapped[0], (), "the wrapper form")


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        ("claude", SettingError, "is not an absolute path"),
        ("./claude", SettingError, "is not an absolute path"),
        ("~other/claude", SettingError, "is not an absolute path"),
        ("/no/such/claude", ClaudeNotFound, "there is no such file"),
        ("/", ClaudeNotFound, "there is no such file"),
        ("{tmp}/plain", ClaudeNotRunnable, "is not executable"),
        ("{tmp}/venv/bin/ccwrap", ClaudeNotRunnable, "is ccwrap itself"),
    ],
)
def test_says_why_the_chosen_one_can_not_be_used(
    tmp_path: Path, look: Look, value: str, error: type[CcwrapError], says: str
) -> None:
    program(tmp_path / "plain", 0o644)
    program(tmp_path / "a/claude")
    with pytest.raises(error, match=says):
        look("a", CCWRAP_CLAUDE=value.format(tmp=tmp_path))


@pytest.mark.parametrize("entry", ["", ".", "bin", "./bin"])
def test_passes_over_path_entries_that_a_project_could_fill(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    program(tmp_path / "claude")
    program(tmp_path / "bin/claude")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ccwrap.claude.binary.PLACES", ())
    with pytest.raises(ClaudeNotFound, match="no claude on PATH"):
        find(Invocation(()), {"PATH": entry}, tmp_path, own)


def test_passes_over_itself_under_every_name(tmp_path: Path, look: Look, own: Path) -> None:
    for folder in ("link", "hard", "chain"):
        (tmp_path / folder).mkdir()
    (tmp_path / "link/claude").symlink_to(own)
    (tmp_path / "chain/claude").symlink_to(tmp_path / "link/claude")
    (tmp_path / "hard/claude").hardlink_to(own)
    real = program(tmp_path / "real/claude")
    assert look("link", "chain", "hard", "real").path == real
    assert look("real", wrapped=(str(tmp_path / "link/claude"),)).path == real


def test_passes_over_a_shim_of_whatever_installation(tmp_path: Path, look: Look) -> None:
    shim = Path(program(tmp_path / "shims/claude"))
    shim.write_bytes(SHIM + b': starts ccwrap in place of claude\nexec /other/ccwrap "$@"\n')
    with pytest.raises(ClaudeNotFound):
        look("shims")
    with pytest.raises(ClaudeNotRunnable, match="is ccwrap itself"):
        look("shims", CCWRAP_CLAUDE=str(shim))
    real = program(tmp_path / "real/claude")
    assert look("shims", "real").path == real
    assert look("real", wrapped=(str(shim),)).path == real


def test_a_script_that_is_no_shim_of_ours_is_a_claude(tmp_path: Path, look: Look) -> None:
    path = Path(program(tmp_path / "a/claude"))
    path.write_text("#!/bin/sh\n# not a ccwrap shim\n")
    assert look("a").path == str(path)


def test_passes_over_the_interpreter_s_other_ccwrap(
    tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "other/ccwrap")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "other/python"))
    (tmp_path / "a").mkdir()
    (tmp_path / "a/claude").symlink_to(tmp_path / "other/ccwrap")
    with pytest.raises(ClaudeNotFound):
        look("a")


def test_passes_over_what_can_not_be_executed_and_names_it_at_last(
    tmp_path: Path, look: Look
) -> None:
    plain = program(tmp_path / "a/claude", 0o644)
    (tmp_path / "b/claude").mkdir(parents=True)
    with pytest.raises(ClaudeNotRunnable, match="is not executable") as caught:
        look("a", "b")
    assert caught.value.hint == f"chmod +x {plain}"


def test_goes_on_after_what_can_not_be_executed(tmp_path: Path, look: Look) -> None:
    program(tmp_path / "a/claude", 0o644)
    path = program(tmp_path / "b/claude")
    assert look("a", "b") == Binary(path, (), "PATH")


def test_says_how_to_install_where_there_is_none(look: Look) -> None:
    with pytest.raises(ClaudeNotFound) as caught:
        look("a")
    assert "npm install -g @anthropic-ai/claude-code" in caught.value.hint
    assert "CCWRAP_CLAUDE" in caught.value.hint


def test_a_dangling_link_is_no_claude(tmp_path: Path, look: Look) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/claude").symlink_to("gone")
    with pytest.raises(ClaudeNotFound):
        look("a")


@pytest.fixture
def claude(tmp_path: Path) -> Binary:
    return Binary(program(tmp_path / "bin/claude"), (), "PATH")


def test_stops_a_process_that_becomes_the_same_file_over_and_over(claude: Binary) -> None:
    environment: dict[str, str] = {}
    for turn in range(TURNS):
        environment = guard(environment, claude, 100, 1000.0 + turn)
    with pytest.raises(ClaudeNotRunnable, match="keep starting each other") as caught:
        guard(environment, claude, 100, 1010.0)
    assert claude.path in str(caught.value)


def test_lets_a_process_become_the_same_file_again_later(claude: Binary) -> None:
    environment: dict[str, str] = {}
    for turn in range(20):
        environment = guard(environment, claude, 100, 1000.0 + turn * SPAN / 2)


def test_lets_a_session_start_another_but_not_without_end(claude: Binary) -> None:
    environment: dict[str, str] = {}
    for pid in range(DEPTH):
        environment = guard(environment, claude, 100 + pid, 1000.0)
    with pytest.raises(ClaudeNotRunnable, match="keep starting each other"):
        guard(environment, claude, 999, 1000.0)


def test_a_hundred_sessions_of_one_parent_are_no_loop(claude: Binary) -> None:
    parent = guard({}, claude, 1, 1000.0)
    for pid in range(100, 200):
        guard(parent, claude, pid, 1000.0)


@pytest.mark.parametrize("text", ["", "x", "1", "1 2 3", "1 2 a@b", "1 2 a@1@2", "é 2"])
def test_ignores_a_chain_that_it_did_not_write(claude: Binary, text: str) -> None:
    assert guard({CHAIN: text}, claude, 100, 1000.0) == guard({}, claude, 100, 1000.0)
