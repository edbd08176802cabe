"""The program that hooks run: what each event does to the store, and that it harms nobody."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.claude.hooks import Listener, command
from ccwrap.gateways.verdict import Verdict
from ccwrap.health import hook
from ccwrap.health.records import Launch
from ccwrap.health.store import FILE, Store, question

if TYPE_CHECKING:
    from pathlib import Path

    from ccwrap.health.records import Remembered

ASKED = question("https://gw.example", "claude-sonnet-5", "print")
SESSION = "3db99a02-1203-4a6a-90d4-ed4ab41991ee"
HEAVY = {"click", "httpx", "httpcore", "psutil", "ssl", "asyncio", "dotenv", "ccwrap.cli"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store.open(tmp_path / "state")
    made.remember(ASKED, Verdict("ok", latency_ms=10.0), time.time(), None, 0)
    return made


def happens(
    store: Store, *events: str, launch: int = 0, session: str = SESSION, **more: Any
) -> Remembered:
    """Run the hook for each event, as a shell would; what is then known of the route."""
    for event in events:
        name, _, error = event.partition(" ")
        said = {"session_id": session, "hook_event_name": name, "error": error}
        done = ran(store.path.parent, json.dumps(said).encode(), launch, **more)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    return store.recall([ASKED])[ASKED]


def ran(
    state: Path, said: bytes, launch: int = 0, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    listener = Listener(sys.executable, hook.__file__, str(state), str(state), ASKED, launch)
    line = command(listener, "StopFailure")
    return subprocess.run(
        ["/bin/sh", "-c", line], input=said, capture_output=True, check=False, **more
    )


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("server_error", "overloaded"),
        ("overloaded", "overloaded"),
        ("rate_limit", "rate_limited"),
        ("billing_error", "no_credit"),
        ("authentication_failed", "auth_failed"),
        ("model_not_found", "model_missing"),
    ],
)
def test_a_turn_that_the_gateway_failed_ejects_its_route(
    store: Store, error: str, verdict: str
) -> None:
    known = happens(store, f"StopFailure {error}", "SessionEnd")
    assert (known.verdict.name, known.failures, known.stale) == (verdict, 1, False)
    assert known.until is not None
    assert known.until > time.time() + 20


@pytest.mark.parametrize("error", ["max_output_tokens", "unknown", "", "x" * 5000])
def test_a_turn_that_failed_for_its_own_sake_says_nothing_of_the_route(
    store: Store, error: str
) -> None:
    known = happens(store, f"StopFailure {error}", "SessionEnd")
    assert (known.verdict.name, known.until, known.stale) == ("ok", None, False)


def test_a_session_that_ends_without_a_stop_has_its_route_asked_again(store: Store) -> None:
    assert happens(store, "SessionStart", "Stop", "Stop", "SessionEnd").stale is False
    known = happens(store, "SessionStart", "SessionEnd", session="another")
    assert (known.verdict.name, known.stale) == ("ok", True)


def test_a_failure_that_comes_after_the_end_still_counts(store: Store) -> None:
    known = happens(store, "SessionEnd", "StopFailure server_error")
    assert (known.verdict.name, known.stale) == ("overloaded", False)


def test_a_session_is_tied_to_its_launch(store: Store) -> None:
    one, two = (store.launched(Launch(time.time(), "acme", pid=pid)) for pid in (1, 2))
    happens(store, "SessionStart", launch=two)
    happens(store, "SessionStart", session="b", env=os.environ | {"CLAUDE_PID": "1"})
    happens(store, "SessionStart", session="c")
    assert {launch.id: launch.session for launch in store.launches()} == {one: "b", two: SESSION}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\x00", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"a":' * 200_000, id="nested too deep"),
        pytest.param(b"x" * (16 << 20), id="more than is read"),
        pytest.param(
            b'{"hook_event_name": "StopFailure", "error": "server_error"}', id="no session"
        ),
        pytest.param(
            b'{"hook_event_name": "StopFailure", "error": "server_error", "session_id": "a b"}',
            id="no good session",
        ),
        pytest.param(
            b'{"hook_event_name": "StopFailure", "error": "server_error", "session_id": "../../x"}',
            id="a path for a session",
        ),
        pytest.param(
            b'{"hook_event_name": "StopFailure", "error": "server_error",'
            b' "session_id": "\\u001b[2J\'; DROP TABLE verdict; --"}',
            id="an escape and a statement for a session",
        ),
    ],
)
def test_an_event_that_makes_no_sense_is_passed_over(store: Store, said: bytes) -> None:
    done = ran(store.path.parent, said)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert store.recall([ASKED])[ASKED].verdict.name == "ok"


@pytest.mark.parametrize("ill", ["damaged", "locked", "no folder"])
def test_a_store_that_can_t_be_used_is_silent(store: Store, ill: str) -> None:
    path = store.path.parent / FILE
    store.close()
    keeper = sqlite3.connect(path)
    if ill == "locked":
        keeper.execute("BEGIN EXCLUSIVE")
    if ill == "damaged":
        path.write_bytes(b"no database" * 400)
    state = path if ill == "no folder" else path.parent
    said = {"session_id": SESSION, "hook_event_name": "StopFailure", "error": "server_error"}
    done = ran(state, json.dumps(said).encode())
    keeper.close()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_project_s_folder_and_variables_lead_it_nowhere(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in ("json", "sqlite3", "re", "ccwrap", "sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')")
    hostile = {
        "PATH": str(folder),
        "PYTHONPATH": str(folder),
        "PYTHONSTARTUP": str(folder / "json.py"),
        "PYTHONHOME": str(folder),
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
        "ENV": str(folder / "json.py"),
    }
    known = happens(store, "StopFailure server_error", cwd=folder, env=os.environ | hostile)
    assert known.verdict.name == "overloaded"
    assert not (tmp_path / "owned").exists()
    assert not (folder / "ccwrap").exists()


def test_it_loads_only_what_the_store_does(store: Store) -> None:
    said = {"session_id": SESSION, "hook_event_name": "Stop"}
    code = (
        "import sys, runpy; path = sys.argv[1]; sys.argv = sys.argv[1:]\n"
        "runpy.run_path(path, run_name='__main__'); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, hook.__file__, store.path.parent, ASKED, "0"],
        input=json.dumps(said).encode(),
        capture_output=True,
        check=True,
    )
    loaded = set(done.stdout.decode().split())
    assert "ccwrap.health.store" in loaded
    assert not loaded & HEAVY
    assert store.heard(SESSION)
