"""The policies: which candidate wins, and when no answer could change that any more."""

from __future__ import annotations

import pytest

from ccwrap.gateways.verdict import ASKED, UNASKED, USABLE, Verdict
from ccwrap.health.selection import Considered, choose, settled
from ccwrap.routes.schema import Route


def considered(*verdicts: str) -> list[Considered]:
    return [
        Considered(Route(f"r{place}", "generic", "https://h", "auth_token"), Verdict(name))
        for place, name in enumerate(verdicts)
    ]


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
