"""The program that claude runs for a credential: the value alone, or what, where, next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from ccwrap import routing
from ccwrap.errors import CcwrapError
from ccwrap.routes import refresh
from running import Ran, run

if TYPE_CHECKING:
    from routefiles import Project

VALUE = "value-0123456789"
EXPIRES = 'A = {{ command = ["echo", "{}"], refresh = "50m" }}\n'


def line(project: Project, name: str = "A") -> tuple[str, ...]:
    places = project.places
    given = (str(places.home), os.defpath, str(places.config), str(places.machine))
    return (sys.executable, "-I", str(routing.REFRESH), name, *given)


def ask(project: Project, **environment: str) -> Ran:
    return run(line(project), environment=environment, cwd=project.folder)


def test_the_value_stands_alone_on_standard_output(project: Project) -> None:
    project.config("[secrets]\n" + EXPIRES.format(VALUE))
    assert ask(project)[1:] == (0, f"{VALUE}\n", "")


def test_a_variable_of_that_name_is_not_asked(project: Project) -> None:
    """A project's settings may have set it since."""
    project.config("[secrets]\n" + EXPIRES.format(VALUE))
    assert ask(project, A="stray").out == f"{VALUE}\n"


@pytest.mark.parametrize(("lock", "wins"), [("", "users"), ('locked = ["secrets"]\n', "machines")])
def test_the_same_file_wins_as_at_a_launch(project: Project, lock: str, wins: str) -> None:
    project.config("[secrets]\n" + EXPIRES.format("users"))
    project.machine(f"{lock}[secrets]\n" + EXPIRES.format("machines"))
    project.write('[[route]]\nurl = "https://a.example.com"\nauth_token = "${A}"\n')
    assert project.load().secrets["A"] == {"command": ("echo", wins), "refresh": 3000.0}
    assert ask(project).out == f"{wins}\n"


def test_the_command_runs_at_home_and_not_in_the_project(project: Project) -> None:
    project.config(
        '[secrets]\nA = { command = ["sh", "-c", "echo $PWD:$HOME:$PATH"], refresh = 60 }\n'
    )
    home = project.home
    assert (
        ask(project, PATH="/evil", HOME="/evil", PWD="/evil").out == f"{home}:{home}:{os.defpath}\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "A is no longer in [secrets] of {config} or {machine}"),
        ("[secrets]\nA = 5\n", "{config}:2: secrets.A: must be a table"),
        ("[secrets\n", "{config}:1: "),
        (
            '[secrets]\nA = { command = ["/nowhere/sso"], refresh = 60 }\n',
            "A: /nowhere/sso: No such",
        ),
        (
            '[secrets]\nA = { command = ["sh", "-c", "echo no >&2; exit 4"], refresh = 60 }\n',
            "A: sh failed with 4: no ([secrets] of {config})\n  fix: run sh by hand",
        ),
    ],
    ids=["removed", "mistake", "broken", "no such program", "fails"],
)
def test_where_there_is_no_value_it_says_what_where_and_what_next(
    project: Project, text: str, words: str
) -> None:
    project.config(text)
    ran = ask(project).expect(1)
    places = project.places
    assert ran.err.startswith(
        f"ccwrap: {words.format(config=places.config, machine=places.machine)}"
    )
    assert "\n  fix: " in ran.err
    assert ran.out == ""


def test_a_config_that_others_may_write_gives_nothing(project: Project) -> None:
    project.config("[secrets]\n" + EXPIRES.format(VALUE))
    project.places.config.chmod(0o666)
    ran = ask(project).expect(1)
    assert (ran.out, "others may write it" in ran.err) == ("", True)


def test_a_command_that_hangs_is_ended(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "SECONDS", 0.2)
    project.config('[secrets]\nA = { command = ["sleep", "60"], refresh = 60 }\n')
    with pytest.raises(CcwrapError, match="A: sleep took too long"):
        refresh.main(line(project)[3:], {})


def test_no_command_outlives_it(project: Project) -> None:
    seen = project.home / "pid"
    project.config(
        f'[secrets]\nA = {{ command = ["sh", "-c", "echo $$ > {seen}.new; mv {seen}.new {seen}; '
        'exec sleep 60"], refresh = 60 }\n'
    )
    with subprocess.Popen(line(project), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asked:
        end = time.monotonic() + 30
        while not seen.exists() and time.monotonic() < end:
            time.sleep(0.01)
        command = psutil.Process(int(seen.read_text()))
        asked.send_signal(signal.SIGTERM)
        assert asked.wait(30) == -signal.SIGTERM
    assert psutil.wait_procs([command], timeout=30)[1] == []
