"""`fastest`: equal gateways don't take turns, and one that gets slow is left."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest

from ccwrap.gateways.verdict import Verdict
from ccwrap.health.latency import smoothed
from ccwrap.health.records import Standing
from ccwrap.health.selection import Choice, Considered, Past, choose
from ccwrap.routes.schema import Route

WORLDS = 100


def route(name: str) -> Route:
    return Route(name, "generic", f"https://{name}", "auth_token")


def candidate(
    name: str, ms: float | None, now: float | None = None, verdict: str = "ok", checked: float = 1
) -> Considered:
    """A candidate that takes `ms` over time, and took `now` when last measured."""
    found = Verdict(verdict, latency_ms=ms if now is None else now)
    return Considered(route(name), found, smoothed_ms=ms, checked=checked)


def fastest(*candidates: Considered, standing: Standing | None = None) -> Choice:
    return choose("fastest", candidates, past=Past(standing or Standing()))


def chosen(choice: Choice) -> str:
    assert choice.chosen
    return choice.chosen.route.name


def test_the_shortest_round_trip_is_chosen_where_nobody_ran_before() -> None:
    choice = fastest(candidate("a", 90), candidate("b", 40), candidate("c", None))
    assert chosen(choice) == "b"
    assert choice.standing == Standing("b", seen=1)
    assert choice.reason == "fastest: shortest round trip; verdict ok"


@pytest.mark.parametrize(
    ("held", "other", "leaves"),
    [
        (100.0, 49.0, True),
        (100.0, 51.0, False),
        (400.0, 299.0, True),
        (400.0, 301.0, False),
        (None, 200.0, True),
        (200.0, None, False),
        (None, None, False),
    ],
)
def test_the_incumbent_is_left_for_a_clear_gain_that_is_seen_twice(
    held: float | None, other: float | None, leaves: bool
) -> None:
    once = fastest(candidate("a", held), candidate("b", other), standing=Standing("a"))
    assert chosen(once) == "a"
    again = (candidate("a", held, checked=2), candidate("b", other, checked=2))
    assert chosen(fastest(*again, standing=once.standing)) == ("b" if leaves else "a")


def test_a_launch_that_measured_nothing_new_sees_nothing() -> None:
    both = (candidate("a", 900), candidate("b", 100))
    choice = fastest(*both, standing=Standing("a", "b", 1, seen=1))
    assert (chosen(choice), choice.standing) == ("a", None)


def test_a_gain_that_is_only_remembered_is_not_seen_again() -> None:
    choice = fastest(
        candidate("a", 500, now=100), candidate("b", 100), standing=Standing("a", "b", 1)
    )
    assert (chosen(choice), choice.standing) == ("a", Standing("a", seen=1))


def test_an_incumbent_that_is_not_well_is_left_at_once() -> None:
    both = (candidate("a", 20, verdict="overloaded"), candidate("b", 900))
    choice = fastest(*both, standing=Standing("a"))
    assert (chosen(choice), choice.standing) == ("b", Standing("b", seen=1))


class World(NamedTuple):
    """Simulated gateways with these median round trips, milliseconds."""

    random: Random
    medians: list[float]

    def round_trip(self, median: float) -> float:
        """Log-normal; one in twenty takes three to eight times as long."""
        trip = median * self.random.lognormvariate(0, 0.35)
        return trip * self.random.uniform(3, 8) if self.random.random() < 0.05 else trip

    def launches(self, count: int, past: Past, paces: dict[str, float]) -> tuple[Past, list[str]]:
        """So many launches after `past`, each with a new probe; who ran."""
        ran = []
        for checked in range(1, count + 1):
            candidates = []
            for place, median in enumerate(self.medians):
                name = f"r{place}"
                trip = min(self.round_trip(median), self.round_trip(median))
                paces[name] = smoothed(paces.get(name), trip)
                candidates.append(candidate(name, paces[name], trip, checked=checked))
            choice = choose("fastest", candidates, past=past)
            past = Past(choice.standing or past.standing)
            ran.append(chosen(choice))
        return past, ran


@pytest.mark.parametrize("gateways", [2, 3, 5])
@pytest.mark.parametrize("median", [20.0, 60.0, 120.0, 300.0, 800.0])
def test_equal_gateways_change_at_most_once_in_a_hundred_launches(
    gateways: int, median: float
) -> None:
    changes = 0
    for seed in range(WORLDS):
        _, ran = World(Random(seed), [median] * gateways).launches(100, Past(), {})
        changes += sum(one != other for one, other in pairwise(ran))
    assert changes / WORLDS <= 1


@pytest.mark.parametrize("gateways", [2, 3, 5])
@pytest.mark.parametrize("median", [60.0, 120.0, 300.0, 800.0])
def test_a_gateway_that_turns_four_times_slower_is_left_within_three_launches(
    gateways: int, median: float
) -> None:
    left = 0
    for seed in range(WORLDS):
        world = World(Random(seed), [median] * gateways)
        paces: dict[str, float] = {}
        past, ran = world.launches(20, Past(), paces)
        past = Past(past.standing._replace(seen=0))
        world.medians[int(ran[-1][1:])] *= 4
        left += world.launches(3, past, paces)[1][-1] != ran[-1]
    assert left >= 0.95 * WORLDS
