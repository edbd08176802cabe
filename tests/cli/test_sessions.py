"""`ccroute sessions`: who runs now, with a real process that ccwrap became."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli.render import columns
from ccwrap.cli.sessions import well_since
from ccwrap.gateways.simulated import Setup
from ccwrap.gateways.verdict import Verdict
from ccwrap.health import live
from ccwrap.health.records import Launch, Sample
from ccwrap.health.store import Store
from ccwrap.places import places
from routing import KEY, routed

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway


@pytest.fixture
def store(bare_sandbox: Sandbox) -> Store:
    return Store.open(places(bare_sandbox.environment).state)


def here(**more: object) -> Launch:
    """A launch that became this very process."""
    began = live.started(os.getpid())
    assert began is not None
    launch = Launch(time.time() - 90, "acme", pid=os.getpid(), pid_started=began, route="eu")
    return launch._replace(**more)  # type: ignore[arg-type]


def test_only_living_sessions_are_listed(bare_sandbox: Sandbox, store: Store) -> None:
    began = time.time() - 1000
    store.launched(here(question="q", session="s", branch="main", folder="/home/ann/acme"))
    store.launched(here(pid=2**22 + 5))
    for place, verdict in enumerate(["ok", "unreachable", "ok", "rate_limited"]):
        store.remember("q", Verdict(verdict), began + place, None, 0, route="eu")
    answer = bare_sandbox.run_ccroute("sessions", "--json").expect().json
    assert answer["version"] == 1
    (session,) = answer["sessions"]
    assert session.pop("age_s") in range(90, 150)
    assert session.pop("started") in range(int(began), int(time.time()))
    assert session == {
        "pid": os.getpid(),
        "project": "acme",
        "folder": "/home/ann/acme",
        "branch": "main",
        "route": "eu",
        "fallback": False,
        "model": None,
        "session": "s",
        "verdict": "rate_limited",
        "healthy_since": round(began + 2),
        "reason": "",
    }
    head, row = bare_sandbox.run_ccroute("sessions").expect().out.splitlines()
    assert head.split() == ["PID", "PROJECT", "ROUTE", "AGE", "HEALTHY"]
    assert row.split() == [str(os.getpid()), "acme", "eu", "1", "min", "for", "16", "min"]


def test_no_session_is_no_error(bare_sandbox: Sandbox) -> None:
    assert (
        bare_sandbox.run_ccroute("sessions").expect().out
        == "No session that ccwrap started runs.\n"
    )
    assert bare_sandbox.run_ccroute("sessions", "--json").expect().json["sessions"] == []


def test_hostile_names_move_no_terminal(bare_sandbox: Sandbox, store: Store) -> None:
    store.launched(here(project="\x1b[2Jacme\nand more", route="e\u202eu"))
    out = bare_sandbox.run_ccroute("sessions").expect().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize("width", [80, 45])
def test_columns_stand_below_their_heads_however_wide_the_letters(
    bare_sandbox: Sandbox, store: Store, width: int
) -> None:
    store.launched(here(project="日本語のプロジェクト", route="a-route-with-a-long-name"))
    with bare_sandbox.terminal("ccroute", "sessions", size=(24, width)) as screen:
        assert screen.wait() == 0
    head, row = screen.text.splitlines()
    age, healthy = head.index("   AGE"), head.index("HEALTHY")
    assert columns(row[: row.index(" 1 min")]) == age
    assert columns(row[: row.index("unknown")]) == healthy
    assert columns(row) <= width


def test_a_session_is_listed_from_its_start_to_its_end(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    """The process that ccwrap became is the one that is listed: exec keeps both its marks."""
    claude = bare_sandbox.bin / "claude"
    claude.write_text("#!/bin/sh\necho running\nread line\n")
    claude.chmod(0o755)
    routed(bare_sandbox, {"one": gateway(Setup(keys=(KEY,))).url})
    with bare_sandbox.terminal("ccwrap") as session:
        session.expect("running")
        (listed,) = bare_sandbox.run_ccroute("sessions", "--json").expect().json["sessions"]
        assert (listed["pid"], listed["route"]) == (session.child.pid, "one")
        assert (listed["verdict"], listed["healthy_since"] is None) == ("ok", False)
        session.send("\r")
        session.wait()
    assert (
        bare_sandbox.run_ccroute("sessions").expect().out
        == "No session that ccwrap started runs.\n"
    )


@pytest.mark.parametrize(
    ("verdicts", "since"),
    [([], None), (["ok"], 0.0), (["ok", "auth_failed"], None), (["auth_failed", "ok", "ok"], 1.0)],
)
def test_health_counts_from_the_last_failure(verdicts: list[str], since: float | None) -> None:
    samples = [Sample(float(at), "q", "eu", "", None, name) for at, name in enumerate(verdicts)]
    assert well_since(samples) == since


def test_balanced_spreads_real_sessions(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    claude = bare_sandbox.bin / "claude"
    claude.write_text('#!/bin/sh\necho "on $ANTHROPIC_BASE_URL."\nread line\n')
    claude.chmod(0o755)
    urls = {name: gateway(Setup(keys=(KEY,))).url for name in ("one", "two")}
    routed(bare_sandbox, urls, top='policy = "balanced"')
    with bare_sandbox.terminal("ccwrap") as first:
        first.expect(f"on {urls['one']}.")
        with bare_sandbox.terminal("ccwrap") as second:
            second.expect(f"on {urls['two']}.")
            first.child.kill(9)
            first.wait()
            with bare_sandbox.terminal("ccwrap") as third:
                third.expect(f"on {urls['one']}.")
