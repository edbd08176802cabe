from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

GOOD = '[[route]]\nkind = "openrouter"\n'
BAD = '[[route]]\nname = "eu"\nbase_url = "https://llm.example.com"\nauth_token = "sk-made-up-0123456789"\n'


def test_a_right_file_exits_0(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(GOOD)
    ran = bare_sandbox.run_ccroute("validate").expect()
    assert ran.out == f"{bare_sandbox.project}/.ccroute: no problem\n"


def test_every_mistake_is_named_with_file_line_key_and_fix(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.ccroute(BAD)
    out = bare_sandbox.run_ccroute("validate").expect(78).out
    first, second, third, *_ = out.splitlines()
    assert first.startswith(f"{file}:3: route.base_url: ")
    assert "url" in second
    assert second.startswith("  fix: ")
    assert third.startswith(f"{file}:4: route.auth_token: ")
    assert "sk-made-up" not in out


def test_all_mistakes_are_shown_however_many(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute("".join(f"wrong{number} = 1\n" for number in range(30)) + GOOD)
    assert bare_sandbox.run_ccroute("validate").expect(78).out.count("wrong") >= 30


def test_the_json_has_the_same(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.ccroute(BAD)
    good = bare_sandbox.write("good.toml", GOOD)
    answer = bare_sandbox.run_ccroute("validate", "--json", file, good).expect(78).json
    assert set(answer) == {"version", "files"}
    bad, right = answer["files"]
    assert (bad["file"], bad["valid"]) == (str(file), False)
    assert [(one["line"], one["key"]) for one in bad["problems"]] == [
        (3, "route.base_url"),
        (4, "route.auth_token"),
    ]
    assert set(bad["problems"][0]) == {"file", "line", "key", "what", "fix"}
    assert right == {"file": str(good), "valid": True, "problems": []}


@pytest.mark.parametrize("name", ["file", "json"])
def test_neither_keys_nor_trust_nor_other_layers_are_looked_at(
    bare_sandbox: Sandbox, name: str
) -> None:
    bare_sandbox.ccroute(GOOD)
    bare_sandbox.write(".ccroute.local", "nonsense")
    bare_sandbox.write(".env", "nonsense line")
    bare_sandbox.config("nonsense")
    environment = {"CCWRAP_TRUST": "nonsense", "CCWRAP_URLS": "nonsense"}
    arguments = ["--json"] if name == "json" else []
    bare_sandbox.run_ccroute("validate", *arguments, env=environment).expect()


def test_without_a_file_it_says_how_to_make_one(bare_sandbox: Sandbox) -> None:
    assert "ccroute init" in bare_sandbox.run_ccroute("validate").expect(2).err


def missing(project: Path) -> Path:
    return project / "nowhere"


def folder(project: Path) -> Path:
    (project / "folder").mkdir()
    return project / "folder"


def device(project: Path) -> Path:
    os.mkfifo(project / "pipe")
    return project / "pipe"


def large(project: Path) -> Path:
    (project / "large").write_bytes(b"# " + b"x" * 300_000)
    return project / "large"


def escapes(project: Path) -> Path:
    (project / "escapes").write_text('"\\u001b[2J\\u202e" = 1\n[[route]]\nkind = "\\u001b]0;x"\n')
    return project / "escapes"


def deep(project: Path) -> Path:
    (project / "deep").write_text("a = " + "[" * 20_000)
    return project / "deep"


@pytest.mark.parametrize("make", [missing, folder, device, large, escapes, deep])
def test_a_hostile_file_is_one_problem_that_is_safe_to_print(
    bare_sandbox: Sandbox, make: object
) -> None:
    file = make(bare_sandbox.project)  # type: ignore[operator]
    ran = bare_sandbox.run_ccroute("validate", file, seconds=10).expect(78)
    assert "\x1b" not in ran.out + ran.err
    assert "\u202e" not in ran.out + ran.err


def test_a_file_that_is_not_there_names_the_next_command(bare_sandbox: Sandbox) -> None:
    out = bare_sandbox.run_ccroute("validate", "nope.toml").expect(78).out
    assert out.endswith("  fix: correct the name, or ccroute init\n")


def test_a_config_is_the_users_own_or_a_machine_s(bare_sandbox: Sandbox) -> None:
    """Only the machine's may lock: an administrator checks it before it is handed out."""
    text = 'locked = ["route"]\n[[route]]\nkind = "openrouter"\n'
    own = bare_sandbox.config(text)
    out = bare_sandbox.run_ccroute("validate", own).expect(78).out
    assert f"{own}:1: locked: may not stand in the user's config.toml" in out
    bare_sandbox.run_ccroute("validate", bare_sandbox.write("config.toml", text)).expect()
