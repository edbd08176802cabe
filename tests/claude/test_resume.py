"""Which session a run goes on with, in every spelling."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from ccwrap.claude import invocation, resume

if TYPE_CHECKING:
    from pathlib import Path

OLD = "11111111-1111-4111-8111-111111111111"
NEW = "22222222-2222-4222-8222-222222222222"
PRINTED = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A home with two interactive sessions of `work`, and a newer one of -p."""
    (tmp_path / "work").mkdir()
    for age, (name, entry, title) in enumerate(
        [(PRINTED, "sdk-cli", ""), (NEW, "cli", "new one"), (OLD, "cli", 'The "Old" One')]
    ):
        lines: list[dict[str, str]] = [{"type": "user", "entrypoint": entry}]
        lines += [{"type": "custom-title", "customTitle": "first name"}] if title else []
        lines += [{"type": "filler", "text": "x" * 200_000}]
        lines += [{"type": "custom-title", "customTitle": title}] if title else []
        keep(tmp_path / ".claude", tmp_path / "work", name, lines, age)
    return tmp_path


def keep(config: Path, cwd: Path, name: str, lines: list[dict[str, str]], age: float) -> None:
    folder = config / "projects" / re.sub(r"[^a-zA-Z0-9]", "-", str(cwd.resolve()))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    os.utime(file, (1e9 - age, 1e9 - age))


def found(world: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    run = invocation.read(arguments, {})
    return resume.session(run, environment or {}, world / "work", world)


@pytest.mark.parametrize(
    ("arguments", "session"),
    [
        (["-c"], NEW),
        (["--continue"], NEW),
        (["--continue", "go on"], NEW),
        (["-p", "-c", "go on"], PRINTED),
        (["-pc", "go on"], PRINTED),
        (["--output-format", "stream-json", "--input-format=stream-json", "--continue"], PRINTED),
        (["-r", OLD], OLD),
        ([f"-r{OLD}"], OLD),
        (["--resume", OLD], OLD),
        ([f"--resume={OLD.upper()}"], OLD),
        (["-p", "--resume", OLD, "go on"], OLD),
        (["-pr", OLD, "go on"], OLD),
        (["--resume", f"/elsewhere/{OLD}.jsonl"], OLD),
        (["-r", "new one"], NEW),
        (["--resume", 'the "old" one'], OLD),
        (["-c", "--fork-session"], NEW),
        (["--resume", "first name"], ""),
        (["--resume", "nobody"], ""),
        (["--resume"], ""),
        (["-r", "--model", "opus"], ""),
        (["hello"], ""),
        (["--", "-c"], ""),
    ],
    ids=str,
)
def test_the_session_that_is_resumed(world: Path, arguments: list[str], session: str) -> None:
    assert found(world, *arguments) == session


def test_claude_may_keep_its_sessions_elsewhere(world: Path) -> None:
    keep(world / "config", world / "work", OLD, [{"type": "user", "entrypoint": "cli"}], 0)
    environment = {"CLAUDE_CONFIG_DIR": str(world / "config")}
    assert found(world, "-c", environment=environment) == OLD


def test_a_title_that_is_no_text_is_no_title(world: Path) -> None:
    for file in world.rglob("*.jsonl"):
        file.write_bytes(b'{"customTitle": "\\q"}\n{"aiTitle": "\xff"}\n')
    assert found(world, "-r", "new one") == ""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/ann/a.b_c d", "-home-ann-a-b-c-d"),
        ("/é/日/🚀", "-------"),
        ("/" + "a" * 199, "-" + "a" * 199),
        ("/" + "a" * 200, "-" + "a" * 199 + "-b6ymvl"),
    ],
    ids=["short", "letters of others", "200", "201"],
)
def test_the_folder_of_a_working_directory(path: str, name: str) -> None:
    assert resume._folder(path) == name


def test_no_session_is_no_session(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    assert found(tmp_path, "-c") == ""
    keep(tmp_path / ".claude", tmp_path / "work", OLD, [{"nothing": "known"}], 0)
    assert found(tmp_path, "-c") == ""
    assert found(tmp_path, "-r", "a name") == ""
