"""The overlay's file: ours alone, there as long as somebody needs it, then gone."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil
import pytest

from ccwrap.claude import overlay
from ccwrap.errors import SettingError
from ccwrap.places import Places, places

if TYPE_CHECKING:
    from pathlib import Path

OVERLAY = {"env": {"ANTHROPIC_AUTH_TOKEN": "canary", "X": "\udcff é"}}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tmp").mkdir()
    return {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}


@pytest.fixture
def where(environment: dict[str, str]) -> Places:
    return places(environment)


def later() -> float:
    """A time at which everything that is written now is old."""
    return time.time() + overlay.EVERY + overlay.YOUNG + 60


def test_is_ours_alone_under_a_random_name(where: Places, environment: dict[str, str]) -> None:
    first, second = (overlay.write(where, environment, OVERLAY) for _ in range(2))
    assert first != second
    assert first.parent == where.state / "overlays"
    assert json.loads(first.read_text()) == OVERLAY
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (first, first.parent, where.state)]
    assert modes == [0o600, 0o700, 0o700]
    assert "canary" not in str(first)


def test_goes_to_the_runtime_folder_where_state_can_not_be_written(
    where: Places, environment: dict[str, str], tmp_path: Path
) -> None:
    where.state.parent.mkdir(parents=True)
    where.state.write_text("in the way")
    (tmp_path / "run").mkdir()
    runtime = {**environment, "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    assert overlay.write(where, runtime, {}).parent == tmp_path / "run/ccwrap/overlays"


def test_goes_to_a_folder_of_ours_among_the_temporary_ones_at_last(
    where: Places, environment: dict[str, str], tmp_path: Path
) -> None:
    where.state.parent.mkdir(parents=True)
    where.state.write_text("in the way")
    path = overlay.write(where, environment, {})
    assert path.parent == tmp_path / f"tmp/ccwrap-{os.geteuid()}/overlays"
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_says_so_where_no_folder_takes_it(
    where: Places, environment: dict[str, str], tmp_path: Path
) -> None:
    where.state.parent.mkdir(parents=True)
    where.state.write_text("in the way")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"tmp/ccwrap-{os.geteuid()}").symlink_to(elsewhere)
    with pytest.raises(SettingError) as caught:
        overlay.write(where, environment, OVERLAY)
    assert "the settings overlay can't be written" in caught.value.message
    assert str(where.state) in caught.value.message
    assert "canary" not in str(caught.value)
    assert not list(elsewhere.iterdir())


def test_one_that_nobody_names_is_removed(where: Places, environment: dict[str, str]) -> None:
    path = overlay.write(where, environment, OVERLAY)
    overlay.sweep(where, environment, later())
    assert not path.exists()


def test_one_that_a_live_process_names_is_kept(where: Places, environment: dict[str, str]) -> None:
    path = overlay.write(where, environment, OVERLAY)
    program = "print(flush=True); input()"
    argv = [sys.executable, "-c", program, "--settings", str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as session:
        assert session.stdout
        session.stdout.readline()  # its command line can be read from now on
        overlay.sweep(where, environment, later())
        assert path.exists()
        session.communicate(b"\n")
    overlay.sweep(where, environment, later() + overlay.EVERY)
    assert not path.exists()


@pytest.mark.parametrize("record", ["jobs/5e4a4dfc/state.json", "daemon/roster.json"])
@pytest.mark.parametrize("folder", ["", "other"])
def test_one_that_a_background_session_names_is_kept(
    where: Places, environment: dict[str, str], tmp_path: Path, folder: str, record: str
) -> None:
    claude = tmp_path / folder if folder else tmp_path / "home/.claude"
    started = {**environment, **({"CLAUDE_CONFIG_DIR": str(claude)} if folder else {})}
    path = overlay.write(where, started, OVERLAY)
    file = claude / record
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"respawnFlags": ["--settings", str(path)]}))
    overlay.sweep(where, environment, later())
    assert path.exists()
    file.unlink()
    overlay.sweep(where, environment, later() + overlay.EVERY)
    assert not path.exists()


def test_a_young_one_is_kept(where: Places, environment: dict[str, str]) -> None:
    path = overlay.write(where, environment, OVERLAY)
    overlay.sweep(where, environment, time.time() + overlay.YOUNG - 60)
    assert path.exists()


def test_a_session_s_mark_is_kept_for_a_month(where: Places, environment: dict[str, str]) -> None:
    mark = overlay.write(where, environment, OVERLAY).parent / "7.turn"
    mark.touch()
    overlay.sweep(where, environment, later())
    assert mark.exists()
    overlay.sweep(where, environment, later() + overlay.MARKS_KEPT)
    assert not mark.exists()


def test_sweeps_at_most_once_an_hour(where: Places, environment: dict[str, str]) -> None:
    overlay.write(where, environment, OVERLAY)
    overlay.sweep(where, environment, later())
    path = overlay.write(where, environment, OVERLAY)
    overlay.sweep(where, environment, later() + overlay.EVERY - 60)
    assert path.exists()
    overlay.sweep(where, environment, later() + overlay.EVERY + 60)
    assert not path.exists()


def test_sweeps_the_other_folders_too(where: Places, environment: dict[str, str]) -> None:
    where.state.parent.mkdir(parents=True)
    where.state.write_text("in the way")
    path = overlay.write(where, environment, OVERLAY)
    where.state.unlink()
    overlay.sweep(where, environment, later())
    assert not path.exists()


def test_keeps_all_where_a_record_can_not_be_read(
    where: Places, environment: dict[str, str], tmp_path: Path
) -> None:
    path = overlay.write(where, environment, OVERLAY)
    (tmp_path / "home/.claude/jobs/5e4a4dfc/state.json").mkdir(parents=True)
    overlay.sweep(where, environment, later())
    assert path.exists()


def test_keeps_all_where_not_even_our_own_process_can_be_seen(
    where: Places, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A /proc that isn't mounted looks like a machine on which nothing runs."""
    path = overlay.write(where, environment, OVERLAY)
    monkeypatch.setattr(psutil, "pids", list)
    overlay.sweep(where, environment, later())
    assert path.exists()


def test_never_raises(where: Places, environment: dict[str, str]) -> None:
    overlay.sweep(where, environment, later())
    path = overlay.write(where, environment, OVERLAY)
    (path.parent / overlay.FOLDERS).unlink()
    (path.parent / overlay.FOLDERS).mkdir()
    overlay.sweep(where, environment, later())


def test_a_launch_between_sweeps_loads_nothing_for_it(
    where: Places, environment: dict[str, str]
) -> None:
    code = """
import sys, time
from ccwrap.claude import overlay
from ccwrap.places import places
environment = {"HOME": sys.argv[1], "TMPDIR": sys.argv[2]}
for _ in range(2):
    overlay.write(places(environment), environment, {})
    overlay.sweep(places(environment), environment, time.time())
sys.exit("psutil" in sys.modules)
"""
    argv = [sys.executable, "-c", code, environment["HOME"], environment["TMPDIR"]]
    assert subprocess.run(argv, check=False).returncode == 0


def test_launches_at_once_lose_no_folder(where: Places, environment: dict[str, str]) -> None:
    def launch(number: int) -> None:
        overlay.write(where, {**environment, "CLAUDE_CONFIG_DIR": f"/c/{number % 20}"}, {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(launch, range(100)))
    entries = (where.state / "overlays" / overlay.FOLDERS).read_bytes().split(b"\0")
    assert set(entries) == {*(b"/c/%d" % number for number in range(20)), b""}
