"""Where ${NAME} comes from, and what never happens on the way."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ccwrap.errors import RouteFileError, SettingError
from ccwrap.routes import credentials
from ccwrap.routes.credentials import Found, Missing
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from routefiles import Project

CANARY = "canary-7f3a91"
PATH = os.environ["PATH"]


def resolve(
    project: Project,
    *names: str,
    environment: dict[str, str] | None = None,
    secrets: dict[str, object] | None = None,
    seconds: float = 5,
) -> dict[str, Found | Missing]:
    return credentials.resolve(
        names,
        folder=project.folder,
        environment={"PATH": PATH, "TERM": "xterm", **(environment or {})},
        secrets=secrets or {},
        home=project.home,
        seconds=seconds,
    )


def one(project: Project, **options: object) -> Found | Missing:
    return resolve(project, "KEY", **options)["KEY"]  # type: ignore[arg-type]


def python(code: str) -> dict[str, tuple[str, ...]]:
    return {"command": (sys.executable, "-c", code)}


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_environment_comes_first_then_the_config_then_the_files(project: Project) -> None:
    project.write("KEY=from-env\nB=b\n", ".env")
    project.write("\n# mine\nKEY=from-local\n", ".env.local")
    (project.home / "key").write_text("from-config\n")
    config: dict[str, object] = {"KEY": {"file": "~/key"}}
    assert one(project) == Found(Secret("from-local"), ".env.local:3")
    assert one(project, secrets=config) == Found(Secret("from-config"), "~/key")
    assert one(project, secrets=config, environment={"KEY": "shell"}) == Found(
        Secret("shell"), "env"
    )
    assert resolve(project, "B")["B"] == Found(Secret("b"), ".env:2")


def test_an_empty_variable_is_unset(project: Project) -> None:
    project.write("KEY=\n", ".env.local")
    project.write("KEY=found\n", ".env")
    assert one(project, environment={"KEY": ""}) == Found(Secret("found"), ".env:1")


def test_a_name_without_a_value_says_what_to_type(project: Project) -> None:
    assert one(project) == Missing("KEY is not set", "ccroute secret set KEY")


def test_a_program_of_the_desktop_is_told_why(project: Project) -> None:
    missing = one(project, environment={"TERM": "x"})
    found = credentials.resolve(
        ["KEY"],
        folder=project.folder,
        environment={},
        secrets={},
        home=project.home,
        seconds=1,
    )["KEY"]
    assert isinstance(missing, Missing)
    assert isinstance(found, Missing)
    assert "desktop" in found.why
    assert "desktop" not in missing.why


def test_values_of_the_files_are_taken_as_they_stand(project: Project) -> None:
    text = "A='a $HOME ${B}'\nexport B=\"b#c\"\nC=d # comment\n\n\nD='x'\n"
    project.write(text, ".env")
    found = resolve(project, "A", "B", "C", "D", environment={"HOME": "/nowhere"})
    assert found == {
        "A": Found(Secret("a $HOME ${B}"), ".env:1"),
        "B": Found(Secret("b#c"), ".env:2"),
        "C": Found(Secret("d"), ".env:3"),
        "D": Found(Secret("x"), ".env:6"),
    }
    assert "A" not in os.environ


def test_a_malformed_line_is_an_error_with_its_number(project: Project) -> None:
    project.write(f"A=1\nB='{CANARY}\nC=2\n", ".env")
    with pytest.raises(RouteFileError) as caught:
        one(project)
    assert (caught.value.problems[0].file, caught.value.problems[0].line) == (".env", 2)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", [".env", ".env.local"])
def test_a_file_that_git_tracks_is_never_read(project: Project, name: str) -> None:
    git(project.folder, "init", "-q")
    project.write(f"KEY={CANARY}\nmalformed 'x\n", name)
    git(project.folder, "add", name)
    missing = one(project)
    assert missing == Missing(
        f"KEY is not set; {name} is not read: git tracks it", "ccroute secret set KEY"
    )


def test_a_tracked_file_in_other_letters_is_not_read_either(project: Project) -> None:
    git(project.folder, "init", "-q")
    project.write(f"KEY={CANARY}\n", ".ENV")
    git(project.folder, "add", ".ENV")
    project.write(f"KEY={CANARY}\n", ".env")
    assert isinstance(one(project), Missing)


def test_a_file_that_git_ignores_is_read(project: Project) -> None:
    git(project.folder, "init", "-q")
    project.write("KEY=mine\n", ".env")
    assert one(project) == Found(Secret("mine"), ".env:1")


def test_asking_git_runs_nothing_of_the_repositorys(project: Project, tmp_path: Path) -> None:
    git(project.folder, "init", "-q")
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "diff.external"):
        git(project.folder, "config", key, str(hook))
    planted = project.folder / "git"
    planted.write_text(hook.read_text())
    planted.chmod(0o755)
    project.write("KEY=mine\n", ".env")
    found = one(project, environment={"PATH": f".:{project.folder.name}::{PATH}"})
    assert found == Found(Secret("mine"), ".env:1")
    assert not (tmp_path / "ran").exists()


def test_without_git_a_repositorys_files_count_as_tracked(project: Project) -> None:
    (project.folder / ".git").mkdir()
    project.write("KEY=mine\n", ".env")
    missing = one(project, environment={"PATH": ""})
    assert isinstance(missing, Missing)
    assert "git isn't installed" in missing.why


def test_a_repository_that_git_refuses_counts_as_tracked(project: Project) -> None:
    (project.folder / ".git").write_text("gitdir: /nowhere\n")
    project.write("KEY=mine\n", ".env")
    missing = one(project)
    assert isinstance(missing, Missing)
    assert "git can't say" in missing.why


def test_an_env_file_that_is_a_fifo_is_an_error_at_once(project: Project) -> None:
    os.mkfifo(project.folder / ".env")
    with pytest.raises(RouteFileError, match="is not a regular file"):
        one(project)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (f"{CANARY}\nX-Evil: 1", "line end"),
        (f"{CANARY}\r\n", "line end"),
        (f"{CANARY}\x00", "no HTTP header"),
        (f"{CANARY}\x1b", "no HTTP header"),
        (f"{CANARY}日", "no HTTP header"),
        (f" {CANARY}", "space"),
    ],
    ids=range(6),
)
def test_a_value_that_no_header_carries_is_refused_unshown(
    project: Project, value: str, why: str
) -> None:
    missing = one(project, environment={"KEY": value})
    assert isinstance(missing, Missing)
    assert why in missing.why
    assert CANARY not in str(missing)


def test_a_command_runs_without_a_shell_at_home_with_no_input(project: Project) -> None:
    code = "import os,sys; print(os.getcwd() + ' ' + repr(sys.stdin.read()) + ' $HOME; `id`')"
    found = one(project, secrets={"KEY": python(code)})
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
    missing = one(project, secrets={"KEY": python(code)}, seconds=1)
    assert time.monotonic() - start < 3
    assert isinstance(missing, Missing)
    assert why in missing.why
    assert CANARY not in str(missing)
    assert "\x1b" not in missing.why


def test_a_command_that_isnt_there_is_no_fault(project: Project) -> None:
    missing = one(project, secrets={"KEY": {"command": ("/nowhere/op",)}})
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
    ("contents", "why"),
    [(None, "No such file"), (b"\xff", "not UTF-8"), (b"a" * 70_000, "larger than 64 KiB")],
)
def test_a_secret_file_that_gives_none_says_why(
    project: Project, contents: bytes | None, why: str
) -> None:
    if contents is not None:
        (project.home / "key").write_bytes(contents)
    missing = one(project, secrets={"KEY": {"file": "~/key"}})
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
    assert with_keyring(project, "memory.Memory") == "Found(secret=Secret(***), origin='keyring')\n"
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
    assert told.count('pip install "ccwrap[keyring]"') == 2


@pytest.mark.parametrize(("name", "value"), [("A B", "x"), ("KEY", "a\nb"), ("KEY", "")])
def test_what_can_be_no_secret_is_not_kept(project: Project, name: str, value: str) -> None:
    with pytest.raises(SettingError):
        credentials.store(project.places, name, Secret(value))


def test_where_a_secret_would_come_from_is_told_without_reading_it(
    project: Project, tmp_path: Path
) -> None:
    project.write(f"LOCAL={CANARY}\nKEY={CANARY}\n", ".env.local")
    told = credentials.origins(
        ["KEY", "LOCAL", "RING", "RUN", "NOWHERE"],
        project.folder,
        {"KEY": CANARY},
        {
            "RING": {"keyring": "a/b"},
            "RUN": {"command": ("touch", str(tmp_path / "ran"))},
        },
    )
    assert told == {"KEY": "env", "LOCAL": ".env.local", "RING": "keyring", "RUN": "command"}
    assert not (tmp_path / "ran").exists()


def test_a_header_is_filled_in() -> None:
    found = {"A": Found(Secret("1"), "env"), "B": Found(Secret("${A}"), "env")}
    assert credentials.fill("x ${A}-${B}", found) == "x 1-${A}"


def test_no_value_shows_in_what_is_found(project: Project) -> None:
    project.write(f"KEY={CANARY}\n", ".env")
    found = resolve(project, "KEY", "B", environment={"B": CANARY})
    assert CANARY not in f"{found} {found!r} {found['KEY']}"
