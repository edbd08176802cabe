"""Clocks that jump, daylight saving, a store from another version: no launch is worse for it.

Real launches, whose interpreter reads the clock that a test sets: `sitecustomize` adds
an offset, read anew at each look, to what `time.time` says.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from burst import state_of
from ccwrap.gateways.simulated import WELL, Setup, refuses, slow
from ccwrap.health import ejection, schema
from ccwrap.health.opening import FILE
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import SimulatedGateway
    from running import Ran
    from sandbox import Sandbox
    from starting import StartGateway

CLOCK: Final = """
import os, time
real = time.time
def shifted():
    with open(os.environ["TEST_CLOCK"]) as file:
        return real() + float(file.read())
time.time = shifted
"""
HOUR: Final = 3600.0
YEAR: Final = 365 * 86400.0
JUMPS: Final = {
    "a year back": -YEAR,
    "an hour back": -HOUR,
    "ten seconds back": -10.0,
    "an hour ahead": HOUR,
    "a year ahead": YEAR,
    "a thousand years ahead": 1000 * YEAR,
}
FAR: Final = {name: jump for name, jump in JUMPS.items() if abs(jump) > ejection.LATEST}
jumps: Final = pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
far_jumps: Final = pytest.mark.parametrize("jump", FAR.values(), ids=FAR)


class World:
    """Two gateways, `first` before `second`, and the clock that launches see."""

    def __init__(self, sandbox: Sandbox, start: StartGateway) -> None:
        self.sandbox = sandbox
        self.first: SimulatedGateway = start(Setup(keys=(KEY,)))
        self.second: SimulatedGateway = start(Setup(keys=(KEY,)))
        self.route()
        claude = '#!/bin/sh\necho "$ANTHROPIC_BASE_URL"\n'
        self.clock = sandbox.home / "clock"
        sandbox.write(sandbox.home / "site" / "sitecustomize.py", CLOCK)
        sandbox.environment |= {
            "CCWRAP_CLAUDE": str(sandbox.write(sandbox.claude, claude, 0o755)),
            "PYTHONPATH": str(sandbox.home / "site"),
            "TEST_CLOCK": str(self.clock),
        }
        self.set(0.0)

    def route(self, top: str = "") -> None:
        urls = {"first": self.first.url, "second": self.second.url}
        routed(self.sandbox, urls, top)

    def set(self, offset: float) -> None:
        """Let every look at the clock, also of what runs already, see another time."""
        new = self.clock.with_suffix(".new")
        new.write_text(repr(offset))
        os.replace(new, self.clock)

    def launch(self, **env: str) -> str:
        """The route that a launch takes, in silence."""
        ran = self.sandbox.run_ccwrap("-p", "x", env=env).expect()
        assert ran.err == ""
        return self.name(ran.out)

    def name(self, out: str) -> str:
        return {self.first.url: "first", self.second.url: "second"}[out.strip()]

    def begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [script("ccwrap"), "-p", "x"],
            env=self.sandbox.environment,
            cwd=self.sandbox.project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @property
    def asked(self) -> int:
        """How often `first` was probed: every probe begins with one keyless request."""
        return sum(one.method == "GET" for one in self.first.log)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements on the store; the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with contextlib.closing(sqlite3.connect(state_of(self.sandbox) / FILE)) as store:
            for statement in statements:
                rows = store.execute(statement).fetchall()
            store.commit()
        return rows

    def reports(self) -> list[Ran]:
        """What a person looks at, after which nothing is wrong."""
        commands = (["history"], ["sessions"], ["explain"], ["check"])
        return [self.sandbox.run_ccroute(*command).expect() for command in commands]


@pytest.fixture
def world(bare_sandbox: Sandbox, gateway: StartGateway) -> World:
    return World(bare_sandbox, gateway)


@jumps
def test_a_jump_costs_one_question_there_and_at_most_one_on_the_way_back(
    world: World, jump: float
) -> None:
    assert world.launch() == "first"
    for offset in (jump, 0.0):
        world.set(offset)
        world.first.clear()
        assert [world.launch() for _ in range(3)] == ["first"] * 3
        assert world.asked <= 1
    world.reports()


@far_jumps
def test_a_route_that_was_left_alone_at_another_time_comes_back(world: World, jump: float) -> None:
    """Whether the clock that said until when ran ahead, or behind."""
    world.set(jump)
    world.first.behaviour = refuses(503)
    assert world.launch() == "second"
    world.first.behaviour = WELL
    world.set(0.0)
    assert world.launch() == "first"


@pytest.mark.parametrize(
    ("said", "most"),
    [
        ("86400", 900),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 900),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
        ("Sun, 01 Nov 2026 01:30:00 -0400", 900),
        ("-5", 300),
        ("nan", 300),
        ("inf", 300),
        ("1e309", 300),
        ("9" * 40, 300),
    ],
)
def test_no_retry_after_leaves_a_route_alone_for_more_than_a_quarter_of_an_hour(
    world: World, said: str, most: float
) -> None:
    world.first.behaviour = refuses(429, retry_after=said)
    assert world.launch() == "second"
    ((checked, until),) = world.sql(
        "SELECT checked, until FROM verdict WHERE name = 'rate_limited'"
    )
    assert 1 <= until - checked <= most


@jumps
def test_a_clock_that_jumps_in_mid_probe_holds_nobody_up(world: World, jump: float) -> None:
    """The one that asks, and those who wait for its answer."""
    world.first.behaviour = slow(0.7)
    began = time.monotonic()
    launches = [world.begin()]
    while not world.asked:
        assert launches[0].poll() is None
    launches += [world.begin() for _ in range(3)]
    world.set(jump)
    ended = [launch.communicate(timeout=60) for launch in launches]
    assert time.monotonic() - began < 20
    assert [launch.returncode for launch in launches] == [0] * 4
    assert [(world.name(out.decode()), err) for out, err in ended] == [("first", b"")] * 4
    for offset in (jump, 0.0):
        world.set(offset)
        assert world.launch() == "first"


@pytest.mark.parametrize("policy", ["ordered", "fastest", "balanced"])
@pytest.mark.parametrize("moment", [1e18, -1e18, 1e308, 0], ids=repr)
def test_rows_of_no_possible_time_do_no_harm(world: World, policy: str, moment: float) -> None:
    world.route(f'policy = "{policy}"')
    before = world.launch()
    world.sql(
        f"UPDATE verdict SET checked = {moment!r}, reported = {moment!r}",
        f"UPDATE sample SET time = {moment!r}",
        f"UPDATE launch SET time = {moment!r}, pid_started = {moment!r}",
        f"UPDATE standing SET time = {moment!r}",
        f"INSERT OR REPLACE INTO keep VALUES ('tidied', {moment!r})",
    )
    assert [world.launch() for _ in range(2)] == [before] * 2
    world.sql(f"UPDATE verdict SET until = {moment!r}, failures = 9, name = 'overloaded'")
    assert [world.launch() for _ in range(2)] == [before] * 2
    world.reports()


def test_a_clock_that_runs_a_year_ahead_for_one_launch_costs_no_history(world: World) -> None:
    for _ in range(3):
        world.launch()
    for offset in (YEAR, 0.0):
        world.set(offset)
        world.launch()
    assert world.sql("SELECT count(*) FROM launch") == [(5,)]
    assert world.sql("SELECT count(*) FROM sample")[0][0] >= 2


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 10, 31, 1, tzinfo=UTC)),
    ],
    ids=["back", "ahead", "back, east"],
)
def test_daylight_saving_makes_no_verdict_older_and_no_ejection_longer(
    world: World, zone: str, change: datetime
) -> None:
    at = change.timestamp() - time.time()
    world.sandbox.environment["TZ"] = zone
    world.first.behaviour = refuses(429, retry_after="40")
    world.set(at - 20)
    assert world.launch() == "second"
    world.first.clear()
    world.set(at + 1)
    assert world.launch() == "second"
    assert world.launch(TZ="Pacific/Kiritimati") == "second"
    assert world.asked == 0
    world.first.behaviour = WELL
    world.set(at + 30)
    assert world.launch() == "first"
    world.reports()


def test_a_store_of_a_newer_version_is_left_as_it_is(world: World) -> None:
    world.launch()
    world.sql(
        "ALTER TABLE verdict RENAME TO judgement",
        "DROP TABLE sample",
        f"PRAGMA user_version = {schema.VERSION + 7}",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    )
    file = state_of(world.sandbox) / FILE
    before = file.read_bytes()
    ran = world.sandbox.run_ccwrap("-p", "x").expect()
    assert world.name(ran.out) == "first"
    assert len(ran.err.splitlines()) == 1
    assert "was written by a newer ccwrap and is left alone; nothing is remembered" in ran.err
    wrapped = world.sandbox.run_ccwrap(world.sandbox.environment["CCWRAP_CLAUDE"], "-p", "x")
    assert (world.name(wrapped.expect().out), wrapped.err) == ("first", "")
    world.sandbox.run_ccroute("check").expect()
    for command in ("history", "sessions", "forget"):
        assert "a newer ccwrap" in world.sandbox.run_ccroute(command).expect(78).err
    assert world.sandbox.run_ccroute("statusline", input=b"{}").expect().err == ""
    assert file.read_bytes() == before
