"""Files of other programs: edited in one step, and always with a way back."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli import edits, jsonc
from ccwrap.cli.settingsfile import SettingsFile
from ccwrap.errors import SettingError
from ccwrap.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.cli.splices import Splice

KEY = "our.key"
BEFORE = '{\n  "mine": 1, // mine\n}\n'


def ours(name: str, value: object) -> bool:
    return name == KEY and value in ("new", "newer")


def places(folder: Path) -> Places:
    return Places(folder, folder / "config.toml", folder / "machine.toml", folder / "state")


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    """Settings in a folder that isn't there yet."""
    path = tmp_path / "editor" / "User" / "settings.json"
    return SettingsFile(places(tmp_path), path, "test", ours, "make it writable")


@pytest.fixture
def there(file: SettingsFile) -> SettingsFile:
    """The same, with BEFORE in them."""
    file.path.parent.mkdir(parents=True)
    file.path.write_text(BEFORE)
    file.path.chmod(0o640)
    return file


def noted(file: SettingsFile) -> Mapping[str, object]:
    record = json.loads((file.places.state / edits.FILE).read_text())
    assert record.pop("version") == 1
    return dict(record)


def put(file: SettingsFile, value: str = "new") -> bool:
    return file.put({KEY: value})


def take(file: SettingsFile) -> bool:
    return file.take((KEY,))


def test_put_put_again_and_take_back(there: SettingsFile) -> None:
    assert put(there)
    after = there.path.read_bytes()
    assert not put(there)
    assert there.path.read_bytes() == after
    assert there.values() == {"mine": 1, KEY: "new"}
    assert take(there)
    assert there.path.read_text() == BEFORE
    assert not take(there)
    assert stat.S_IMODE(there.path.stat().st_mode) == 0o640
    assert noted(there) == {}


def test_what_was_made_goes_with_the_folders_made_for_it(
    file: SettingsFile, tmp_path: Path
) -> None:
    assert put(file)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert take(file)
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_a_folder_that_holds_more_by_now_stays(file: SettingsFile) -> None:
    put(file)
    keybindings = file.path.with_name("keybindings.json")
    keybindings.write_text("[]")
    assert take(file)
    assert list(file.path.parent.iterdir()) == [keybindings]


def test_an_empty_file_is_not_taken_for_none(there: SettingsFile) -> None:
    there.path.write_text("")
    put(there)
    assert take(there)
    assert there.path.read_bytes() == b""


def test_another_value_comes_back(there: SettingsFile) -> None:
    before = '{"our.key": /* mine */ "old" }'
    there.path.write_text(before)
    put(there)
    assert there.values() == {KEY: "new"}
    assert take(there)
    assert there.path.read_text() == before


def test_a_second_value_of_ours_leads_back_to_the_first_text(there: SettingsFile) -> None:
    put(there, "new")
    assert put(there, "newer")
    assert there.values() == {"mine": 1, KEY: "newer"}
    assert take(there)
    assert there.path.read_text() == BEFORE


def test_made_and_then_put_anew_it_still_goes(file: SettingsFile, tmp_path: Path) -> None:
    put(file, "new")
    put(file, "newer")
    assert take(file)
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


class TestSomebodyElseHasChangedTheFile:
    def test_only_ours_is_taken_out(self, there: SettingsFile) -> None:
        put(there)
        there.path.write_text(there.path.read_text().replace('"mine": 1', '"mine": 2'))
        assert take(there)
        assert there.path.read_text() == BEFORE.replace("1", "2")

    def test_the_value_before_comes_back_alone(self, there: SettingsFile) -> None:
        there.path.write_text('{"our.key": "old"}')
        put(there)
        there.path.write_text('{\n\t"our.key": "new",\n\t"theirs": [1]\n}\n')
        assert take(there)
        assert there.path.read_text() == '{\n\t"our.key": "old",\n\t"theirs": [1]\n}\n'

    def test_what_is_no_longer_ours_stays(self, there: SettingsFile) -> None:
        put(there)
        there.path.write_text('{"our.key": "theirs"}')
        assert not take(there)
        assert there.path.read_text() == '{"our.key": "theirs"}'
        assert noted(there) == {}

    def test_what_was_made_and_filled_by_others_stays(self, file: SettingsFile) -> None:
        put(file)
        file.path.write_text('{\n    "our.key": "new",\n    "theirs": 1\n}\n')
        assert take(file)
        assert file.path.read_text() == '{\n    "theirs": 1\n}\n'

    def test_what_was_made_and_laid_out_anew_goes(self, file: SettingsFile) -> None:
        put(file)
        file.path.write_text('{"our.key":"new"}')
        assert take(file)
        assert not file.path.exists()

    def test_a_second_value_does_not_take_the_first_for_theirs(self, there: SettingsFile) -> None:
        put(there)
        there.path.write_text(there.path.read_text().replace('"mine": 1', '"mine": 2'))
        assert put(there, "newer")
        assert take(there)
        assert there.path.read_text() == BEFORE.replace("1", "2")

    def test_a_file_that_is_gone_is_not_made_again(self, there: SettingsFile) -> None:
        put(there)
        there.path.unlink()
        assert not take(there)
        assert not there.path.exists()
        assert noted(there) == {}

    def test_broken_since_it_is_left_alone(self, there: SettingsFile) -> None:
        put(there)
        there.path.write_text('{"our.key": "new"')
        with pytest.raises(SettingError, match=r"settings\.json: ends too early"):
            take(there)
        assert there.path.read_text() == '{"our.key": "new"'

    def test_without_a_note_what_is_surely_ours_is_found(self, there: SettingsFile) -> None:
        put(there)
        (there.places.state / edits.FILE).unlink()
        assert take(there)
        assert there.path.read_text() == BEFORE

    def test_while_we_write_nothing_of_theirs_is_lost(self, there: SettingsFile) -> None:
        theirs = iter(['{"theirs": 1}', '{"theirs": 2}'])

        def change(text: str) -> tuple[Splice, ...]:
            if (now := next(theirs, None)) is not None:
                there.path.write_text(now)
            return jsonc.put(jsonc.read(text), {KEY: "new"})

        book = edits.Book(there.places, there.target, "test")
        assert edits.put(book, change, lambda text, _: text, lambda _: {"wrote": {}, "was": {}})
        assert there.values() == {"theirs": 2, KEY: "new"}
        assert take(there)
        assert there.path.read_text() == '{"theirs": 2}'


class TestKilled:
    """A note is written before the file, and removed after it: each state in between."""

    @pytest.mark.parametrize("again", [False, True])
    def test_between_the_note_and_the_file(self, there: SettingsFile, again: bool) -> None:
        put(there)
        there.path.write_text(BEFORE)
        if again:
            assert put(there)
        assert take(there) is again
        assert there.path.read_text() == BEFORE
        assert noted(there) == {}

    @pytest.mark.parametrize("again", [False, True])
    def test_between_the_folders_and_a_file_that_was_to_be_made(
        self, file: SettingsFile, tmp_path: Path, again: bool
    ) -> None:
        put(file)
        file.path.unlink()
        if again:
            assert put(file)
        assert take(file) is again
        assert [entry.name for entry in tmp_path.iterdir()] == ["state"]

    def test_between_the_note_and_the_file_of_a_second_value(self, there: SettingsFile) -> None:
        put(there)
        held = there.path.read_text()
        put(there, "newer")
        there.path.write_text(held)
        assert take(there)
        assert there.path.read_text() == BEFORE
        assert noted(there) == {}

    def test_and_others_have_changed_the_file_then(self, there: SettingsFile) -> None:
        put(there)
        held = there.path.read_text()
        put(there, "newer")
        there.path.write_text(held.replace('"mine": 1', '"mine": 2'))
        assert take(there)
        assert there.path.read_text() == BEFORE.replace("1", "2")

    def test_between_two_folders_that_go(self, file: SettingsFile, tmp_path: Path) -> None:
        put(file)
        file.path.unlink()
        file.path.parent.rmdir()
        take(file)
        assert [entry.name for entry in tmp_path.iterdir()] == ["state"]

    def test_between_the_file_and_the_end_of_the_note(self, there: SettingsFile) -> None:
        put(there)
        note = (there.places.state / edits.FILE).read_bytes()
        take(there)
        (there.places.state / edits.FILE).write_bytes(note)
        assert not take(there)
        assert there.path.read_text() == BEFORE
        assert noted(there) == {}


class TestLinks:
    def test_a_link_is_followed_and_stays(self, there: SettingsFile, tmp_path: Path) -> None:
        real = tmp_path / "dotfiles" / "settings"
        real.parent.mkdir()
        there.path.replace(real)
        there.path.symlink_to(real)
        put(there)
        assert there.path.is_symlink()
        assert KEY in real.read_text()
        take(there)
        assert there.path.is_symlink()
        assert real.read_text() == BEFORE

    def test_where_a_link_leads_a_file_is_made(self, there: SettingsFile, tmp_path: Path) -> None:
        real = tmp_path / "dotfiles" / "settings"
        there.path.unlink()
        there.path.symlink_to(real)
        put(there)
        assert KEY in real.read_text()
        take(there)
        assert there.path.is_symlink()
        assert not real.parent.exists()

    def test_a_link_to_itself_is_named(self, there: SettingsFile) -> None:
        there.path.unlink()
        there.path.symlink_to(there.path.name)
        with pytest.raises(SettingError, match=r"settings\.json"):
            put(there)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[]", "is no JSON object"),
        (b'{"a": }', "line 1 is no JSON"),
        ("{}".encode("utf-16"), "is no UTF-8 text"),
        (b'{"a": "' + b"x" * (2 << 20) + b'"}', "File too large"),
    ],
)
def test_what_is_unfit_is_left_untouched(there: SettingsFile, data: bytes, words: str) -> None:
    there.path.write_bytes(data)
    for attempt in (put, take):
        with pytest.raises(SettingError, match=words) as caught:
            attempt(there)
        assert str(there.path) in caught.value.message
        assert caught.value.hint
    assert there.path.read_bytes() == data
    assert not (there.places.state / edits.FILE).exists()


def test_bytes_that_are_no_text_survive(there: SettingsFile) -> None:
    before = b'{\n  // \xff\xfe latin-1: \xe9\n  "mine": 1\n}\n'
    there.path.write_bytes(before)
    put(there)
    assert b"\xff\xfe latin-1: \xe9" in there.path.read_bytes()
    take(there)
    assert there.path.read_bytes() == before


def test_a_path_that_is_no_text_is_not_written(there: SettingsFile) -> None:
    with pytest.raises(SettingError, match="is no UTF-8 can't stand in JSON"):
        put(there, os.fsdecode(b"/\xff/ccwrap"))
    assert there.path.read_text() == BEFORE


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_what_is_no_file_is_left_alone(there: SettingsFile, kind: str) -> None:
    there.path.unlink()
    there.path.mkdir() if kind == "folder" else os.mkfifo(there.path)
    with pytest.raises(SettingError, match=r"settings\.json: "):
        put(there)
    assert not there.path.is_file()


@pytest.mark.parametrize("closed", ["file", "read-only file", "folder", "parent"])
def test_no_permission_is_said_and_leaves_all_as_it_was(nobody: int, closed: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "User")
        folder.mkdir()
        path = Path(name, "User", "settings.json")
        file = SettingsFile(places(Path(name)), path, "test", ours, "make it writable")
        if closed != "parent":
            path.write_text(BEFORE)
        match closed:
            case "file":
                path.chmod(0)
            case "read-only file":
                path.chmod(0o444)
            case _:
                folder.chmod(0o555)
        with pytest.raises(SettingError, match=r"settings\.json: Permission denied") as caught:
            put(file)
        assert caught.value.hint == "make it writable"
        folder.chmod(0o755)
        assert [one.name for one in folder.iterdir()] == (
            [] if closed == "parent" else ["settings.json"]
        )
        if closed != "parent":
            path.chmod(0o644)
            assert path.read_text() == BEFORE
            assert not take(file)


def test_the_notes_are_ours_alone_and_hold_no_other_value(there: SettingsFile) -> None:
    there.path.write_text('{"token": "secret-1", /* secret-2 */ "our.key": "old"}')
    put(there)
    file = there.places.state / edits.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    text = file.read_text()
    assert "old" in text
    assert "secret" not in text


STRANGE = {
    "another way back": {"ways": [[0, "", "owned"]]},
    "a way out of the text": {"ways": [[99999, "x", "y"]]},
    "overlapping": {"ways": [[3, "", "a"], [1, "", "b"]]},
    "words of no writer": {"extra": {"wrote": ["our.key"], "was": "our.key"}},
    "none of its words": {"extra": {}},
}


@pytest.mark.parametrize("said", STRANGE.values(), ids=STRANGE)
def test_a_note_that_leads_astray_is_not_followed(
    there: SettingsFile, said: Mapping[str, object]
) -> None:
    """Only a way that ends at the text before is gone; else ours is found by structure."""
    put(there)
    record = json.loads((there.places.state / edits.FILE).read_text())
    ((key, note),) = [(key, note) for key, note in record.items() if key != "version"]
    (after,) = note["ways"]
    if "extra" in said:
        there.path.write_text(there.path.read_text() + "\n")
    record[key] = note | said | ({"ways": {after: said["ways"]}} if "ways" in said else {})
    (there.places.state / edits.FILE).write_text(json.dumps(record))
    assert take(there)
    assert there.path.read_text().rstrip("\n") == BEFORE.rstrip("\n")


@pytest.mark.parametrize("said", [[], "x", {"ways": []}, {"ways": {"a": 1}}, {"ways": {}}])
def test_a_note_that_is_none_is_said(there: SettingsFile, said: object) -> None:
    put(there)
    after = there.path.read_bytes()
    record = {"version": 1, f"test {there.path}": said}
    (there.places.state / edits.FILE).write_text(json.dumps(record))
    with pytest.raises(SettingError, match=r"edits\.json: is none of ours"):
        take(there)
    assert there.path.read_bytes() == after


def test_a_note_removes_no_folder_but_the_file_s_own(file: SettingsFile, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    put(file)
    record = json.loads((file.places.state / edits.FILE).read_text())
    record[f"test {file.path}"]["made"] += [str(tmp_path / "theirs"), "theirs", ""]
    (file.places.state / edits.FILE).write_text(json.dumps(record))
    assert take(file)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["state", "theirs"]


def test_a_note_of_another_file_is_no_note_of_this(there: SettingsFile, tmp_path: Path) -> None:
    other = there._replace(path=tmp_path / "other.json")
    other.path.write_text("{}\n")
    put(other)
    held = other.path.read_bytes()
    assert not take(there)
    assert (there.path.read_text(), other.path.read_bytes()) == (BEFORE, held)


def test_notes_of_files_that_are_gone_are_forgotten(there: SettingsFile, tmp_path: Path) -> None:
    other = there._replace(path=tmp_path / "other.json")
    put(other)
    other.path.unlink()
    put(there)
    assert list(noted(there)) == [f"test {there.path}"]


def test_two_writers_of_one_file_each_take_back_their_own(there: SettingsFile) -> None:
    other = there._replace(owner="other", ours=lambda name, _: name == "other.key")
    put(there)
    other.put({"other.key": 1})
    take(there)
    assert other.values() == {"mine": 1, "other.key": 1}
    other.take(("other.key",))
    assert there.path.read_text() == BEFORE
