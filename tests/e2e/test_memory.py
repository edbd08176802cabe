"""What one launch learns is the next one's; many at once ask once; a broken store stops nobody."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from burst import Burst, burst, on_disk, state_of
from ccwrap.gateways.simulated import SILENT, Setup, SimulatedGateway, refuses
from ccwrap.health import schema
from ccwrap.health.opening import FILE
from ccwrap.health.store import Store
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox import Sandbox
    from starting import StartGateway

MANY: Final = 200
PATIENT: Final = '[probe]\ntimeout = "10s"\n'
"""Two hundred launches on a small machine keep each other waiting for a processor."""

HOLD: Final = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement)
print("held", flush=True)
sys.stdin.read()
"""
HELD: Final = {
    "locked for writing": ["BEGIN IMMEDIATE"],
    "locked for everyone": ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"],
}
ILL: Final = ("read-only", "full", "damaged", *HELD, "of a newer version", "no file")


@pytest.fixture
def three(bare_sandbox: Sandbox, gateway: StartGateway) -> list[SimulatedGateway]:
    """Three gateways that are well, routed; claude says which it was given."""
    gateways = [gateway(Setup(keys=(KEY,))) for _ in range(3)]
    urls = {f"g{number}": one.url for number, one in enumerate(gateways)}
    routed(bare_sandbox, urls, PATIENT)
    claude = bare_sandbox.write(
        bare_sandbox.bin / "claude", '#!/bin/sh\necho "$ANTHROPIC_BASE_URL"\n', 0o755
    )
    bare_sandbox.environment |= {"CCWRAP_CLAUDE": str(claude), "TMPDIR": str(bare_sandbox.bin)}
    return gateways


def asked(gateways: Sequence[SimulatedGateway]) -> list[int]:
    """How often each gateway was probed: every probe begins with one keyless request."""
    return [sum(one.method == "GET" for one in gateway.log) for gateway in gateways]


@contextlib.contextmanager
def ill(sandbox: Sandbox, how: str) -> Iterator[None]:
    """The store, once it is there, damaged, held, or of a newer version."""
    file = state_of(sandbox) / FILE
    if how in HELD:
        command = [sys.executable, "-c", HOLD, str(file), *HELD[how]]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline().strip() == b"held"
            yield
            holder.communicate()
        return
    if how == "damaged":
        file.write_bytes(b"made up " * 4000)
    elif how == "of a newer version":
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    elif how == "no file":
        for path in state_of(sandbox).glob(f"{FILE}*"):
            if path.is_file():
                path.unlink()
        file.mkdir(exist_ok=True)
    yield


def launched(sandbox: Sandbox) -> Store:
    return Store.open(state_of(sandbox))


def test_the_second_launch_asks_nobody(
    bare_sandbox: Sandbox, three: list[SimulatedGateway]
) -> None:
    bare_sandbox.run_ccwrap("-p", "x").expect()
    before = asked(three)
    ran = bare_sandbox.run_ccwrap("-p", "x").expect()
    assert (ran.out.strip(), ran.err) == (three[0].url, "")
    assert asked(three) == before


def test_a_silent_first_gateway_delays_one_launch_only(
    bare_sandbox: Sandbox, three: list[SimulatedGateway], gateway: StartGateway
) -> None:
    silent, well = gateway(Setup(keys=(KEY,)), SILENT), three[0]
    urls = {"silent": silent.url, "well": well.url}
    routed(bare_sandbox, urls, '[probe]\ntimeout = "5s"\n')
    assert bare_sandbox.run_ccwrap("-p", "x").expect().out.strip() == well.url
    before = asked([silent, well])
    assert bare_sandbox.run_ccwrap("-p", "x").expect().out.strip() == well.url
    assert asked([silent, well]) == before
    explained = bare_sandbox.run_ccroute("explain", "--json").expect().json
    assert "within 3.0 s, while another was well" in explained["considered"][0]["detail"]
    checked = bare_sandbox.run_ccroute("check", "--json").expect().json["routes"][0]
    assert checked["verdict"] == "unreachable"
    assert "connected, no answer in time" in checked["detail"]


def test_each_launch_is_kept_with_what_a_person_asks_later(
    bare_sandbox: Sandbox, three: list[SimulatedGateway]
) -> None:
    bare_sandbox.ccroute(
        f'project = "shop"\ntags = {{ team = "core" }}\n{(bare_sandbox.project / ".ccroute").read_text()}'
    )
    bare_sandbox.run_ccwrap("-p", "x", "--model", "some-model").expect()
    bare_sandbox.run_ccwrap("-p", "x", env={"CCWRAP_ROUTE": "g0", "LLM_KEY": "wrong"}).expect(69)
    failed, well = launched(bare_sandbox).launches()
    assert (well.project, well.branch, well.tags) == ("shop", "main", (("team", "core"),))
    assert (well.route, well.credential, well.model) == ("g0", "LLM_KEY", "some-model")
    assert (well.folder, well.fault) == (str(bare_sandbox.project), "")
    assert well.reason.startswith("ordered: first usable")
    assert well.question
    assert well.pid > 1
    assert well.pid_started > 0
    assert (failed.route, failed.project) == ("", "shop")
    assert failed.fault.startswith("exit 69: no usable route")
    assert KEY.encode() not in b"".join(
        path.read_bytes() for path in state_of(bare_sandbox).glob(f"{FILE}*")
    )


def test_another_key_or_model_is_asked_about_anew(
    bare_sandbox: Sandbox, three: list[SimulatedGateway]
) -> None:
    bare_sandbox.run_ccwrap("-p", "x").expect()
    for arguments, env in ((["--model", "m"], {}), ([], {"LLM_KEY": "another-key"})):
        before = asked(three)[0]
        bare_sandbox.run_ccroute("explain", "--", "-p", *arguments, env=env)
        assert asked(three)[0] == before + 1


def test_a_failed_route_is_left_alone_and_explain_says_why(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    bare_sandbox.stand_in()
    limited = gateway(behaviour=refuses(429, retry_after="120"))
    routed(bare_sandbox, {"first": limited.url, "second": gateway(Setup(keys=(KEY,))).url})
    bare_sandbox.run_ccwrap("-p", "x").expect()
    before = len(limited.log)
    ran = bare_sandbox.run_ccroute("explain").expect()
    assert "first alone for" in ran.out
    first, second = bare_sandbox.run_ccroute("explain", "--json").expect().json["considered"]
    assert (first["verdict"], second["until"]) == ("rate_limited", None)
    assert first["until"] > 1_700_000_000
    assert second["age_s"] > 0
    assert len(limited.log) == before


@pytest.mark.parametrize(
    "how", [["forget"], ["forget", "g0"], ["run", "--fresh", "--", "-p"], ["check"]]
)
def test_what_is_remembered_can_be_set_aside(
    bare_sandbox: Sandbox, three: list[SimulatedGateway], how: list[str]
) -> None:
    bare_sandbox.run_ccwrap("-p", "x").expect()
    before = asked(three)[0]
    ran = bare_sandbox.run_ccroute(*how).expect()
    if how[0] == "forget":
        assert "forgotten: " in ran.out
        bare_sandbox.run_ccwrap("-p", "x").expect()
    assert asked(three)[0] == before + 1


def test_forgetting_a_route_that_never_ran_forgets_nothing(
    bare_sandbox: Sandbox, three: list[SimulatedGateway]
) -> None:
    bare_sandbox.run_ccwrap("-p", "x").expect()
    said = bare_sandbox.run_ccroute("forget", "nobody").expect().out
    assert said == "nothing was remembered of nobody\n"
    before = asked(three)
    bare_sandbox.run_ccwrap("-p", "x").expect()
    assert asked(three) == before


@pytest.mark.parametrize("how", ILL)
def test_an_ill_store_costs_one_line_and_no_launch(
    bare_sandbox: Sandbox, three: list[SimulatedGateway], how: str
) -> None:
    bare_sandbox.run_ccwrap("-p", "x").expect()
    command = [script("ccwrap"), "-p", "x"]
    wrapper = [script("ccwrap"), bare_sandbox.environment["CCWRAP_CLAUDE"], "-p", "x"]
    disk = how in ("read-only", "full")
    for line, lines in ((wrapper, 0), (command, 1)):
        with ill(bare_sandbox, how):
            whole = on_disk(bare_sandbox, how, line) if disk else line
            ran = bare_sandbox.run(*whole).expect()
        assert ran.out.strip() == three[0].url
        assert len(ran.err.splitlines()) == lines, ran
        assert not lines or "nothing is remembered" in ran.err


def every_launch_was_well(ran: Burst, gateways: Sequence[SimulatedGateway], crowd: Burst) -> None:
    """None failed, and none waited longer than a probe may take, and a second.

    `crowd` is as many starts that ask nobody: what a machine with few processors takes
    for those, and for four times their work, is no waiting.
    """
    assert ran.statuses == {"0": MANY}
    assert set(ran.out) <= {f"{gateway.url}\n" for gateway in gateways}
    assert ran.slowest < 10 + 1 + 4 * crowd.slowest


def once(ran: Burst) -> int:
    """How often each gateway may be asked: once, and again for each limit that passed in vain."""
    return 1 + int(ran.slowest // 10)


@pytest.fixture
def crowd(bare_sandbox: Sandbox, three: list[SimulatedGateway]) -> Burst:
    """As many starts of ccwrap at once that ask nobody."""
    bare_sandbox.environment["CCWRAP_DISABLE"] = "1"
    ran = burst(bare_sandbox, MANY)
    del bare_sandbox.environment["CCWRAP_DISABLE"]
    return ran


@pytest.mark.timeout(400)
def test_two_hundred_launches_at_once_ask_each_gateway_once(
    bare_sandbox: Sandbox, three: list[SimulatedGateway], crowd: Burst
) -> None:
    ran = burst(bare_sandbox, MANY, seconds=300)
    every_launch_was_well(ran, three, crowd)
    assert asked(three)[0] >= 1
    assert max(asked(three)) <= once(ran)
    assert set(ran.err) == {""}
    assert len(launched(bare_sandbox).launches()) == MANY


@pytest.mark.timeout(400)
@pytest.mark.parametrize("how", ["read-only", "full", "damaged", "locked for everyone"])
def test_two_hundred_launches_on_an_ill_store_still_ask_once(
    bare_sandbox: Sandbox, three: list[SimulatedGateway], how: str, crowd: Burst
) -> None:
    bare_sandbox.run_ccwrap("-p", "x", env={"LLM_KEY": "another-key"}).expect(69)
    before = asked(three)
    with ill(bare_sandbox, how):
        ran = burst(bare_sandbox, MANY, how if how in ("read-only", "full") else "", 300)
    every_launch_was_well(ran, three, crowd)
    assert max(now - then for now, then in zip(asked(three), before, strict=True)) <= once(ran)
    assert all(len(text.splitlines()) <= 1 for text in ran.err)


def test_the_launch_with_a_fresh_memory_imports_nothing_heavy(
    bare_sandbox: Sandbox, three: list[SimulatedGateway]
) -> None:
    bare_sandbox.run_ccwrap("-p", "x").expect()
    bare_sandbox.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    ran = bare_sandbox.run_ccwrap("-p", "x").expect()
    loaded = {line.rpartition("|")[2].strip() for line in ran.err.splitlines()}
    assert "sqlite3" in loaded
    assert not loaded & {"httpx", "httpcore", "psutil", "ssl", "click", "asyncio", "email"}
    assert not loaded & {"hashlib", "threading", "dataclasses", "subprocess"}
    assert os.path.basename(ran.out.strip())
