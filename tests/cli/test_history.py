"""`ccroute history`: verdicts and latency over time."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli.history import percentile, sparkline
from ccwrap.cli.render import columns
from ccwrap.gateways.simulated import Setup
from ccwrap.gateways.verdict import Verdict
from ccwrap.health.records import Launch, Sample
from ccwrap.health.store import Store
from ccwrap.places import places
from routing import KEY, routed

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

HOUR = 3600.0


@pytest.fixture
def store(bare_sandbox: Sandbox) -> Store:
    """Ten days of `eu`, one failed request of a session's, and one probe of `us`."""
    made, now = Store.open(places(bare_sandbox.environment).state), time.time()
    made.launched(Launch(now, "acme", route="eu", question="q"))
    for hours in range(240, 0, -24):
        made.remember("q", Verdict("ok", latency_ms=hours), now - hours * HOUR, None, 0, route="eu")
    made.report("q", "overloaded", "s", now - 60)
    made.remember("r", Verdict("unreachable"), now - 30, None, 1, route="us")
    return made


def test_each_route_has_its_percentiles_and_its_samples(
    bare_sandbox: Sandbox, store: Store
) -> None:
    answer = bare_sandbox.run_ccroute("history", "--json").expect().json
    assert answer["version"] == 1
    assert abs(answer["since"] - (time.time() - 7 * 24 * HOUR)) < 60
    eu, us = answer["routes"]
    assert (eu["route"], eu["asked"], eu["usable"]) == ("eu", 7, 7)
    assert eu["verdicts"] == {"ok": 6, "overloaded": 1}
    assert eu["latency_ms"] == {"p50": 72.0, "p90": 144.0, "p99": 144.0}
    assert [one["latency_ms"] for one in eu["samples"]] == [144, 120, 96, 72, 48, 24, None]
    assert eu["samples"][-1]["phase"] == "session"
    assert (us["verdicts"], us["latency_ms"], us["usable"]) == ({"unreachable": 1}, None, 0)


def test_since_says_how_far_back(bare_sandbox: Sandbox, store: Store) -> None:
    def asked(since: str) -> int:
        answer = bare_sandbox.run_ccroute("history", "eu", "--json", "--since", since)
        return int(answer.expect().json["routes"][0]["asked"])

    assert (asked("30d"), asked("50h"), asked("1h")) == (11, 3, 1)


def test_a_table_for_a_person_and_a_route_s_changes(bare_sandbox: Sandbox, store: Store) -> None:
    out = bare_sandbox.run_ccroute("history").expect().out.splitlines()
    assert out[0].split() == ["ROUTE", "ASKED", "OK", "P50", "P90", "P99", "OVER", "TIME"]
    assert out[1].split()[:9] == ["eu", "7", "100%", "72", "ms", "144", "ms", "144", "ms"]
    assert out[2].split() == ["us", "1", "0%", "-", "-", "-", "×"]
    assert all(len(line) <= 80 for line in out)
    one = bare_sandbox.run_ccroute("history", "eu").expect().out
    assert "us" not in one.split()
    assert [line.split()[2] for line in one.splitlines()[4:]] == ["ok", "overloaded"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--since", "soon"], "--since soon: is no duration"),
        (["--since", "7"], "is no duration\n  fix: write it like 5s, 2h or 7d\n"),
        (["--since", "90d"], "must be between"),
        (["nobody"], "nothing is remembered of nobody in the last 7d\n  fix: ccroute history"),
    ],
)
def test_what_makes_no_sense_is_said(
    bare_sandbox: Sandbox, store: Store, arguments: list[str], words: str
) -> None:
    assert words in bare_sandbox.run_ccroute("history", *arguments).expect(2).err


def test_names_stand_in_their_column_however_wide_their_letters(
    bare_sandbox: Sandbox, store: Store
) -> None:
    for name in ("日本語", "🚀x", "e\u0301u", "two\nlines", "\x1b[31mred", "x" * 60):
        store.remember(name, Verdict("ok", latency_ms=5), time.time(), None, 0, route=name)
    out = bare_sandbox.run_ccroute("history").expect().out.splitlines()
    assert len(out) == 9
    assert {columns(line[: line.index("%") + 1]) for line in out[1:]} == {columns(out[0][:33])}
    assert max(map(columns, out)) <= 80


def test_a_narrow_terminal_gets_as_many_percentiles_as_it_has_room_for(
    bare_sandbox: Sandbox, store: Store
) -> None:
    with bare_sandbox.terminal("ccroute", "history", size=(24, 45)) as screen:
        assert screen.wait() == 0
    head, *rows = screen.text.splitlines()
    assert head.split() == ["ROUTE", "ASKED", "OK", "OVER", "TIME"]
    assert all(columns(line) <= 45 for line in rows)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_without_the_marks_gets_the_rest(
    bare_sandbox: Sandbox, store: Store, encoding: str
) -> None:
    ran = bare_sandbox.run_ccroute("history", env={"PYTHONIOENCODING": encoding}).expect()
    assert ran.out.splitlines()[1].startswith("eu         7  100%")


@pytest.mark.parametrize("command", ["history", "sessions", "forget"])
@pytest.mark.parametrize(
    ("ill", "words"),
    [
        ("damaged", "is damaged\n  fix: remove that file"),
        ("newer", "newer ccwrap and is left alone\n  fix: upgrade this ccwrap"),
        ("locked", "is locked by another process\n  fix: try again in a moment"),
    ],
)
def test_a_store_that_can_t_be_used_is_said_with_its_mend(
    bare_sandbox: Sandbox, store: Store, command: str, ill: str, words: str
) -> None:
    store.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    if ill == "damaged":
        store.path.write_bytes(b"no store at all" * 1000)
    elif ill == "newer":
        other.execute("PRAGMA user_version = 99")
    else:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
    assert words in bare_sandbox.run_ccroute(command).expect(78).err
    other.close()


def test_an_empty_history_is_no_error(bare_sandbox: Sandbox) -> None:
    assert bare_sandbox.run_ccroute("history").expect().out == "Nothing is remembered.\n"
    assert bare_sandbox.run_ccroute("history", "--json").expect().json["routes"] == []


def test_a_check_is_remembered(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    routed(bare_sandbox, {"one": gateway(Setup(keys=(KEY,))).url})
    bare_sandbox.run_ccroute("check").expect()
    (route,) = bare_sandbox.run_ccroute("history", "--json").expect().json["routes"]
    assert (route["route"], route["verdicts"]) == ("one", {"ok": 1})


@pytest.mark.parametrize(
    ("percent", "value"), [(1, 1.0), (50, 2.0), (75, 3.0), (76, 4.0), (99, 4.0), (100, 4.0)]
)
def test_percentiles(percent: int, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value


def test_bars_rise_with_latency_and_cross_out_what_failed() -> None:
    def sample(at: float, ms: float | None, verdict: str = "ok") -> Sample:
        return Sample(at, "q", "eu", "model", ms, verdict)

    samples = [sample(0, 10), sample(1, 100), sample(2, None, "unreachable"), sample(19, 50)]
    assert sparkline(samples, 0, 20) == "▁█×" + " " * 16 + "▅"
