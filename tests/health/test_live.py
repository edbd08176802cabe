"""Live sessions: a process counts while it lives, and not for one that got its number."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ccwrap.health import live
from ccwrap.health.records import Launch
from ccwrap.health.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until its standard input is closed."""
    program = "import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as process:
        yield process


def launch(pid: int, started: float | None = None, route: str = "a", fault: str = "") -> Launch:
    began = live.started(pid) if started is None else started
    return Launch(1.0, "acme", route=route, pid=pid, pid_started=began or 0.0, fault=fault)


def test_a_process_counts_while_it_lives(child: subprocess.Popen[bytes]) -> None:
    session = launch(child.pid)
    assert live.running([session]) == (session,)
    child.kill()
    assert os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert live.running([session]) == ()  # a zombie
    child.wait()
    assert live.running([session]) == ()


def test_only_launches_in_a_process_that_is_there_are_looked_at(tmp_path: Path) -> None:
    assert {os.getpid(), os.getppid()} <= set(live.processes())
    assert {os.getpid(), os.getppid()} <= set(live.listed_by_psutil())
    store = Store.open(tmp_path)
    for pid in (7, 8, 7, 9):
        store.launched(launch(pid, 1.0))
    assert [(one.id, one.pid) for one in store.launches_of([9, 7])] == [(4, 9), (3, 7), (1, 7)]
    assert store.launches_of([]) == ()


def test_a_process_that_got_the_number_of_another_does_not_count() -> None:
    began = live.started(os.getpid())
    assert began is not None
    assert live.running([launch(os.getpid(), began - 60)]) == ()


def test_of_several_launches_in_one_process_the_last_one_counts() -> None:
    """`ccroute run` in a launch's own process, or a number that came round again."""
    last, first = launch(os.getpid(), route="b"), launch(os.getpid(), route="a")
    assert live.running([last, first]) == (last,)
    recycled = launch(os.getpid(), 1.0, route="old")
    assert live.running([recycled, first]) == (first,)


def test_a_launch_that_failed_does_not_count() -> None:
    assert live.running([launch(os.getpid(), fault="exit 69")]) == ()
    assert live.running([launch(0, 0.0), launch(-1, 0.0), launch(2**40, 0.0)]) == ()


@pytest.mark.parametrize("reader", [live.started, live.by_psutil])
def test_each_reader_knows_the_living(
    reader: Callable[[int], float], child: subprocess.Popen[bytes]
) -> None:
    mine = reader(os.getpid())
    assert mine is not None
    assert mine == reader(os.getpid())
    assert reader(child.pid) >= mine
    assert reader(2**40) is None


def test_a_process_knows_its_age() -> None:
    code = "from ccwrap.health import live; print(live.age())"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert 0 <= float(done.stdout) <= time.monotonic() - began + live.SLACK
    assert live.age() > float(done.stdout)
