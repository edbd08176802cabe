"""One launch asks, the others wait for its answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.verdict import Verdict
from ccwrap.health import flight
from ccwrap.health.flight import Flight, Flights
from ccwrap.health.records import Remembered

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
ANSWER = Remembered(
    Verdict("rate_limited", "retry in 17 s", "", 429, 9.25, "auth", 17.0), NOW, 2, NOW + 17.1,
    smoothed_ms=11.5, depth="paid", reported=NOW - 1,
)  # fmt: skip


@pytest.fixture
def meeting(tmp_path: Path) -> Flights:
    return Flights([tmp_path / "state"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / flight.FOLDER


def pair(meeting: Flights) -> tuple[Flight, Flight]:
    one, two = meeting.flight("url", "model", "key"), meeting.flight("url", "model", "key")
    assert one is not None
    assert two is not None
    return one, two


def test_one_leads_until_its_answer_is_handed_over(meeting: Flights) -> None:
    one, two = pair(meeting)
    assert (one.lead(), two.lead()) == (True, False)
    assert two.answer() is None
    one.hand_over(ANSWER)
    assert two.answer() == ANSWER
    assert two.lead()


def test_the_waiting_go_on_when_the_answer_is_there(meeting: Flights) -> None:
    one, two = pair(meeting)
    answers: list[Remembered | None] = []

    def waiting() -> None:
        two.wait()
        answers.append(two.answer())

    assert one.lead()
    thread = threading.Thread(target=waiting)
    thread.start()
    one.hand_over(ANSWER)
    thread.join(30)
    assert answers == [ANSWER]


def test_the_waiting_go_on_when_the_asking_process_dies(meeting: Flights, folder: Path) -> None:
    (one, _) = pair(meeting)
    code = (
        "import sys; from pathlib import Path; from ccwrap.health.flight import Flights;"
        "f = Flights([Path(sys.argv[1])]).flight('url', 'model', 'key');"
        "print(f.lead(), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder.parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"True"
        assert not one.lead()
        other.kill()
        one.wait()
    assert one.lead()


def test_what_differs_in_one_part_is_another_flight(meeting: Flights) -> None:
    one = meeting.flight("url", "model", "key")
    assert one is not None
    assert one.lead()
    for parts in (("url", "model", "yek"), ("url", "ledom", "key"), ("lru", "model", "key")):
        other = meeting.flight(*parts)
        assert other is not None
        assert other.lead()


def test_names_and_files_tell_no_key(meeting: Flights, folder: Path, tmp_path: Path) -> None:
    one = meeting.flight("https://a.example", "m", "made-up-key")
    assert one is not None
    one.hand_over(ANSWER)
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert b"made-up-key" not in path.read_bytes()
    Flights([tmp_path / "elsewhere"]).flight("https://a.example", "m", "made-up-key")
    here = {path.name for path in folder.iterdir()} - {"salt"}
    there = {path.name for path in (tmp_path / "elsewhere" / flight.FOLDER).iterdir()}
    assert not here & there


@pytest.mark.parametrize("ill", ["no folder", "no flights", "full of links"])
def test_a_folder_that_takes_no_files_gives_way_to_the_next(tmp_path: Path, ill: str) -> None:
    state, other = tmp_path / "state", tmp_path / "next"
    if ill == "no folder":
        state.write_text("")
    else:
        assert Flights([state]).flight("x") is not None
        (file,) = (path for path in (state / flight.FOLDER).iterdir() if path.name != "salt")
        file.unlink()
        file.symlink_to(tmp_path / "victim")
    if ill == "no flights":
        shutil.rmtree(state / flight.FOLDER)
        (state / flight.FOLDER).write_text("")
    assert Flights([state]).flight("x") is None
    assert Flights([state, other]).flight("x") is not None
    assert len(list((other / flight.FOLDER).iterdir())) == 2
    assert not (tmp_path / "victim").exists()
    assert Flights([]).flight("x") is None


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[1]", b"null", b'{"name": "ok"}', b"\xff" * 99, b"{" * 4096, b"[" * 4096],
)
def test_a_file_that_holds_nonsense_has_no_answer(
    meeting: Flights, folder: Path, text: bytes
) -> None:
    one, _ = pair(meeting)
    (file,) = (path for path in folder.iterdir() if path.name != "salt")
    file.write_bytes(text)
    assert one.answer() is None
    one.hand_over(ANSWER)
    assert one.answer() == ANSWER


def test_numbers_beyond_all_measure_are_none(meeting: Flights, folder: Path) -> None:
    one, _ = pair(meeting)
    (file,) = (path for path in folder.iterdir() if path.name != "salt")
    one.hand_over(ANSWER)
    said = json.loads(file.read_bytes())
    for name in ("until", "failures", "checked"):
        file.write_text(json.dumps({**said, name: 10**400}))
        found = one.answer()
        assert (found is None) == (name == "checked")
        assert found is None or (found.until is None) == (name == "until")


def test_old_flights_go_and_forgetting_takes_all(meeting: Flights, folder: Path) -> None:
    base = folder.parent
    pair(meeting)
    (old,) = (path for path in folder.iterdir() if path.name != "salt")
    meeting.flight("another")
    for path in folder.iterdir():
        os.utime(path, (NOW, NOW) if path == old else (NOW + 90_000, NOW + 90_000))
    flight.clear([base], NOW + 60)
    assert old.exists()
    flight.clear([base], NOW + 90_000)
    assert not old.exists()
    assert len(list(folder.iterdir())) == 2
    flight.clear([base, base / "nowhere"])
    assert [path.name for path in folder.iterdir()] == ["salt"]
