"""Every test starts in a clean world; these are the things it can ask for."""

from __future__ import annotations

import fcntl
import os
import signal
from typing import TYPE_CHECKING

import pytest

from certificates import Certificates
from isolation import unwanted
from ports import black_hole, refused
from proxy import ListeningProxy
from real_claude import real_claude
from sandbox import Sandbox
from starting import StartGateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standin import StandIn

BEFORE = dict(os.environ)
"""The environment that the tests were started with; only the download of claude needs it."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell makes what it starts in the background ignore these, and so whatever that starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def elbow_room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A crowd of launches has the machine to itself: the other worker's time limits hold.

    Everybody passes the door first, and a crowd stands in it while it waits for the room.
    """
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (folder / "crowd.lock").open("a") as room:
        with (folder / "crowd-door.lock").open("a") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(room, fcntl.LOCK_EX if "crowd" in request.fixturenames else fcntl.LOCK_SH)
        yield


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No home, key, proxy, certificate or setting of the real user's."""
    for name in unwanted(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("isolated-home")))


@pytest.fixture(scope="session")
def claude() -> Path:
    """The real claude, a native binary."""
    return real_claude(BEFORE)


@pytest.fixture
def gateway() -> Iterator[StartGateway]:
    """Starts simulated gateways that end with the test."""
    with StartGateway() as start:
        yield start


@pytest.fixture
def sandbox(tmp_path: Path, claude: Path) -> Sandbox:
    """A clean world with the real claude in it."""
    (tmp_path / "sandbox").mkdir()
    return Sandbox(tmp_path / "sandbox", claude)


@pytest.fixture
def bare_sandbox(tmp_path: Path) -> Sandbox:
    """A clean world without any claude."""
    (tmp_path / "sandbox").mkdir()
    return Sandbox(tmp_path / "sandbox")


@pytest.fixture
def standin(bare_sandbox: Sandbox) -> StandIn:
    """The stand-in claude of `bare_sandbox`."""
    return bare_sandbox.stand_in()


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture
def proxy() -> Iterator[ListeningProxy]:
    with ListeningProxy() as listening:
        yield listening


@pytest.fixture
def refused_port() -> Iterator[int]:
    with refused() as port:
        yield port


@pytest.fixture
def black_hole_port() -> Iterator[int]:
    with black_hole() as port:
        yield port


@pytest.fixture
def nobody() -> Iterator[int]:
    """Be a user who may not do everything; root may read any folder."""
    before = os.geteuid()
    if not before:
        os.seteuid(65534)
    yield os.geteuid()
    os.seteuid(before)
