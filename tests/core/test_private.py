"""Our own files: nobody else's words are taken for ours."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from ccwrap import private
from ccwrap.errors import SettingError


def test_what_is_written_is_read_back_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state" / "file.json"
    private.write(path, b"one")
    private.write(path, b"two")
    assert private.read(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["file.json"]


def test_an_absent_file_is_none(tmp_path: Path) -> None:
    assert private.read(tmp_path / "absent") is None
    assert private.read(tmp_path / "absent" / "deeper") is None


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no user ids here")
def test_a_folder_that_may_not_be_entered_holds_nothing_of_ours(nobody: int) -> None:
    """HOME is another account's: under sudo, or in a container with a user id of its own."""
    with tempfile.TemporaryDirectory() as folder:
        closed = Path(folder, "closed")
        closed.mkdir(0)
        assert private.read(closed / "config.toml") is None
        with pytest.raises(SettingError, match="Permission denied"):
            private.read(closed / "config.toml", owners=(0,))
        mine = Path(folder, "mine")
        mine.touch(0)
        with pytest.raises(SettingError, match="Permission denied"):
            private.read(mine)


@pytest.mark.parametrize("hostile", ["link", "folder", "fifo", "writable", "large", "owner"])
def test_a_file_that_others_could_have_made_is_refused(tmp_path: Path, hostile: str) -> None:
    path = tmp_path / "config.toml"
    owners = None
    if hostile == "link":
        (tmp_path / "target").write_text("x")
        path.symlink_to(tmp_path / "target")
    elif hostile == "folder":
        path.mkdir()
    elif hostile == "fifo":
        os.mkfifo(path)
    else:
        path.write_bytes(b"x" * (100 if hostile == "large" else 1))
        path.chmod(0o666 if hostile == "writable" else 0o600)
        owners = (os.geteuid() + 1,) if hostile == "owner" else None
    with pytest.raises(SettingError) as refused:
        private.read(path, limit=10, owners=owners)
    assert str(path) in str(refused.value)
    assert refused.value.hint


def test_a_folder_that_others_may_read_is_closed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    private.write(state / "file", b"x")
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.mkdir(mode=0o700)
    with pytest.raises(OSError, match="taken"):
        private.write(target, b"x")
    assert os.listdir(tmp_path) == ["taken"]
