from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from routing import routed

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway


@pytest.fixture
def two(bare_sandbox: Sandbox, gateway: StartGateway) -> Sandbox:
    routed(bare_sandbox, {"first": gateway().url, "second": gateway().url})
    return bare_sandbox


def chosen(sandbox: Sandbox) -> object:
    return sandbox.run_ccroute("check", "--json").expect().json["chosen"]


def test_a_pin_holds_for_the_project_until_it_is_taken_back(two: Sandbox) -> None:
    assert two.run_ccroute("use").expect().out == "not pinned: every launch chooses\n"
    assert two.run_ccroute("use", "second").expect().out == "pinned to second\n"
    below = two.project / "src"
    below.mkdir()
    assert two.run_ccroute("use", cwd=below).expect().out == "pinned to second\n"
    assert chosen(two) == "second"
    assert two.run_ccroute("use", "--auto").expect().out == "not pinned: every launch chooses\n"
    assert chosen(two) == "first"


def test_a_pin_may_end_by_itself(two: Sandbox) -> None:
    out = two.run_ccroute("use", "second", "--for", "1h").expect().out
    assert re.fullmatch(r"pinned to second until \d\d:\d\d\n", out)
    assert two.run_ccroute("use", "--json").expect().json["pinned"] == "second"
    file = two.home / ".local" / "state" / "ccwrap" / "pins.json"
    text = file.read_text()
    (until,) = {value for value in _numbers(json.loads(text)) if value > 1e9}
    file.write_text(text.replace(json.dumps(until), "1000000001"))
    assert two.run_ccroute("use", "--json").expect().json["pinned"] is None


def test_a_pin_that_is_not_allowed_yet_says_so(two: Sandbox) -> None:
    file = two.project / ".ccroute"
    file.write_text(file.read_text() + '\n[[route]]\nkind = "anthropic"\n')
    out = two.run_ccroute("use", "anthropic").expect().out
    assert out == "pinned to anthropic\nanthropic is not allowed yet: ccroute trust anthropic\n"


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in _numbers(inner)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_another_project_is_not_pinned(two: Sandbox) -> None:
    two.run_ccroute("use", "second").expect()
    other = two.home / "work" / "other"
    other.mkdir()
    (other / ".ccroute").write_text((two.project / ".ccroute").read_text())
    assert two.run_ccroute("use", cwd=other).expect().out.startswith("not pinned")


def test_it_says_where_the_environment_counts_first(two: Sandbox) -> None:
    out = two.run_ccroute("use", "second", env={"CCWRAP_ROUTE": "first"}).expect().out
    assert "CCWRAP_ROUTE='first' is set, and counts first" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["third"], "no route is called 'third'; there are first, second"),
        (["first", "--auto"], "either a route"),
        (["--for", "2h"], "either a route"),
        (["first", "--for", "soon"], "--for soon: "),
        (["first", "--for", "2"], "--for 2: is no duration\n  fix: write it like 2h\n"),
        (["first", "--for", "0s"], "--for 0s: "),
    ],
    ids=["unknown", "both", "time without a route", "no duration", "no unit", "too short"],
)
def test_what_makes_no_sense_exits_2_and_pins_nothing(
    two: Sandbox, arguments: list[str], says: str
) -> None:
    assert says in two.run_ccroute("use", *arguments).expect(2).err
    assert two.run_ccroute("use", "--json").expect().json["pinned"] is None
