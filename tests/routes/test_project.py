"""Which project a folder is: grants are bound to it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from ccwrap.routes import project

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def main(tmp_path: Path) -> Path:
    folder = tmp_path / "main"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return folder


def test_a_repository_is_its_own_root(main: Path) -> None:
    (main / "a" / "b").mkdir(parents=True)
    assert project.root(main / "a" / "b", None) == main


def test_a_worktree_belongs_to_its_main_checkout(main: Path, tmp_path: Path) -> None:
    git(main, "worktree", "add", "-q", str(tmp_path / "tree"))
    assert project.root(tmp_path / "tree", None) == main


def test_a_worktree_of_a_bare_repository_belongs_to_that(main: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(main), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "tree"))
    assert project.root(tmp_path / "tree", None) == tmp_path / "bare.git"


def test_a_nested_repository_is_a_project_of_its_own(main: Path) -> None:
    nested = main / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    assert project.root(nested, main / ".ccroute") == nested


def test_without_a_repository_it_is_the_files_folder_or_the_folder_itself(tmp_path: Path) -> None:
    below = tmp_path / "notes" / "x"
    below.mkdir(parents=True)
    assert project.root(below, tmp_path / "notes" / ".ccroute") == tmp_path / "notes"
    assert project.root(below, None) == below


def test_a_folder_that_only_claims_to_be_a_worktree_is_itself(main: Path, tmp_path: Path) -> None:
    git(main, "worktree", "add", "-q", str(tmp_path / "tree"))
    thief = tmp_path / "thief"
    thief.mkdir()
    (thief / ".git").write_text((tmp_path / "tree" / ".git").read_text())
    assert project.root(thief, None) == thief


def test_a_folder_with_its_own_echo_is_still_itself(main: Path, tmp_path: Path) -> None:
    thief = tmp_path / "thief"
    inside = thief / "fake"
    inside.mkdir(parents=True)
    (thief / ".git").write_text(f"gitdir: {inside}\n")
    (inside / "gitdir").write_text(f"{thief / '.git'}\n")
    (inside / "commondir").write_text(f"{main / '.git'}\n")
    assert project.root(thief, None) == thief


def test_a_linked_git_folder_claims_nothing(main: Path, tmp_path: Path) -> None:
    thief = tmp_path / "thief"
    thief.mkdir()
    (thief / ".git").symlink_to(main / ".git")
    assert project.root(thief, None) == thief


def test_a_link_to_another_worktrees_marker_claims_nothing(main: Path, tmp_path: Path) -> None:
    git(main, "worktree", "add", "-q", str(tmp_path / "tree"))
    thief = tmp_path / "thief"
    thief.mkdir()
    (thief / ".git").symlink_to("../tree/.git")
    assert project.root(thief, None) == thief


@pytest.mark.parametrize("marker", ["", "nonsense", "gitdir: \0", "gitdir: /nowhere", "x" * 9999])
def test_a_strange_marker_makes_the_folder_its_own_project(tmp_path: Path, marker: str) -> None:
    (tmp_path / ".git").write_text(marker)
    assert project.root(tmp_path, None) == tmp_path


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.example.com/team/acme.git", "acme"),
        ("git@git.example.com:team/acme.git", "acme"),
        ("git@git.example.com:acme", "acme"),
        ("https://user:canary@git.example.com/acme/", "acme"),
        ("https://user:canary@git.example.com", "git.example.com"),
        ("https://user:canary@git.example.com/", "git.example.com"),
        ("../acme", "acme"),
        ("https://git.example.com/a%20b\u202e", "a-20b"),
    ],
)
def test_a_project_is_called_like_its_remote(main: Path, url: str, name: str) -> None:
    git(main, "remote", "add", "upstream", "https://git.example.com/other")
    git(main, "remote", "add", "origin", url)
    assert project.name(main) == name


def test_without_a_remote_it_is_called_like_its_folder(main: Path, tmp_path: Path) -> None:
    strange = tmp_path / "a b\n\u202ec"
    strange.mkdir()
    assert (project.name(main), project.name(strange)) == ("main", "a-b-c")
