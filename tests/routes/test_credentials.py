"""Where ${NAME} comes from, and what never happens on the way."""

from __future__ import annotations

import os
import subprocess
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
    elsewhere = "put it into .env.local, or " if name == ".env" else ""
    assert missing == Missing(
        f"KEY is not set; {name} is not read: git tracks it", f"{elsewhere}ccroute secret set KEY"
    )


def test_where_git_can_not_be_asked_another_file_would_not_help(project: Project) -> None:
    git(project.folder, "init", "-q")
    project.write(f"KEY={CANARY}\n", ".env")
    missing = one(project, environment={"PATH": "/nowhere"})
    assert missing == Missing(
        "KEY is not set; .env is not read: git isn't installed to say whether it is tracked",
        "ccroute secret set KEY",
    )


def test_a_tracked_file_in_other_letters_is_not_read_either(project: Project) -> None:
    git(project.folder, "init", "-q")
    project.write(f"KEY={CANARY}\n", ".ENV")
    git(project.folder, "add", ".ENV")
    project.write(f"KEY={CANARY}\n", ".env")
    assert isinstance(one(project), Missing)


def test_committed_files_that_look_like_a_bare_repository_are_not_asked(project: Project) -> None:
    """git would take them for one, in whose index nothing is tracked."""
    git(project.home, "init", "-q")
    project.write("ref: refs/heads/main\n", "HEAD")
    project.write("[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\n", "config")
    for name in ("objects", "refs"):
        (project.folder / name).mkdir()
        project.write("", f"{name}/kept")
    project.write(f"KEY={CANARY}\n", ".env")
    git(project.home, "add", "-f", *(f"acme/{path.name}" for path in project.folder.iterdir()))
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
