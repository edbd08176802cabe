"""`[secrets]` of config.toml: commands, files and the keyring."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ccwrap.routes import credentials
from ccwrap.routes.credentials import Found, Missing
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from routefiles import Project

CANARY = "canary-7f3a91"


def resolve(
    project: Project, *names: str, secrets: dict[str, object], seconds: float = 5
) -> dict[str, Found | Missing]:
    return credentials.resolve(
        names,
        folder=project.folder,
        environment={"PATH": os.environ["PATH"], "TERM": "xterm"},
        secrets=secrets,
        home=project.home,
        seconds=seconds,
    )


def one(project: Project, source: object, seconds: float = 5) -> Found | Missing:
    return resolve(project, "KEY", secrets={"KEY": source}, seconds=seconds)["KEY"]


def python(code: str) -> dict[str, tuple[str, ...]]:
    return {"command": (sys.executable, "-c", code)}


def test_a_command_runs_without_a_shell_at_home_with_no_input(project: Project) -> None:
    code = "import os,sys; print(os.getcwd() + ' ' + repr(sys.stdin.read()) + ' $HOME; `id`')"
    found = one(project, python(code))
    assert found == Found(Secret(f"{project.home} '' $HOME; `id`"), f"command {sys.executable}")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (f"import sys; print('{CANARY}'); sys.exit('sorry {CANARY} \\x1b[2J')", "failed with 1: sorry ***"),
        ("import sys; print('a'); sys.stdout.flush(); import os; os.kill(os.getpid(), 9)", "failed with -9"),
        ("import time; time.sleep(60)", "took too long"),
        ("print('a' * 100_000)", "wrote more than 64 KiB"),
        ("while True: print('a' * 1000)", "wrote more than 64 KiB"),
        ("import sys\nwhile True: sys.stderr.write('a' * 1000)", "wrote more than 64 KiB"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "wrote no UTF-8"),
        ("pass", "is empty"),
        (f"print('{CANARY}'); print('two')", "line end"),
    ],
    ids=["fails", "killed", "sleeps", "long", "endless", "endless errors", "bytes", "silent", "two lines"],
)  # fmt: skip
def test_a_command_that_gives_no_secret_says_why(project: Project, code: str, why: str) -> None:
    start = time.monotonic()
    missing = one(project, python(code), seconds=1)
    assert time.monotonic() - start < 3
    assert isinstance(missing, Missing)
    assert why in missing.why
    assert CANARY not in str(missing)
    assert "\x1b" not in missing.why


def test_a_command_that_isnt_there_is_no_fault(project: Project) -> None:
    missing = one(project, {"command": ("/nowhere/op",)})
    assert missing == Missing(
        "KEY: /nowhere/op: No such file or directory", "install it, or correct config.toml"
    )


def test_all_sources_are_asked_at_once_and_the_slow_ones_end_with_their_children(
    project: Project,
) -> None:
    lock = project.home / "lock"
    child = (
        f"import fcntl, time; file = open({str(lock)!r}, 'w'); fcntl.flock(file, fcntl.LOCK_EX); "
        "print('held', file=file, flush=True); time.sleep(60)"
    )
    slow = python(
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    )
    quick = python("import time; time.sleep(0.3); print('quick')")
    start = time.monotonic()
    found = resolve(
        project,
        *(f"Q{n}" for n in range(5)),
        "SLOW",
        secrets={**{f"Q{n}": quick for n in range(5)}, "SLOW": slow},
        seconds=2,
    )
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert held.read() == "held\n"
    assert time.monotonic() - start < 10
    assert {name for name, value in found.items() if isinstance(value, Missing)} == {"SLOW"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [("", "value"), ("; sys.exit(3)", "failed with 3")],
    ids=["well", "fails"],
)
def test_what_a_command_leaves_running_keeps_nobody_waiting_and_is_left(
    project: Project, code: str, expected: str
) -> None:
    """An agent or a cache that it started has its output, too."""
    ended = project.home / "ended"
    agent = f"import sys, pathlib; sys.stdin.read(); pathlib.Path({str(ended)!r}).touch()"
    os.mkfifo(project.home / "hold")
    lines = (
        "import subprocess, sys; "
        f"subprocess.Popen([sys.executable, '-c', {agent!r}], stdin=open('hold')); "
        "print('value')"
    )
    with open(os.open(project.home / "hold", os.O_RDWR), "wb"):
        start = time.monotonic()
        found = one(project, python(lines + code), seconds=30)
        assert time.monotonic() - start < 15
        assert expected in (found.secret.reveal() if isinstance(found, Found) else found.why)
        assert not ended.exists()
    while not ended.exists():
        time.sleep(0.02)


def test_what_a_command_s_child_writes_after_its_end_is_its_output(project: Project) -> None:
    late = "import os; os.fork() and os._exit(0); import time; time.sleep(1); print('value')"
    found = one(project, python(late), seconds=30)
    assert isinstance(found, Found)
    assert found.secret == Secret("value")


@pytest.mark.parametrize(
    ("contents", "why"),
    [(None, "No such file"), (b"\xff", "not UTF-8"), (b"a" * 70_000, "larger than 64 KiB")],
)
def test_a_secret_file_that_gives_none_says_why(
    project: Project, contents: bytes | None, why: str
) -> None:
    if contents is not None:
        (project.home / "key").write_bytes(contents)
    missing = one(project, {"file": "~/key"})
    assert isinstance(missing, Missing)
    assert why in missing.why


KEYRING = """
import sys
from pathlib import Path
from ccwrap.errors import CcwrapError
from ccwrap.places import Places
from ccwrap.routes import credentials
from ccwrap.secret import Secret
home = Path(sys.argv[1])
places = Places(home, home / "config.toml", home / "none", home / "state")
try:
    credentials.store(places, "KEY", Secret("value"))
except CcwrapError as error:
    print(error)
print(credentials.resolve(["KEY"], folder=home, environment={"TERM": "x"},
    secrets={"KEY": {"keyring": "ccwrap/KEY"}}, home=home, seconds=9)["KEY"])
"""

MEMORY = """
from keyring.backend import KeyringBackend
class Memory(KeyringBackend):
    priority = 1
    kept = {}
    def get_password(self, service, user): return self.kept.get((service, user))
    def set_password(self, service, user, value): self.kept[service, user] = value
"""


def with_keyring(project: Project, backend: str, code: str = KEYRING) -> str:
    (project.home / "memory.py").write_text(MEMORY)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(project.home)],
        env={
            "PYTHON_KEYRING_BACKEND": backend,
            "PYTHONPATH": str(project.home),
            "HOME": str(project.home),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_secret_is_kept_in_the_keyring_and_named_in_the_config(project: Project) -> None:
    project.config("# mine\n[secrets]\nOTHER = { file = '/x' } # stays\n")
    assert (
        with_keyring(project, "memory.Memory")
        == "Found(secret=Secret(***), origin='keyring', refresh=0.0)\n"
    )
    assert project.places.config.read_text() == (
        "# mine\n[secrets]\nOTHER = { file = '/x' } # stays\nKEY = {keyring = \"ccwrap/KEY\"}\n"
    )
    assert project.places.config.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "backend", ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"]
)
def test_without_a_keyring_nothing_is_written_and_the_way_out_is_named(
    project: Project, backend: str
) -> None:
    told = with_keyring(project, backend)
    assert "the keyring" in told
    assert ".env.local" in told
    assert "Missing(" in told
    assert not project.places.config.exists()


def test_without_the_extra_the_message_says_how_to_get_it(project: Project) -> None:
    told = with_keyring(project, "", f"import sys; sys.modules['keyring'] = None\n{KEYRING}")
    assert told.count("pipx inject ccwrap keyring") == 2
