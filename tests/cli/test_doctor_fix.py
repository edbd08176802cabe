"""`ccroute doctor --fix`: what leaves no doubt is mended, once, and nothing else is touched."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.claude import overlay, versions
from ccwrap.cli import editors, shellfiles
from ccwrap.cli.editors import LOGIN, WRAPPER
from ccwrap.health.opening import FILE
from ccwrap.places import places
from routing import routed
from running import script

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

OWN = script("ccwrap")
GONE = "/gone/venv/bin/ccwrap"
SHELL_FILE = ".bashrc"


@pytest.fixture
def here(bare_sandbox: Sandbox) -> Sandbox:
    """A machine on which all is well, with a state folder of ours."""
    bare_sandbox.stand_in(says=f"{versions.GREEN[-1]} (Claude Code)\n")
    routed(bare_sandbox, {"eu": "https://eu.example.com"})
    bare_sandbox.environment["PATH"] = f"{bare_sandbox.bin}:/usr/bin:/bin"
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    bare_sandbox.run_ccroute("doctor").expect()
    return bare_sandbox


def state(sandbox: Sandbox) -> Path:
    return places(sandbox.environment).state


def fixed(sandbox: Sandbox, status: int = 0, /, **env: str) -> list[dict[str, Any]]:
    answer = sandbox.run_ccroute("doctor", "--fix", "--json", env=env).expect(status).json
    assert all(set(one) == {"check", "before", "after", "done"} for one in answer["fixed"])
    return list(answer["fixed"])


def mends(sandbox: Sandbox, check: str, **env: str) -> None:
    """One thing is broken: it is mended, all is well, and there is nothing more to do."""
    (one,) = fixed(sandbox, **env)
    assert (one["check"], one["done"]) == (check, True)
    assert one["before"] != one["after"]
    before = everything(sandbox)
    assert fixed(sandbox, **env) == []
    assert everything(sandbox) == before


def everything(sandbox: Sandbox) -> dict[Path, tuple[int, str]]:
    """Every file's and folder's mode, and what is in it."""
    return {
        path: (path.lstat().st_mode, digest(path))
        for path in sandbox.home.rglob("*")
        if ".git" not in path.parts
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- files of ours


def test_a_state_folder_is_closed(here: Sandbox) -> None:
    state(here).chmod(0o755)
    mends(here, "state")
    assert mode(state(here)) == 0o700


@pytest.mark.parametrize("name", ["trust.json", "config.toml"])
def test_what_others_may_write_is_closed_where_they_could_not_reach_it(
    here: Sandbox, name: str
) -> None:
    path = here.config("") if name == "config.toml" else state(here) / name
    path.parent.chmod(0o700)
    path.chmod(0o666)
    mends(here, "state")
    assert mode(path) == 0o600


def test_what_others_could_have_written_is_for_a_person_to_look_at(here: Sandbox) -> None:
    """Closing it would trust what may stand there."""
    path = state(here) / "trust.json"
    state(here).chmod(0o755)
    path.chmod(0o666)
    for _ in range(2):
        assert fixed(here, 1) == []
        assert (mode(path), mode(state(here))) == (0o666, 0o755)
    assert "fix: chmod go-w" in here.run_ccroute("doctor", "--fix").expect(1).out


def test_what_others_may_read_is_closed(here: Sandbox) -> None:
    (state(here) / "trust.json").chmod(0o644)
    mends(here, "state")
    assert mode(state(here) / "trust.json") == 0o600


def test_a_link_in_place_of_the_state_is_left_alone(here: Sandbox) -> None:
    other = here.write(here.home / "other.json", "{}", 0o666)
    (state(here) / "trust.json").unlink()
    (state(here) / "trust.json").symlink_to(other)
    assert fixed(here, 1) == []
    assert mode(other) == 0o666


def test_overlays_of_sessions_that_are_over_are_removed(here: Sandbox) -> None:
    folder = state(here) / overlay.FOLDER
    here.write(folder / "old.json", "{}", 0o600)
    here.write(folder / "young.json", "{}", 0o600)
    here.write(folder / "mine.txt", "", 0o600)
    folder.chmod(0o700)
    os.utime(folder / "old.json", (1, 1))
    mends(here, "overlays")
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "young.json"]


def test_an_overlay_that_a_session_names_stays(here: Sandbox) -> None:
    folder = state(here) / overlay.FOLDER
    here.write(folder / "old.json", "{}", 0o600)
    here.write(folder / overlay.FOLDERS, f"{here.home / '.claude'}\0", 0o600)
    folder.chmod(0o700)
    os.utime(folder / "old.json", (1, 1))
    job = {"respawnFlags": ["--settings", str(folder / "old.json")]}
    here.write(here.home / ".claude" / "jobs" / "1" / "state.json", json.dumps(job))
    assert fixed(here) == []
    assert (folder / "old.json").exists()


@pytest.mark.parametrize("data", [b"nonsense" * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_store_is_set_aside(here: Sandbox, data: bytes) -> None:
    store = state(here) / FILE
    store.write_bytes(data)
    store.chmod(0o600)
    assert "is damaged; nothing is remembered" in here.run_ccroute("doctor").expect(1).out
    assert store.read_bytes() == data
    mends(here, "store")
    assert (state(here) / f"{FILE}.damaged").read_bytes() == data
    assert not store.exists()


def test_a_store_of_a_newer_ccwrap_is_left_alone(here: Sandbox) -> None:
    here.run("python3", "-c", "import sqlite3,sys;sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version=99')", state(here) / FILE).expect()  # fmt: skip
    (state(here) / FILE).chmod(0o600)
    before = everything(here)
    assert fixed(here, 1) == []
    assert everything(here) == before
    assert "upgrade this ccwrap" in here.run_ccroute("doctor").expect(1).out


def test_a_store_is_read_and_not_made(here: Sandbox) -> None:
    here.run_ccwrap("-p", "x")
    assert "memory of 1 launch:" in here.run_ccroute("doctor").expect().out


def test_what_is_missing_is_compiled(here: Sandbox, tmp_path: Path) -> None:
    env = {"PYTHONPYCACHEPREFIX": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    (one,) = fixed(here, **env)
    assert (one["check"], one["done"]) == ("python", True)
    assert fixed(here, **env) == []


# --- what names an installation that is gone


def by_an_older_one(sandbox: Sandbox, *arguments: str) -> None:
    """Run a `ccroute` of an installation that is then removed."""
    folder = sandbox.home / "old venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("ccroute", "ccwrap"):
        shutil.copy(script(name), folder)
    sandbox.run(folder / "ccroute", *arguments).expect()
    shutil.rmtree(folder.parent)


@pytest.mark.parametrize("shell", shellfiles.SHELLS)
def test_an_alias_of_ours_is_renewed_and_comes_out_to_the_byte(here: Sandbox, shell: str) -> None:
    (file, *_) = shellfiles.files(shell, here.environment, here.home)
    here.write(file, "# mine\n")
    by_an_older_one(here, "alias", shell, "--install")
    mends(here, "terminal")
    assert "old venv" not in file.read_text()
    assert "it is there already" in here.run_ccroute("alias", shell, "--install").out
    here.run_ccroute("alias", shell, "--undo").expect()
    assert file.read_text() == "# mine\n"


def test_a_shim_of_ours_is_renewed(here: Sandbox) -> None:
    by_an_older_one(here, "alias", "bash", "--shim", "--install")
    shim = shellfiles.shims(here.environment, here.home) / "claude"
    mends(here, "scripts", PATH=f"{shim.parent}:{here.environment['PATH']}")
    assert (f"exec {OWN} " in shim.read_text(), mode(shim)) == (True, 0o755)
    here.run_ccroute("alias", "--undo").expect()
    assert not shim.parent.exists()


def test_an_editor_s_setting_is_renewed_and_comes_out_to_the_byte(here: Sandbox) -> None:
    file = editors.folder(here.environment, here.home) / "Code" / "User" / "settings.json"
    before = '{\n  // mine\n  "a": 1,\n}\n'
    here.write(file, before)
    by_an_older_one(here, "ide", "vscode")
    mends(here, "vscode")
    assert f'"{WRAPPER}": "{OWN}"' in file.read_text()
    assert f'"{LOGIN}": true' in file.read_text()
    here.run_ccroute("ide", "vscode", "--undo").expect()
    assert file.read_text() == before


def test_the_launcher_of_background_sessions_comes_out_to_the_byte(here: Sandbox) -> None:
    file = here.write(here.home / ".claude" / "settings.json", '{"model":"opus"}')
    by_an_older_one(here, "background", "--install")
    mends(here, "background")
    assert json.loads(file.read_text())["processWrapper"] == OWN
    here.run_ccroute("background", "--undo").expect()
    assert file.read_text() == '{"model":"opus"}'


def test_an_editor_s_setting_gets_nothing_that_was_not_there(here: Sandbox) -> None:
    file = editors.folder(here.environment, here.home) / "Code" / "User" / "settings.json"
    here.write(file, json.dumps({WRAPPER: GONE}))
    (one,) = fixed(here, 1)
    assert (one["check"], one["done"]) == ("vscode", True)
    assert json.loads(file.read_text()) == {WRAPPER: OWN}
    assert LOGIN not in file.read_text()


@pytest.mark.parametrize("value", [GONE, json.dumps(["/a folder/ccwrap"])])
def test_the_launcher_of_background_sessions_is_renewed(here: Sandbox, value: str) -> None:
    file = here.settings("user", {"processWrapper": value, "model": "opus"})
    mends(here, "background")
    assert json.loads(file.read_text()) == {"processWrapper": OWN, "model": "opus"}


@pytest.mark.parametrize("broken", ["python", "program"])
def test_our_status_line_is_renewed(here: Sandbox, broken: str) -> None:
    here.run_ccroute("statusline", "--install").expect()
    file = here.home / ".claude" / "settings.json"
    wanted = json.loads(file.read_text())
    words = shlex.split(wanted["statusLine"]["command"])
    assert words[0] == sys.executable
    if broken == "python":
        words[0] = "/gone/bin/python"
    else:
        words[3] = "/gone/ccwrap/health/statusline.py"
    command = {"type": "command", "command": shlex.join(words)}
    file.write_text(json.dumps({"statusLine": command}))
    mends(here, "statusline")
    assert json.loads(file.read_text()) == wanted


# --- what is not ours, or not ours to decide


def test_nothing_is_trusted_installed_or_taken_from_others(here: Sandbox) -> None:
    """Everything here is broken or not routed, and nobody's but the user's."""
    here.write(here.home / SHELL_FILE, f"alias claude={GONE}\nalias ccwrap=claude\n")
    file = editors.folder(here.environment, here.home) / "Code" / "User" / "settings.json"
    here.write(file, json.dumps({WRAPPER: "/gone/launcher", LOGIN: 5}))
    status = {"type": "command", "command": "/gone/line"}
    settings = {"processWrapper": "/gone/launcher", "statusLine": status}
    here.settings("user", settings)
    here.settings("project", {"processWrapper": GONE})
    here.ccroute('[[route]]\nkind = "anthropic"\n')
    here.write(here.home / ".local/share/ccwrap/shims/claude", "#!/bin/sh\nexec x\n", 0o777)
    before = everything(here)
    assert fixed(here, 1) == []
    assert everything(here) == before


def test_a_block_that_somebody_has_edited_is_for_a_person(here: Sandbox) -> None:
    here.run_ccroute("alias", "bash", "--install").expect()
    file = here.home / SHELL_FILE
    file.write_text(file.read_text().replace(f"claude={OWN}", "claude='/gone/launcher -x'"))
    before = file.read_text()
    assert fixed(here, 1) == []
    assert file.read_text() == before


def test_another_installation_s_paths_are_its_own(here: Sandbox) -> None:
    other = here.write(here.home / "other" / "ccwrap", "#!/bin/sh\n", 0o755)
    here.settings("user", {"processWrapper": str(other)})
    before = everything(here)
    assert fixed(here) == []
    assert everything(here) == before


def test_what_can_not_be_mended_is_said_and_keeps_its_fix(here: Sandbox) -> None:
    """A file that can't be written: its folder is a file, so no copy can be put beside it."""
    file = here.write(here.home / SHELL_FILE, "")
    here.run_ccroute("alias", "bash", "--install").expect()
    file.write_text(file.read_text().replace(OWN, GONE))
    (state(here) / "edits.json").write_text("nonsense")
    ran = here.run_ccroute("doctor", "--fix", "--json").expect(1)
    (one,) = ran.json["fixed"]
    assert (one["check"], one["done"]) == ("terminal", False)
    assert "edits.json" in one["after"]
    (still,) = [one for one in ran.json["checks"] if one["place"] == "bash"]
    assert (still["level"], still["fix"]) == ("problem", "ccroute alias bash --install")


def test_a_person_sees_what_was_and_what_is(here: Sandbox) -> None:
    state(here).chmod(0o755)
    assert "ccroute doctor --fix mends 1 of these" in here.run_ccroute("doctor").expect(1).out
    out = here.run_ccroute("doctor", "--fix").expect().out
    assert out.startswith(
        "state: ~/.local/state/ccwrap: others may look into it\n"
        "  mended: ~/.local/state/ccwrap has mode 0700\n\n"
    )
    assert out.endswith("\nno problems\n")
    assert "mended" not in here.run_ccroute("doctor", "--fix").expect().out
