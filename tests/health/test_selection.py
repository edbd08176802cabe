"""The policies: which candidate wins, and when no answer could change that any more."""

from __future__ import annotations

import pytest

from ccwrap.gateways.verdict import ASKED, UNASKED, USABLE, Verdict
from ccwrap.health.selection import Considered, Past, choose, settled
from ccwrap.routes.schema import Route


def considered(*verdicts: str, weights: tuple[float, ...] = ()) -> list[Considered]:
    routes = [
        Route(f"r{place}", "generic", "https://h", "auth_token", weight=weight)
        for place, weight in enumerate(weights or (1,) * len(verdicts))
    ]
    return [Considered(route, Verdict(name)) for route, name in zip(routes, verdicts, strict=True)]


@pytest.mark.parametrize(
    ("verdicts", "chosen"),
    [
        (["ok", "ok"], "r0"),
        (["unreachable", "ok", "ok"], "r1"),
        (["inconclusive", "ok"], "r1"),
        (["overloaded", "rate_limited", "inconclusive"], "r2"),
        (["overloaded", "rate_limited"], "r1"),
        (["auth_failed", "overloaded"], "r1"),
        (["untrusted", "no_credential", "disabled", "ok"], "r3"),
        (["auth_failed", "no_credit"], None),
        ([], None),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else str(value),
)
def test_ordered_takes_the_best_verdict_and_among_equals_the_first(
    verdicts: list[str], chosen: str | None
) -> None:
    choice = choose("ordered", considered(*verdicts))
    assert (choice.chosen.route.name if choice.chosen else None) == chosen


@pytest.mark.parametrize("verdict", [*ASKED, *UNASKED])
def test_only_the_usable_verdicts_are_used(verdict: str) -> None:
    assert (choose("ordered", considered(verdict)).chosen is not None) == (verdict in USABLE)


def test_a_pin_leaves_no_other_candidate() -> None:
    assert choose("ordered", considered("ok", "ok"), "r1").reason == "pinned to r1"
    refused = choose("ordered", considered("ok", "auth_failed"), "r1")
    assert refused.chosen is None
    assert refused.reason == "pinned to r1, which can't be used"


@pytest.mark.parametrize(
    ("verdicts", "is_settled"),
    [
        (["ok", None], True),
        ([None, "ok"], False),
        (["unreachable", "ok", None], True),
        (["inconclusive", None], False),
        (["rate_limited", "ok", None], True),
        (["unreachable", "auth_failed"], True),
        ([None], False),
        ([], True),
    ],
    ids=str,
)
def test_ordered_is_settled_as_soon_as_no_better_candidate_can_win(
    verdicts: list[str | None], is_settled: bool
) -> None:
    assert settled("ordered", [Verdict(v) if v else None for v in verdicts]) is is_settled


@pytest.mark.parametrize(
    ("live", "weights", "chosen"),
    [
        ({}, (1, 1), "r0"),
        ({"r0": 1}, (1, 1), "r1"),
        ({"r0": 1, "r1": 1}, (1, 1), "r0"),
        ({}, (1, 3), "r1"),
        ({"r1": 2}, (1, 3), "r0"),
        ({"r0": 1, "r1": 2}, (1, 3), "r1"),
        ({"gone": 9}, (1, 1), "r0"),
    ],
)
def test_balanced_takes_the_fewest_live_sessions_for_its_weight(
    live: dict[str, int], weights: tuple[float, ...], chosen: str
) -> None:
    choice = choose("balanced", considered("ok", "ok", weights=weights), past=Past(live=live))
    assert choice.chosen
    assert choice.chosen.route.name == chosen
    assert choice.reason.startswith("balanced: fewest sessions for its weight (")


def test_balanced_fills_gateways_by_their_weights() -> None:
    live = dict.fromkeys(("r0", "r1", "r2"), 0)
    for _ in range(60):
        choice = choose(
            "balanced", considered("ok", "ok", "ok", weights=(1, 2, 3)), past=Past(live=live)
        )
        assert choice.chosen
        live[choice.chosen.route.name] += 1
    assert live == {"r0": 10, "r1": 20, "r2": 30}


def test_balanced_leaves_a_gateway_that_is_not_as_well_as_the_others() -> None:
    choice = choose("balanced", considered("overloaded", "ok"), past=Past(live={"r1": 50}))
    assert choice.chosen
    assert choice.chosen.route.name == "r1"


@pytest.mark.parametrize("policy", ["ordered", "fastest", "balanced"])
def test_a_resumed_session_returns_to_its_route(policy: str) -> None:
    choice = choose(policy, considered("ok", "inconclusive"), past=Past(returning="r1"))
    assert choice.chosen
    assert choice.reason == "the session ran on r1; verdict inconclusive"


@pytest.mark.parametrize("verdict", ["overloaded", "rate_limited", "auth_failed", "untrusted"])
def test_a_resumed_session_goes_elsewhere_where_its_route_is_not_well(verdict: str) -> None:
    choice = choose("ordered", considered(verdict, "ok"), past=Past(returning="r0"))
    assert choice.chosen
    assert choice.chosen.route.name == "r1"


def test_a_resumed_session_stays_where_nothing_better_is_there() -> None:
    choice = choose("ordered", considered("overloaded", "auth_failed"), past=Past(returning="r0"))
    assert choice.chosen
    assert choice.chosen.route.name == "r0"


def test_a_pin_counts_more_than_a_resumed_session() -> None:
    choice = choose("ordered", considered("ok", "ok"), "r0", Past(returning="r1"))
    assert choice.chosen
    assert choice.chosen.route.name == "r0"


@pytest.mark.parametrize(
    ("policy", "verdicts", "is_settled"),
    [
        ("ordered", [None, "ok"], True),
        ("fastest", [None, "inconclusive"], True),
        ("ordered", ["ok", None], False),
        ("ordered", ["ok", "auth_failed", None], True),
        ("fastest", ["ok", "overloaded", None], False),
    ],
    ids=str,
)
def test_a_resumed_session_waits_for_its_own_route_alone(
    policy: str, verdicts: list[str | None], is_settled: bool
) -> None:
    found = [Verdict(v) if v else None for v in verdicts]
    assert settled(policy, found, returning=1) is is_settled


@pytest.mark.parametrize("policy", ["fastest", "balanced"])
def test_the_other_policies_wait_for_every_answer(policy: str) -> None:
    assert not settled(policy, [Verdict("ok"), None])
    assert settled(policy, [Verdict("ok"), Verdict("ok")])
