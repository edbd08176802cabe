"""What a remembered verdict is worth, and what a new one leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.verdict import Verdict
from ccwrap.health import ejection
from ccwrap.health.memory import Memory, learnt, state
from ccwrap.health.opening import FILE
from ccwrap.health.records import Launch, Remembered
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
OK = Verdict("ok", latency_ms=40.0)
DOWN = Verdict("unreachable")


def worth(remembered: Remembered | None, now: float = NOW, depth: str = "free") -> str:
    return state(remembered, now, 60.0, depth)


@pytest.mark.parametrize(
    ("remembered", "name"),
    [
        (None, "unknown"),
        (Remembered(OK, NOW - 59), "fresh"),
        (Remembered(OK, NOW - 61), "unknown"),
        (Remembered(OK, NOW - 1, stale=True), "unknown"),
        (Remembered(OK, NOW + 1), "fresh"),
        (Remembered(DOWN, NOW - 1, 1, NOW + 29), "ejected"),
        (Remembered(DOWN, NOW - 100, 1, NOW + 1), "ejected"),
        (Remembered(DOWN, NOW - 31, 1, NOW), "trial"),
        (Remembered(DOWN, NOW - 9999, 9, NOW - 9000), "trial"),
    ],
    ids=[
        "nothing", "young", "old", "stale", "another process's clock", "just failed",
        "failed longer than fresh_for ago", "ejection over", "over long ago",
    ],
)  # fmt: skip
def test_a_verdict_is_worth(remembered: Remembered | None, name: str) -> None:
    assert worth(remembered) == name


@pytest.mark.parametrize(
    ("known", "asked", "name"),
    [
        ("reach", "free", "unknown"),
        ("free", "paid", "unknown"),
        ("free", "reach", "fresh"),
        ("paid", "free", "fresh"),
        ("never heard of", "free", "unknown"),
    ],
)
def test_a_shallow_answer_is_none_to_a_deeper_question(known: str, asked: str, name: str) -> None:
    assert worth(Remembered(OK, NOW, depth=known), depth=asked) == name


@pytest.mark.parametrize("hours", [-20_000, -1, 1, 20_000])
def test_a_clock_that_jumps_neither_makes_a_verdict_fresh_nor_leaves_a_route_alone_for_ever(
    hours: int,
) -> None:
    later = NOW + hours * 3600
    assert worth(Remembered(OK, NOW), later) == "unknown"
    assert worth(Remembered(DOWN, NOW, 1, NOW + 30), later) in ("unknown", "trial")


def test_an_end_that_is_too_far_away_is_not_believed() -> None:
    assert worth(Remembered(DOWN, NOW, 1, NOW + 901)) == "trial"


@pytest.mark.parametrize(
    ("failures", "least", "most"), [(1, 24, 36), (3, 72, 108), (9, 216, 300), (500, 240, 300)]
)
def test_ejection_grows_with_failures_in_a_row_up_to_five_minutes(
    failures: int, least: float, most: float
) -> None:
    ends = [ejection.until(DOWN, failures, NOW, chance) for chance in (0.0, 1.0)]
    assert ends == [NOW + least, pytest.approx(NOW + most)]


@pytest.mark.parametrize(
    ("said", "waits"), [(17.0, 17.0), (0.0, 1.0), (86400.0, 900.0)], ids=["17 s", "now", "a day"]
)
def test_what_the_gateway_says_counts_up_to_a_quarter_hour(said: float, waits: float) -> None:
    limited = Verdict("rate_limited", retry_after=said)
    assert ejection.until(limited, 7, NOW, 0.5) == NOW + waits


@pytest.mark.parametrize("name", ejection.FAULTS)
def test_a_fault_of_configuration_is_looked_at_again_after_a_quarter_hour(name: str) -> None:
    assert ejection.until(Verdict(name), 1, NOW, 0.5) == NOW + 900


@pytest.mark.parametrize("name", ["ok", "inconclusive"])
def test_a_route_that_is_well_is_not_left_alone(name: str) -> None:
    assert ejection.until(Verdict(name), 1, NOW, 0.5) is None


def test_failures_in_a_row_are_counted_and_a_success_ends_the_row() -> None:
    found = None
    now, counts = NOW, []
    for verdict in (DOWN, DOWN, DOWN, OK, DOWN):
        found = learnt(found, verdict, now, "free", 0.5)
        counts.append(found.failures)
        now = (found.until or now) + 1
    assert counts == [1, 2, 3, 0, 1]


def test_asking_again_before_the_end_is_no_further_failure() -> None:
    once = learnt(None, DOWN, NOW, "free", 0.5)
    assert learnt(once, DOWN, NOW + 1, "free", 0.5).failures == 1


def test_a_free_probe_that_goes_well_does_not_wipe_out_what_a_session_reported() -> None:
    reported = Remembered(DOWN, NOW, 2, NOW + 60, reported=NOW)
    lately = learnt(reported, OK, NOW + 61, "free", 0.5)
    assert (lately.failures, lately.until) == (2, None)
    assert learnt(reported, OK, NOW + 3601, "free", 0.5).failures == 0


def test_a_memory_that_is_not_used_opens_no_store(tmp_path: Path) -> None:
    Memory(tmp_path / "state", pytest.fail)
    assert not (tmp_path / "state").exists()


def test_what_one_launch_learnt_the_next_one_knows(tmp_path: Path) -> None:
    one, two = Memory(tmp_path, pytest.fail), Memory(tmp_path, pytest.fail)
    question = one.question("https://a.example", "m", Secret("key"))
    assert question == two.question("https://a.example", "m", Secret("key"))
    found = learnt(None, OK, NOW, "free", 0.5)
    one.remember(question, "eu", found)
    assert two.recall([question, ""]) == {question: found}
    assert (two.launched(Launch(NOW, "acme")), one.launched(Launch(NOW, "acme"))) == (1, 2)
    assert (two.tidy(NOW), one.tidy(NOW)) == (True, False)


def test_a_store_that_breaks_is_said_once_and_then_done_without(tmp_path: Path) -> None:
    said: list[str] = []
    memory = Memory(tmp_path, said.append)
    question = memory.question("https://a.example", "m", Secret("key"))
    assert memory.store is not None
    memory.store._connection.execute("DROP TABLE verdict")
    assert memory.recall([question]) == {}
    memory.remember(question, "eu", Remembered(OK, NOW))
    assert not memory.launched(Launch(NOW, "acme"))
    assert memory.question("https://a.example", "m", Secret("key")) == ""
    assert said == [f"{tmp_path / FILE} is damaged; nothing is remembered"]
    assert Memory(tmp_path, pytest.fail).question("https://a.example", "m", Secret("key"))
