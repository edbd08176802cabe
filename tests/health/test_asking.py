"""A round of asking, with a probe that says what the test wants and counts who was asked."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ccwrap.errors import SettingError
from ccwrap.gateways.verdict import Verdict
from ccwrap.health import asking, live, selection
from ccwrap.health.asking import Subject, Terms
from ccwrap.health.flight import Flights
from ccwrap.health.memory import Memory, learnt
from ccwrap.health.opening import FILE
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ccwrap.health.records import Remembered

OK = Verdict("ok", "well", latency_ms=40.0, phase="model")
DOWN = Verdict("unreachable", "refused", phase="connect")
LIMITED = Verdict("rate_limited", "wait", phase="auth", retry_after=17.0)


class World:
    """Three gateways, a clock, and what launches share."""

    def __init__(self, folder: Path, **answers: Verdict) -> None:
        self.folder = folder
        self.answers: dict[str, Verdict] = {"a": OK, "b": OK, "c": OK, **answers}
        self.asked: list[str] = []
        self.now = 1_800_000_000.0
        self.gates: dict[str, threading.Event] = {}

    def memory(self) -> Memory:
        return Memory(self.folder / "state", pytest.fail)

    def subjects(self, names: str, memory: Memory) -> dict[str, Subject]:
        return {
            name: Subject(memory.question(f"https://{name}.example", "", Secret("k")), (name,))
            for name in names
        }

    def probe(self, names: Sequence[str], seconds: float) -> Iterator[tuple[str, Verdict]]:
        assert seconds > 0
        self.asked += names
        for name in names:
            if name in self.gates:
                self.gates[name].wait(30)
            yield name, self.answers[name]

    def terms(self, *, limit: float = 30.0, fresh_for: float = 60.0, afresh: bool = False) -> Terms:
        return Terms(
            probe=self.probe,
            settled=partial(selection.settled, "ordered"),
            flights=lambda: Flights([self.folder / "state"]),
            seconds=lambda limit, _spare: limit,
            limit=limit,
            fresh_for=fresh_for,
            depth="free",
            afresh=afresh,
            clock=lambda: self.now,
        )

    def launch(self, names: str = "ab", terms: Terms | None = None) -> dict[str, str]:
        """What one launch finds, by name: a verdict's name, "" where it didn't wait for it."""
        self.asked = []
        memory = self.memory()
        found = asking.ask(self.subjects(names, memory), memory, terms or self.terms())
        return {name: one.verdict.name if one else "" for name, one in found.items()}

    def known(self, names: str = "abc") -> Mapping[str, Remembered]:
        memory = self.memory()
        subjects = self.subjects(names, memory)
        found = memory.recall([one.question for one in subjects.values()])
        return {
            name: found[one.question] for name, one in subjects.items() if one.question in found
        }


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_was_just_asked_is_not_asked_again(world: World) -> None:
    world.launch("a")
    world.now += 59
    assert world.launch("a") == {"a": "ok"}
    assert world.asked == []
    world.now += 2
    world.launch("a")
    assert world.asked == ["a"]


def test_a_fresh_first_route_leaves_the_others_in_peace(world: World) -> None:
    world.launch("a")
    assert world.launch("abc") == {"a": "ok", "b": "", "c": ""}
    assert world.asked == []


def test_a_route_that_failed_is_left_alone_and_then_tried(world: World) -> None:
    world.answers["a"] = DOWN
    assert world.launch() == {"a": "unreachable", "b": "ok"}
    world.answers["a"] = OK
    world.now += 5
    assert world.launch() == {"a": "unreachable", "b": "ok"}
    assert world.asked == []
    world.now += 31
    assert world.launch() == {"a": "ok", "b": "ok"}
    assert world.asked == ["a"]
    assert world.known()["a"].failures == 0


def test_while_one_launch_tries_the_others_go_elsewhere(world: World) -> None:
    world.answers["a"] = DOWN
    world.launch()
    world.now += 40
    trial = Flights([world.folder / "state"])
    flight = trial.flight("a")
    assert flight is not None
    assert flight.lead()
    assert world.launch() == {"a": "unreachable", "b": "ok"}
    assert world.asked == []


def test_a_launch_that_was_stopped_while_it_tried_is_followed_by_another(world: World) -> None:
    world.answers["a"] = DOWN
    world.launch()
    world.answers["a"] = OK
    world.now += 40
    flight = Flights([world.folder / "state"]).flight("a")
    assert flight is not None
    assert flight.lead()
    assert world.launch() == {"a": "unreachable", "b": "ok"}
    os.utime(flight._descriptor, (1_000_000_000, 1_000_000_000))
    assert world.launch() == {"a": "ok", "b": "ok"}
    assert world.asked == ["a"]


def test_a_trial_of_a_later_route_is_not_needed_while_an_earlier_one_is_fresh(world: World) -> None:
    world.answers["b"] = DOWN
    world.launch("b")
    world.launch("a")
    world.now += 40
    assert world.launch("ab") == {"a": "ok", "b": "unreachable"}
    assert world.asked == []


def test_with_every_route_left_alone_all_are_asked_now(world: World) -> None:
    world.answers |= {"a": DOWN, "b": DOWN}
    assert world.launch() == {"a": "unreachable", "b": "unreachable"}
    assert world.asked == ["a", "b"]
    world.answers["b"] = OK
    assert world.launch() == {"a": "unreachable", "b": "ok"}
    assert world.asked == ["a", "b"]


def test_a_limited_route_that_is_the_only_one_left_is_asked_each_time(world: World) -> None:
    world.answers |= {"a": LIMITED, "b": DOWN}
    for _ in range(2):
        assert world.launch() == {"a": "rate_limited", "b": "unreachable"}
        assert "a" in world.asked
    assert world.known()["a"].failures == 1


def test_afresh_asks_everything_and_brings_back_what_is_well(world: World) -> None:
    world.answers["a"] = DOWN
    world.launch()
    world.answers["a"] = OK
    assert world.launch("a", world.terms(afresh=True)) == {"a": "ok"}
    assert world.asked == ["a"]
    assert world.known()["a"].until is None


@pytest.mark.parametrize("hours", [-20_000, -1, 1, 20_000])
def test_a_clock_that_jumps_costs_a_question_and_no_more(world: World, hours: int) -> None:
    world.answers["a"] = DOWN
    world.launch()
    world.answers["a"] = OK
    world.now += hours * 3600
    assert world.launch()["a"] == "ok"
    assert "a" in world.asked
    world.now += 1
    assert world.launch()["a"] == "ok"
    assert world.asked == []


def test_many_launches_at_once_ask_each_gateway_once(world: World) -> None:
    world.gates = {"a": threading.Event(), "b": threading.Event()}
    asked: list[str] = []
    found: list[dict[str, Remembered | None]] = []
    meet = threading.Barrier(11)

    def probe(names: Sequence[str], seconds: float) -> Iterator[tuple[str, Verdict]]:
        asked.extend(names)
        return World.probe(world, names, seconds)

    def launch() -> None:
        memory = world.memory()
        subjects = world.subjects("ab", memory)
        assert memory.store is not None
        meet.wait(30)
        found.append(asking.ask(subjects, memory, world.terms()._replace(probe=probe)))

    threads = [threading.Thread(target=launch) for _ in range(10)]
    for thread in threads:
        thread.start()
    meet.wait(30)
    world.gates["b"].set()
    world.gates["a"].set()
    for thread in threads:
        thread.join(30)
    assert sorted(asked) == ["a", "b"]
    assert [one["a"] and one["a"].verdict.name for one in found] == ["ok"] * 10


def test_an_asker_that_left_without_an_answer_is_followed_by_the_next(world: World) -> None:
    meeting = Flights([world.folder / "state"])
    flight = meeting.flight("a")
    assert flight is not None
    assert flight.lead()
    done: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: done.append(world.launch("a")))
    thread.start()
    flight.let_go()
    thread.join(30)
    assert done == [{"a": "ok"}]


def test_an_asker_that_hangs_is_waited_for_only_so_long(world: World) -> None:
    meeting = Flights([world.folder / "state"])
    flight = meeting.flight("a")
    assert flight is not None
    assert flight.lead()
    assert world.launch("a", world.terms(limit=0.05)) == {"a": "ok"}
    assert world.asked == ["a"]


def test_an_asker_that_has_hung_for_long_is_hardly_waited_for(world: World) -> None:
    flight = Flights([world.folder / "state"]).flight("a")
    assert flight is not None
    assert flight.lead()
    os.utime(flight._descriptor, (1_000_000_000, 1_000_000_000))
    began = time.monotonic()
    assert world.launch("a") == {"a": "ok"}
    assert world.asked == ["a"]
    assert time.monotonic() - began < 15


def test_what_is_found_while_it_is_waited_for_counts_however_short_a_verdict_is_fresh(
    world: World,
) -> None:
    flight = Flights([world.folder / "state"]).flight("a")
    assert flight is not None
    assert flight.lead()
    done: list[dict[str, str]] = []
    terms = world.terms(fresh_for=0)
    thread = threading.Thread(target=lambda: done.append(world.launch("a", terms)))
    thread.start()
    flight.hand_over(learnt(None, OK, world.now, "free", 0.5))
    thread.join(30)
    assert (done, world.asked) == ([{"a": "ok"}], [])
    world.now += 0.1
    assert world.launch("a", terms) == {"a": "ok"}
    assert world.asked == ["a"]


def test_of_many_that_waited_in_vain_one_asks(world: World) -> None:
    meeting = Flights([world.folder / "state"])
    hung, next_one = meeting.flight("a"), meeting.flight("a", asking.AGAIN)
    assert hung is not None
    assert next_one is not None
    assert (hung.lead(), next_one.lead()) == (True, True)
    done: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: done.append(world.launch("a", world.terms(limit=1))))
    thread.start()
    next_one.hand_over(learnt(None, OK, world.now, "free", 0.5))
    thread.join(30)
    assert done == [{"a": "ok"}]
    assert world.asked == []


def test_what_another_launch_just_handed_over_is_not_asked_again(world: World) -> None:
    meeting = Flights([world.folder / "state"])
    flight = meeting.flight("a")
    assert flight is not None
    flight.hand_over(learnt(None, OK, world.now, "free", 0.5))
    assert world.launch("a") == {"a": "ok"}
    assert world.asked == []


def test_what_a_session_reported_since_outranks_what_was_handed_over(world: World) -> None:
    world.launch("a")
    memory = world.memory()
    (subject,) = world.subjects("a", memory).values()
    assert memory.store is not None
    memory.store.report(subject.question, "server_error", "s", world.now + 1)
    world.now += 2
    assert world.launch() == {"a": "overloaded", "b": "ok"}
    assert world.asked == ["b"]


@pytest.mark.parametrize("asked_already", [False, True])
def test_a_machine_that_starts_no_more_threads_asks_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, asked_already: bool
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    flight = Flights([world.folder / "state"]).flight("a")
    assert flight is not None
    assert not asked_already or flight.lead()
    monkeypatch.setattr(threading.Thread, "start", start)
    assert world.launch("a", world.terms(limit=0.05)) == {"a": "ok"}
    assert world.asked == ["a"]


def test_without_a_store_and_without_a_place_to_meet_everyone_asks(world: World) -> None:
    (world.folder / "state").write_text("no folder")
    said: list[str] = []
    memory = Memory(world.folder / "state", said.append)
    for _ in range(2):
        found = asking.ask({"a": Subject("", ("a",))}, memory, world.terms())
        assert found["a"] is not None
    assert world.asked == ["a", "a"]


def test_without_a_store_only_those_who_start_together_share_an_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "age", lambda: 0.2)
    (world.folder / "state" / FILE).mkdir(parents=True)
    flight = Flights([world.folder / "state"]).flight("a")
    assert flight is not None
    flight.hand_over(learnt(None, OK, world.now, "free", 0.5))
    for wait, asked in ((2, []), (1, ["a"])):
        world.now += wait
        said: list[str] = []
        memory = Memory(world.folder / "state", said.append)
        found = asking.ask({"a": Subject("", ("a",))}, memory, world.terms(limit=2.5))
        assert found["a"] is not None
        assert (world.asked, len(said)) == (asked, 1)


def test_what_was_not_really_asked_is_not_remembered(world: World) -> None:
    world.answers["a"] = Verdict("inconclusive", "not asked: probing is off")
    world.launch("a")
    assert world.known() == {}
    assert world.launch("a") == {"a": "inconclusive"}


def test_a_fault_in_the_way_there_stops_the_launch(world: World) -> None:
    def probe(names: Sequence[str], seconds: float) -> Iterator[tuple[str, Verdict]]:
        raise SettingError("the proxy's address makes no sense")

    with pytest.raises(SettingError, match="proxy"):
        world.launch("a", world.terms()._replace(probe=probe))


class Silent:
    """A probe whose first gateway answers no sooner than the test lets it."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.asked = 0

    def __call__(self, names: Sequence[str], seconds: float) -> Iterator[tuple[str, Verdict]]:
        del seconds
        self.asked += len(names)
        yield "b", OK
        self.gate.wait(30)
        yield "a", OK


def test_a_silent_route_gets_three_fifths_of_its_time_where_another_is_well(world: World) -> None:
    silent = Silent()
    terms = world.terms(limit=0.5)._replace(probe=silent)
    try:
        assert world.launch("ab", terms) == {"a": "unreachable", "b": "ok"}
        verdict = world.known()["a"].verdict
        assert verdict.detail == "no answer within 0.3 s, while another was well"
        assert world.launch("ab", terms) == {"a": "unreachable", "b": "ok"}
        assert silent.asked == 2
    finally:
        silent.gate.set()


def test_a_slow_route_that_answers_has_its_whole_time(world: World) -> None:
    slow = Silent()
    terms = world.terms(limit=0.5)._replace(probe=slow, answering={"a"})
    timer = threading.Timer(0.4, slow.gate.set)
    timer.start()
    assert world.launch("ab", terms) == {"a": "ok", "b": "ok"}
    timer.join()


def test_whoever_asks_for_all_gives_each_its_whole_time(world: World) -> None:
    silent = Silent()
    terms = world.terms(limit=0.1)._replace(probe=silent, share=1.0)
    timer = threading.Timer(0.3, silent.gate.set)
    timer.start()
    assert world.launch("ab", terms) == {"a": "ok", "b": "ok"}
    timer.join()


def test_while_nobody_is_well_a_silent_route_has_its_whole_time(world: World) -> None:
    world.answers |= {"a": LIMITED, "b": OK}
    world.gates["a"] = threading.Event()
    timer = threading.Timer(0.3, world.gates["a"].set)
    timer.start()
    assert world.launch("ab", world.terms(limit=0.1)) == {"a": "rate_limited", "b": "ok"}
    timer.join()


def test_one_that_may_not_wait_for_long_asks_in_the_end_however_many_ask_before_it(
    world: World,
) -> None:
    """Each wait, and its own asking, come out of one time: the wrapper form's."""
    flights = Flights([world.folder / "state"])
    held = [flights.flight("a", *(asking.AGAIN,) * place) for place in range(30)]
    assert all(flight and flight.lead() for flight in held)
    end = time.monotonic() + 1.0
    left: list[float] = []

    def probe(names: Sequence[str], seconds: float) -> Iterator[tuple[str, Verdict]]:
        left.append(seconds)
        yield from world.probe(names, seconds)

    def seconds(limit: float, spare: float) -> float:
        return max(0.1, min(limit, end - spare - time.monotonic()))

    terms = world.terms()._replace(probe=probe, seconds=seconds)
    assert world.launch("a", terms) == {"a": "ok"}
    assert time.monotonic() < end + 0.5
    assert 0.1 < left[0] <= asking.OVERTIME
