from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.verdict import Verdict
from ccwrap.health import schema
from ccwrap.health.memory import Memory
from ccwrap.health.opening import FILE
from ccwrap.health.records import Launch, Remembered, Standing
from ccwrap.health.store import Store, StoreError, question, store_or_none
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_800_000_000.0
OK = Verdict("ok", "key and model accepted", "", 200, 38.5, "model")
LIMITED = Verdict("rate_limited", "retry in 17 s", "", 429, 91.0, "auth", 17.0)
DAY = 86400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "state")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "other",
    [
        ("https://a.example:8443/x", "m", "f"),
        ("https://a.example/y", "m", "f"),
        ("https://a.example/x", "n", "f"),
        ("https://a.example/x", "m", "g"),
        ("http://a.example/x", "m", "f"),
    ],
    ids=["origin", "path", "model", "key", "scheme"],
)
def test_a_changed_part_is_a_new_question(other: tuple[str, str, str]) -> None:
    assert question(*other) != question("https://a.example/x", "m", "f")


def test_a_question_is_in_hex_and_knows_no_trailing_slash() -> None:
    asked = question("https://a.example/x/", "m", "f")
    assert asked == question("https://A.example/x", "m", "f")
    assert len(asked) == 32
    int(asked, 16)


def test_the_file_is_ours_alone(store: Store) -> None:
    store.remember("q", OK, NOW, None, 0)
    state = store.path.parent
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in state.iterdir()} == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(store: Store) -> None:
    store.path.chmod(0o644)
    Store.open(store.path.parent).close()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_no_key_can_be_found_in_the_file(store: Store, tmp_path: Path) -> None:
    secret = Secret("made-up-key-0123456789")
    mark = store.fingerprint(secret)
    store.remember(question("https://a.example", "m", mark), OK, NOW, None, 0)
    store.close()
    held = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert secret.reveal().encode() not in held
    other = Store.open(tmp_path / "elsewhere")
    assert other.fingerprint(secret) != mark
    again = Store.open(store.path.parent)
    assert again.fingerprint(secret) == mark
    assert again.fingerprint(None) == ""


def test_what_was_remembered_is_recalled(store: Store) -> None:
    store.remember("q", LIMITED, NOW, NOW + 17, 1, route="us", depth="paid")
    store.remember("other", OK, NOW, None, 0)
    assert store.recall(["q", "unknown"]) == {
        "q": Remembered(LIMITED, NOW, 1, NOW + 17, stale=False, smoothed_ms=91.0, depth="paid")
    }


def test_a_later_verdict_takes_the_place_of_an_earlier_one_and_both_are_samples(
    store: Store,
) -> None:
    store.remember("q", LIMITED, NOW, NOW + 17, 1, route="us")
    store.stale("q")
    store.remember("q", OK, NOW + 60, None, 0, route="us")
    found = store.recall(["q"])["q"]
    assert (found.verdict, found.failures, found.until, found.stale) == (OK, 0, None, False)
    rows = [(s.time, s.verdict, s.latency_ms, s.route) for s in store.samples(question="q")]
    assert rows == [(NOW, "rate_limited", 91.0, "us"), (NOW + 60, "ok", 38.5, "us")]
    assert store.samples(route="us", since=NOW + 1) == store.samples(question="q")[1:]
    assert store.samples(route="eu") == ()


def test_a_stale_verdict_says_so(store: Store) -> None:
    store.remember("q", OK, NOW, None, 0)
    store.stale("q")
    assert store.recall(["q"])["q"].stale


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("server_error", "overloaded"),
        ("overloaded", "overloaded"),
        ("rate_limit", "rate_limited"),
        ("billing_error", "no_credit"),
        ("authentication_failed", "auth_failed"),
        ("model_not_found", "model_missing"),
    ],
)
def test_a_failed_session_ejects_its_route(store: Store, error: str, verdict: str) -> None:
    store.remember("q", OK, NOW, None, 0)
    store.report("q", error, "session", NOW + 5)
    found = store.recall(["q"])["q"]
    assert (found.verdict.name, found.failures, found.reported) == (verdict, 1, NOW + 5)
    assert found.until is not None
    assert found.until > NOW + 5 + 20


@pytest.mark.parametrize("error", ["invalid_request", "max_output_tokens", "unknown", "", "x" * 99])
def test_an_error_that_is_not_the_gateways_changes_nothing(store: Store, error: str) -> None:
    store.remember("q", OK, NOW, None, 0)
    before = store.recall(["q"])
    store.report("q", error, "session", NOW + 5)
    assert store.recall(["q"]) == before


def test_a_hundred_sessions_that_fail_together_are_one_failure(store: Store) -> None:
    for session in range(100):
        store.report("q", "server_error", str(session), NOW)
    assert store.recall(["q"])["q"].failures == 1


def test_launches_come_back_whole_the_last_one_first(store: Store) -> None:
    first = Launch(
        NOW, "acme", "main", (("team", "core"),), "eu", "q", "LLM_KEY", "m", 42, NOW - 1, "",
        "ordered: first usable", "", "/work",
    )  # fmt: skip
    ids = [store.launched(first), store.launched(Launch(NOW + 9, "other"))]
    store.session(ids[0], "abc")
    store.failed(ids[1], "exit 69")
    assert store.launches() == (
        Launch(NOW + 9, "other", fault="exit 69", id=ids[1]),
        first._replace(session="abc", id=ids[0]),
    )
    assert [one.id for one in store.launches(project="acme")] == ids[:1]
    assert [one.id for one in store.launches(session="abc")] == ids[:1]
    assert [one.id for one in store.launches(since=NOW + 1)] == ids[1:]


def test_a_session_belongs_to_the_last_launch_of_its_process(store: Store) -> None:
    for time in (NOW, NOW + 9):
        store.launched(Launch(time, "acme", pid=42))
    store.session_of(42, "abc")
    assert [one.session for one in store.launches()] == ["abc", ""]


def test_names_that_are_no_text_are_kept_as_far_as_they_go(store: Store) -> None:
    store.launched(Launch(NOW, "acme", branch="caf\udce9", tags=(("a", "\ud800"),)))
    assert store.launches()[0].branch == "caf?"


def test_who_stands_where_is_remembered(store: Store) -> None:
    assert store.standing("acme") == Standing()
    store.stand("acme", Standing("q", "r", 1, NOW))
    store.stand("acme", Standing("q", "r", 2, NOW))
    assert store.standing("acme") == Standing("q", "r", 2, NOW)


def test_what_is_forgotten_is_gone(store: Store) -> None:
    for asked in ("a", "b", "c"):
        store.remember(asked, OK, NOW, None, 0)
    store.stand("acme", Standing("a", seen=NOW))
    assert store.forget(["a", "unknown"]) == 1
    assert set(store.recall(["a", "b", "c"])) == {"b", "c"}
    assert store.forget() == 2
    assert store.recall(["b", "c"]) == {}
    assert store.standing("acme") == Standing()


def test_old_rows_go_and_young_ones_stay(store: Store) -> None:
    for age in (31, 29):
        store.launched(Launch(NOW - age * DAY, str(age)))
        store.remember(str(age), OK, NOW - age * DAY, None, 0)
    store.launched(Launch(NOW, "now"))
    store.tidy(NOW)
    assert {one.project for one in store.launches()} == {"29", "now"}
    assert {one.question for one in store.samples()} == {"29"}
    assert set(store.recall(["31", "29"])) == {"29"}


def test_the_number_of_rows_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in schema.MOST_ROWS:
        monkeypatch.setitem(schema.MOST_ROWS, table, 3)
    for number in range(9):
        store.launched(Launch(NOW, str(number)))
        store.remember(str(number), OK, NOW - 9 + number, None, 0)
        store.report(str(number), "", "session", NOW)
    store.tidy(NOW)
    assert [one.project for one in store.launches()] == ["8", "7", "6"]
    assert [one.question for one in store.samples()] == ["6", "7", "8"]
    assert set(store.recall([str(number) for number in range(9)])) == {"6", "7", "8"}
    with contextlib.closing(sqlite3.connect(store.path)) as other:
        assert other.execute("SELECT question FROM report").fetchall() == [("6",), ("7",), ("8",)]


def test_tidying_is_done_once_a_day(store: Store) -> None:
    store.launched(Launch(NOW, "now"))
    store.tidy(NOW)
    store.launched(Launch(NOW - 60 * DAY, "old"))
    store.tidy(NOW + DAY - 1)
    assert len(store.launches()) == 2
    store.tidy(NOW + DAY)
    assert len(store.launches()) == 1


def test_a_clock_that_runs_years_ahead_for_a_moment_costs_no_history(store: Store) -> None:
    store.launched(Launch(NOW, "now"))
    store.tidy(NOW + 900 * DAY)
    assert len(store.launches()) == 1
    store.launched(Launch(NOW - 60 * DAY, "old"))
    store.tidy(NOW + 60)
    assert [one.project for one in store.launches()] == ["now"]


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    file = tmp_path / FILE
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = file.read_bytes()
    said: list[str] = []
    assert store_or_none(tmp_path, said.append) is None
    assert len(said) == 1
    assert "newer ccwrap" in said[0]
    assert file.read_bytes() == before


def test_an_older_store_is_brought_up_to_date_with_what_it_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Store.open(tmp_path)
    old.remember("q", OK, NOW, None, 0)
    mark = old.fingerprint(Secret("key"))
    old.close()
    more = (*schema.MIGRATIONS, "ALTER TABLE verdict ADD COLUMN more TEXT;")
    monkeypatch.setattr(schema, "MIGRATIONS", more)
    monkeypatch.setattr(schema, "VERSION", len(more))
    for _ in range(2):
        new = Store.open(tmp_path)
        assert new.recall(["q"])["q"].verdict == OK
        assert new.fingerprint(Secret("key")) == mark
        new.close()


def test_a_migration_for_which_there_is_no_room_leaves_the_older_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Store.open(tmp_path)
    old.remember("q", OK, NOW, None, 0)
    old.close()
    room = "PRAGMA max_page_count = 1; CREATE TABLE more (text TEXT);"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, room))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    said: list[str] = []
    assert store_or_none(tmp_path, said.append) is None
    assert "no space is left" in said[0]
    monkeypatch.undo()
    assert Store.open(tmp_path).recall(["q"])["q"].verdict == OK


@pytest.mark.parametrize(
    "damage",
    ["no database", "cut short", "empty", "no salt", "odd salt", "a name that is no text"],
)
def test_a_damaged_store_is_begun_anew_and_said_so_once(tmp_path: Path, damage: str) -> None:
    store = Store.open(tmp_path)
    store.remember("q", OK, NOW, None, 0)
    store.close()
    damaging(tmp_path / FILE, damage)
    said: list[str] = []
    assert store_or_none(tmp_path, said.append) is None
    assert len(said) == 1
    assert "is damaged" in said[0]
    again = store_or_none(tmp_path, said.append)
    assert again is not None
    assert again.recall(["q"]) == {}
    assert len(said) == 1


def damaging(file: Path, how: str) -> None:
    if how == "no database":
        file.write_bytes(b"made-up " * 1000)
    elif how == "cut short":
        os.truncate(file, 5000)
    elif how == "empty":
        with contextlib.closing(sqlite3.connect(file)) as connection:
            for table in ("keep", "verdict"):
                connection.execute(f"DROP TABLE {table}")
            connection.commit()
    elif how == "a name that is no text":
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA writable_schema = 1")
            connection.execute("UPDATE sqlite_master SET sql = 'x', name = CAST(x'FF' AS TEXT)")
            connection.commit()
    else:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute(
                "DELETE FROM keep" if how == "no salt" else "UPDATE keep SET value=7"
            )
            connection.commit()


def test_rows_that_hold_nonsense_are_no_verdicts(store: Store) -> None:
    for number, values in enumerate(
        [("ok", "soon", 0), ("splendid", NOW, 0), (None, NOW, 0), ("ok", NOW, "many")]
    ):
        with contextlib.closing(sqlite3.connect(store.path)) as other:
            other.execute(
                "INSERT INTO verdict (question, name, checked, failures) VALUES (?, ?, ?, ?)",
                (str(number), *values),
            )
            other.commit()
    found = store.recall(["0", "1", "2", "3"])
    assert {asked: one.failures for asked, one in found.items()} == {"3": 0}


@pytest.mark.parametrize("value", ["many", b"\xff", -1, 1 << 62, 9e999, None, "[" * 9999])
def test_a_column_may_hold_anything(store: Store, value: object) -> None:
    store.stand("acme", Standing("a", "b", 1, NOW))
    store.launched(Launch(NOW, "acme"))
    store.remember("q", OK, NOW, None, 0)
    with contextlib.closing(sqlite3.connect(store.path)) as other:
        other.execute("UPDATE standing SET times = ?1, time = ?1, incumbent = ?1", (value,))
        other.execute("UPDATE launch SET time = ?1, tags = ?1, pid = ?1", (value,))
        other.execute("UPDATE verdict SET failures = ?1, until = ?1, detail = ?1", (value,))
        other.execute("INSERT INTO keep VALUES ('tidied', ?)", (value,))
        other.commit()
    assert store.standing("acme").challenger == "b"
    assert [one.project for one in store.launches(since=-9e999)] in (["acme"], [])
    assert store.recall(["q"])["q"].verdict.name == "ok"
    store.tidy(NOW)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_bytes_the_file_holds_a_launch_is_told_in_one_sentence(
    tmp_path: Path, seed: int
) -> None:
    whole = Store.open(tmp_path / "whole")
    for number in range(40):
        asked = str(number)
        whole.remember(asked, OK, NOW, None, 0, route="eu")
        whole.launched(Launch(NOW, "acme", tags=(("a", "b"),), route="eu", question=asked))
        whole.stand(asked, Standing("eu", "us", 1, NOW))
    whole.close()
    chance = random.Random(seed)
    for round_ in range(150):
        damaged = bytearray(whole.path.read_bytes())
        for _ in range(chance.choice((1, 5, 50, 500))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        state = tmp_path / str(round_)
        state.mkdir(0o700)
        (state / FILE).write_bytes(damaged)
        for end in ("-wal", "-shm"):
            (state / f"{FILE}{end}").write_bytes(chance.randbytes(5000 * chance.randrange(2)))
        said: list[str] = []
        memory = Memory(state, said.append)
        memory.recall([str(number) for number in range(40)])
        memory.standing(str(chance.randrange(40)))
        memory.launches("s")
        memory.remember("7", "eu", Remembered(OK, NOW))
        memory.launched(Launch(NOW, "acme"))
        memory.tidy(NOW)
        assert len(said) <= 1, said


def test_a_column_of_another_name_is_damage(store: Store) -> None:
    store.remember("q", OK, NOW, None, 0)
    with contextlib.closing(sqlite3.connect(store.path)) as other:
        other.execute("ALTER TABLE verdict RENAME COLUMN name TO mane")
    with pytest.raises(StoreError, match="is damaged") as caught:
        store.recall(["q"])
    assert caught.value.damaged


def test_of_two_that_find_the_damage_the_second_leaves_the_new_store_alone(tmp_path: Path) -> None:
    one, two = Store.open(tmp_path), Store.open(tmp_path)
    one.set_aside()
    new = Store.open(tmp_path)
    new.remember("q", OK, NOW, None, 0)
    two.set_aside()
    assert Store.open(tmp_path).recall(["q"])["q"].verdict == OK


@pytest.mark.parametrize("what", ["symbolic link", "folder", "state is a file"])
def test_what_is_no_file_of_ours_is_not_used(tmp_path: Path, what: str) -> None:
    state = tmp_path / "state"
    if what == "state is a file":
        state.write_text("")
    else:
        state.mkdir()
    if what == "folder":
        (state / FILE).mkdir()
    if what == "symbolic link":
        Store.open(tmp_path / "elsewhere").close()
        (state / FILE).symlink_to(tmp_path / "elsewhere" / FILE)
    with pytest.raises(StoreError, match="state"):
        Store.open(state)


def test_a_writer_that_holds_the_store_costs_a_sentence_and_a_quarter_second(
    store: Store,
) -> None:
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another process"):
            store.remember("q", OK, NOW, None, 0)
        assert store.recall(["q"]) == {}
    store.remember("q", OK, NOW, None, 0)


def test_a_store_made_by_many_at_once_is_one_store(tmp_path: Path) -> None:
    marks: list[str] = []
    begin = threading.Barrier(8)

    def make() -> None:
        begin.wait()
        marks.append(Store.open(tmp_path / "state").fingerprint(Secret("key")))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(marks) == 8
    assert len(set(marks)) == 1
    assert {path.name.partition("-")[0] for path in (tmp_path / "state").iterdir()} == {FILE}


def test_a_full_store_is_a_sentence(store: Store) -> None:
    store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError, match="no space is left"):
        store.remember("q", OK._replace(detail="x" * 9000), NOW, None, 0)
    assert store.recall(["q"]) == {}


def test_the_store_needs_no_heavy_module() -> None:
    code = "import sys, ccwrap.health.store; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"click", "httpx", "psutil", "dataclasses", "asyncio"} & set(done.stdout.split())


def test_a_launch_that_goes_through_several_sessions_is_found_by_each(store: Store) -> None:
    number = store.launched(Launch(NOW, "acme", route="eu", pid=7, pid_started=1.5))
    for session in ("first", "second", "first", "second"):
        store.session(number, session)
    found = [(one.session, one.route, one.pid) for one in store.launches()]
    assert found == [("second", "eu", 7), ("first", "eu", 7)]
    assert [one.session for one in store.launches(session="first")] == ["first"]
