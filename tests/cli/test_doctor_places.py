"""`ccroute doctor`: each place that starts Claude Code, routed, not, broken, and not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.claude import versions
from ccwrap.claude.settings import Layer, Settings
from ccwrap.cli import doctor, doctor_places, editors, shellfiles
from ccwrap.cli.editors import LOGIN, TERMINAL, WRAPPER
from ccwrap.cli.finding import Machine
from ccwrap.gateways import kinds
from ccwrap.places import places
from routing import routed
from running import script

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox import Sandbox

OWN = script("ccwrap")
KEY = "sk-made-up-0123456789"
GONE = "/gone/venv/bin/ccwrap"
HOSTILE = "\x1b[2J\u202e\n::error::x"


@pytest.fixture
def here(bare_sandbox: Sandbox) -> Sandbox:
    """A machine on which all is well, and nothing is routed but what is started as ccwrap."""
    bare_sandbox.stand_in(says=f"{versions.GREEN[-1]} (Claude Code)\n")
    routed(bare_sandbox, {"eu": "https://eu.example.com"})
    bare_sandbox.environment["PATH"] = f"{bare_sandbox.bin}:/usr/bin:/bin"
    return bare_sandbox


def told(sandbox: Sandbox, place: str, status: int = 0, /, **env: str) -> list[dict[str, Any]]:
    """What is said of a place; nothing in it could move a terminal, or is a key."""
    ran = sandbox.run_ccroute("doctor", "--json", env=env).expect(status)
    shown = sandbox.run_ccroute("doctor", env=env).expect(status)
    assert "\x1b" not in ran.out + shown.out
    assert "\u202e" not in ran.out + shown.out
    assert "\n::error" not in ran.out + shown.out
    assert KEY not in ran.out + shown.out
    return [one for one in ran.json["checks"] if place in {one["place"], one["check"]}]


def only(found: Iterable[dict[str, Any]], *names: str) -> tuple[Any, ...]:
    """These keys of the one finding."""
    (one,) = found
    return tuple(one[name] for name in names)


def shim(sandbox: Sandbox) -> Path:
    return shellfiles.shims(sandbox.environment, sandbox.home) / "claude"


def first_on_path(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    return {"PATH": f"{folder}:{sandbox.environment['PATH']}"}


def broken_script(sandbox: Sandbox) -> Path:
    """A ccwrap whose Python has been removed."""
    text = f"#!{sandbox.home}/venv/bin/python\nfrom ccwrap.start import ccwrap\n"
    return sandbox.write(sandbox.home / "old" / "ccwrap", text, 0o755)


def other_installation(sandbox: Sandbox) -> Path:
    text = "#!/bin/sh\nexec true ccwrap\n"
    return sandbox.write(sandbox.home / "other" / "ccwrap", text, 0o755)


# --- a person's shell


def test_a_shell_that_is_not_routed_is_a_note_with_the_command(here: Sandbox) -> None:
    here.write(here.home / ".bashrc", "PS1=x\n")
    assert only(told(here, "bash"), "level", "routed", "by", "fix") == (
        "note", False, None, "ccroute alias bash --install"
    )  # fmt: skip


def test_a_shell_that_nobody_uses_here_is_not_shown(here: Sandbox) -> None:
    assert [told(here, shell) for shell in shellfiles.SHELLS] == [[], [], [], []]


@pytest.mark.parametrize("shell", shellfiles.SHELLS)
def test_a_shell_is_routed_by_its_alias(here: Sandbox, shell: str) -> None:
    here.run_ccroute("alias", shell, "--install").expect()
    (file, *_) = shellfiles.files(shell, here.environment, here.home)
    found = told(here, shell)
    assert only(found, "level", "routed", "by", "file") == ("ok", True, "alias", str(file))
    disabled = told(here, shell, CCWRAP_DISABLE="1")
    assert only(disabled, "level", "routed", "fix") == ("note", False, "unset CCWRAP_DISABLE")


@pytest.mark.parametrize("shell", shellfiles.SHELLS)
def test_an_alias_of_a_ccwrap_that_is_gone_is_a_problem(here: Sandbox, shell: str) -> None:
    here.run_ccroute("alias", shell, "--install").expect()
    (file, *_) = shellfiles.files(shell, here.environment, here.home)
    file.write_text(file.read_text().replace(OWN, GONE))
    found = told(here, shell, 1)
    assert only(found, "level", "routed", "fixable") == ("problem", False, True)
    assert f"{GONE}, which is not there" in found[0]["text"]


def test_a_ccwrap_whose_python_is_gone_is_a_problem(here: Sandbox) -> None:
    here.run_ccroute("alias", "bash", "--install").expect()
    file = here.home / ".bashrc"
    file.write_text(file.read_text().replace(OWN, str(broken_script(here))))
    (one,) = told(here, "bash", 1)
    assert f"needs {here.home}/venv/bin/python, which is not there" in one["text"]


def test_another_installation_is_a_note_and_its_own_business(here: Sandbox) -> None:
    here.run_ccroute("alias", "bash", "--install").expect()
    file = here.home / ".bashrc"
    file.write_text(file.read_text().replace(OWN, str(other_installation(here))))
    first, second = told(here, "bash")
    assert (first["level"], first["routed"]) == ("ok", True)
    assert (second["level"], second["fixable"]) == ("note", False)
    assert "another installation's ccwrap: ~/other/ccwrap" in second["text"]


@pytest.mark.parametrize(
    "line", ["alias claude='claude --verbose'", "claude() { true; }", "unalias -a"]
)
def test_what_takes_the_name_again_behind_the_alias_is_a_problem(here: Sandbox, line: str) -> None:
    here.run_ccroute("alias", "bash", "--install").expect()
    file = here.home / ".bashrc"
    file.write_text(f"{file.read_text()}\n{line}\n")
    assert only(told(here, "bash", 1), "level", "routed") == ("problem", False)


def test_a_reversed_alias_is_a_problem(here: Sandbox) -> None:
    here.write(here.home / ".bash_aliases", "# mine\nalias ccwrap=claude\n")
    found = told(here, "bash", 1, SHELL="/bin/bash")
    assert [one["level"] for one in found] == ["problem", "note"]
    assert "~/.bash_aliases:2 makes ccwrap an alias of claude" in found[0]["text"]


@pytest.mark.parametrize("line", ["alias claude=ccwrap", 'alias claude="ccwrap"'])
def test_an_alias_by_hand_counts_where_path_has_a_ccwrap(here: Sandbox, line: str) -> None:
    here.write(here.home / ".bashrc", f"# mine\n{line}\n")
    assert only(told(here, "bash"), "level", "routed") == ("note", None)
    (here.bin / "ccwrap").symlink_to(OWN)
    assert only(told(here, "bash"), "level", "routed", "by") == ("ok", True, "alias")


def test_an_alias_by_hand_of_what_is_gone_is_a_problem_and_left_alone(here: Sandbox) -> None:
    here.write(here.home / ".bashrc", f"alias claude={GONE}\n")
    found = told(here, "bash", 1)
    assert only(found, "level", "routed", "fixable") == ("problem", False, False)


# --- scripts, by PATH


def test_scripts_that_get_plain_claude_are_a_note(here: Sandbox) -> None:
    assert only(told(here, "scripts"), "level", "routed", "fix") == (
        "note", False, "ccroute alias --shim --install"
    )  # fmt: skip


def test_a_shim_counts_only_first_on_path(here: Sandbox) -> None:
    here.run_ccroute("alias", "bash", "--shim", "--install").expect()
    folder = shim(here).parent
    off = told(here, "scripts")
    assert only(off, "level", "routed", "file") == ("note", False, str(shim(here)))
    assert "not on PATH" in off[0]["text"]
    late = told(here, "scripts", 1, PATH=f"{here.environment['PATH']}:{folder}")
    assert only(late, "level", "routed") == ("problem", False)
    assert "comes before" in late[0]["text"]
    first = first_on_path(here, folder)
    assert only(told(here, "scripts", **first), "level", "routed", "by") == ("ok", True, "shim")
    assert only(told(here, "bash", **first), "level", "routed", "by") == ("ok", True, "shim")


def test_a_shim_of_a_ccwrap_that_is_gone_is_a_problem(here: Sandbox) -> None:
    here.run_ccroute("alias", "bash", "--shim", "--install").expect()
    shim(here).write_text(shim(here).read_text().replace(OWN, GONE))
    found = told(here, "scripts", 1, **first_on_path(here, shim(here).parent))
    assert only(found, "level", "routed", "fixable") == ("problem", False, True)


def test_a_link_to_ccwrap_counts_and_is_passed_over(here: Sandbox) -> None:
    (here.home / "bin").mkdir()
    (here.home / "bin" / "claude").symlink_to(OWN)
    path = first_on_path(here, here.home / "bin")
    assert only(told(here, "scripts", **path), "level", "routed") == ("ok", True)
    assert told(here, "claude", **path)[0]["text"].endswith(f"{here.claude} (PATH)")


# --- VS Code, Cursor


def editor_file(sandbox: Sandbox, folder: str = "Code") -> Path:
    base = editors.folder(sandbox.environment, sandbox.home)
    (base / folder / "User").mkdir(parents=True, exist_ok=True)
    return base / folder / "User" / "settings.json"


def says(sandbox: Sandbox, folder: str = "Code", **values: object) -> Path:
    names = {"wrapper": WRAPPER, "login": LOGIN, "terminal": TERMINAL}
    data = {names.get(name, f"claudeCode.{name}"): value for name, value in values.items()}
    return sandbox.write(editor_file(sandbox, folder), json.dumps(data))


@pytest.mark.parametrize(("name", "folder"), [("vscode", "Code"), ("cursor", "Cursor")])
def test_an_editor_is_a_note_and_then_routed(here: Sandbox, name: str, folder: str) -> None:
    assert told(here, name) == []
    file = editor_file(here, folder)
    assert only(told(here, name), "level", "routed", "fix") == (
        "note", False, f"ccroute ide {name}"
    )  # fmt: skip
    here.run_ccroute("ide", name).expect()
    first, *rest = told(here, name)
    assert (first["level"], first["routed"], first["by"]) == ("ok", True, WRAPPER)
    assert first["file"] == str(file)
    assert [one["level"] for one in rest] == ["note"]
    assert "LLM_KEY: set in this environment alone" in rest[0]["text"]
    here.write(".env.local", f"LLM_KEY={KEY}\n")
    assert len(told(here, name)) == 1


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (GONE, "which is not there"),
        ("/usr/bin", "which is not there"),
        ("C:\\bin\\ccwrap.cmd", "names a .cmd, which no editor can start"),
        ("~/bin/ccwrap", "stays as it is"),
        ("${workspaceFolder}/ccwrap", "stays as it is"),
        (5, "is no text"),
        (["/x"], "is no text"),
        (HOSTILE, ""),
        ("/" + HOSTILE, "which is not there"),
    ],
)
def test_a_wrapper_that_can_not_start_is_a_problem(
    here: Sandbox, wrapper: object, words: str
) -> None:
    says(here, wrapper=wrapper, login=True)
    (one,) = told(here, "vscode", 1 if words else 0)
    assert one["routed"] is (False if words else None)
    assert words in one["text"]
    assert one["fixable"] is (wrapper == GONE)


def test_a_launcher_of_somebody_else_s_is_said_to_be_unknown(here: Sandbox) -> None:
    says(here, wrapper="/bin/true", login=True)
    assert only(told(here, "vscode"), "level", "routed", "fixable") == ("note", None, False)
    calls = here.write(here.home / "corp", '#!/bin/sh\nexec ccwrap "$@"\n', 0o755)
    says(here, wrapper=str(calls), login=True)
    assert told(here, "vscode")[0]["routed"] is True


def test_a_login_prompt_in_the_way_is_a_problem_where_there_is_no_login(here: Sandbox) -> None:
    says(here, wrapper=OWN)
    assert {"problem"} < {one["level"] for one in told(here, "vscode", 1)}
    login = {"claudeAiOauth": {"accessToken": KEY}}
    here.write(here.home / ".claude" / ".credentials.json", json.dumps(login))
    assert "problem" not in {one["level"] for one in told(here, "vscode")}


def test_a_terminal_in_the_editor_takes_the_claude_of_path(here: Sandbox) -> None:
    says(here, wrapper=OWN, login=True, terminal=True)
    found = told(here, "vscode", 1)
    assert only(found, "level", "routed", "by") == ("problem", False, TERMINAL)
    says(here, terminal=True)
    assert only(told(here, "vscode"), "level", "routed") == ("note", False)
    here.run_ccroute("alias", "bash", "--shim", "--install").expect()
    path = first_on_path(here, shim(here).parent)
    assert told(here, "vscode", **path)[0]["routed"] is True


def test_variables_of_the_extension_are_named_and_never_their_values(here: Sandbox) -> None:
    given = [{"name": "ANTHROPIC_AUTH_TOKEN", "value": KEY}, {"name": "X", "value": "1"}]
    says(here, wrapper=OWN, login=True, environmentVariables=[*given, 5, {"name": 7}, {}])
    notes = [one["text"] for one in told(here, "vscode") if one["level"] == "note"]
    assert any("sets ANTHROPIC_AUTH_TOKEN; a route outranks it" in text for text in notes)
    off = [{"name": "CCWRAP_DISABLE", "value": "1"}]
    says(here, wrapper=OWN, login=True, environmentVariables=off)
    problems = [one for one in told(here, "vscode", 1) if one["level"] == "problem"]
    assert only(problems, "routed") == (False,)


def test_a_profile_and_a_remote_window_have_settings_of_their_own(here: Sandbox) -> None:
    here.write(here.home / ".vscode-server" / "data" / "Machine" / "settings.json", "{}")
    here.run_ccroute("ide", "vscode").expect()
    here.write(editor_file(here).parent / "profiles" / "a" / "settings.json", "{}")
    here.run_ccroute("ide", "vscode").expect()
    texts = [one["text"] for one in told(here, "vscode", REMOTE_CONTAINERS="true")]
    assert any("a profile has settings of its own" in text for text in texts)
    assert any("a container that is built anew has lost this" in text for text in texts)


@pytest.mark.parametrize(
    ("text", "level", "routed"),
    [
        ("[]", "note", False),
        ("{", "note", False),
        ('{"claudeCode.x": ', "note", None),
        (f'{{"{WRAPPER}": ', "problem", None),
        (" " * (3 << 20), "note", None),
        ('{"claudeCode.x":' * 5000, "note", None),
    ],
    ids=["no object", "no JSON", "Claude's in no JSON", "ours in no JSON", "huge", "deep"],
)
def test_settings_that_can_not_be_read_are_a_problem_where_they_speak_of_us(
    here: Sandbox, text: str, level: str, routed: bool | None
) -> None:
    here.write(editor_file(here), text)
    status = int(level == "problem")
    assert only(told(here, "vscode", status), "level", "routed") == (level, routed)


def test_a_project_s_settings_count_only_where_the_extension_reads_them(here: Sandbox) -> None:
    here.write(".vscode/settings.json", json.dumps({"editor.tabSize": 2}))
    assert told(here, "workspace") == []
    here.write(".vscode/settings.json", json.dumps({WRAPPER: OWN, LOGIN: True}))
    assert only(told(here, "workspace"), "level", "routed") == ("ok", True)
    package = {
        "version": "2.1.330",
        "contributes": {"configuration": {"properties": {WRAPPER: {"scope": "machine"}}}},
    }
    path = here.home / ".vscode/extensions/anthropic.claude-code-2.1.330/package.json"
    here.write(path, json.dumps(package))
    assert only(told(here, "workspace"), "level", "routed") == ("note", False)


@pytest.mark.parametrize(
    ("text", "level", "routed"),
    [
        ("{} // mine", "note", False),
        (f'{{"customizations": {{"vscode": {{"settings": {{"{WRAPPER}": "/x/ccwrap"}}}}}}}}',
         "ok", True),
        ('{"customizations": 5}', "note", False),
        ('{"customizations": {"vscode": {"settings": [1]}}}', "note", False),
        ("{", "note", None),
        (" " * (3 << 20), "note", None),
    ],
    ids=["silent", "routed", "wrong type", "wrong type inside", "no JSON", "huge"],
)  # fmt: skip
def test_a_dev_container_has_settings_of_its_own(
    here: Sandbox, text: str, level: str, routed: bool | None
) -> None:
    here.write(".devcontainer/devcontainer.json", text)
    assert only(told(here, "devcontainer"), "level", "routed") == (level, routed)


def test_a_jetbrains_ide_can_not_be_looked_into(here: Sandbox) -> None:
    base = editors.folder(here.environment, here.home) / "JetBrains"
    (base / "consentOptions").mkdir(parents=True)
    assert told(here, "jetbrains") == []
    (base / "PyCharm2026.1").mkdir()
    found = told(here, "jetbrains")
    assert only(found, "level", "routed") == ("note", None)
    assert "ccroute ide jetbrains" in found[0]["fix"]


# --- sessions that Claude Code starts by itself


def test_background_sessions_are_a_note_with_the_line_and_its_file(here: Sandbox) -> None:
    found = told(here, "background")
    assert only(found, "level", "routed") == ("note", False)
    assert f'"processWrapper": "{OWN}" in ~/.claude/settings.json' in found[0]["fix"]
    here.run_ccroute("background", "--install").expect()
    assert only(told(here, "background"), "level", "routed", "by", "file") == (
        "ok", True, "processWrapper", str(here.home / ".claude" / "settings.json")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (GONE, "which is not there"),
        ("ccwrap", "no absolute path"),
        (f"{OWN} --verbose", "arguments of its own"),
        (f"{OWN}; rm x", "a shell's character"),
        ('"/x', "a quote without its end"),
        ("[1]", "is no array of texts"),
        (HOSTILE, "no absolute path"),
        (5, "is no text"),
    ],
)
def test_a_launcher_that_claude_refuses_is_a_problem(
    here: Sandbox, value: object, words: str
) -> None:
    here.settings("user", {"processWrapper": value})
    found = [one for one in told(here, "background", 1) if one["level"] == "problem"]
    assert only(found, "routed", "fixable") == (False, value == GONE)
    assert words in found[0]["text"]


def test_the_variable_outranks_the_setting(here: Sandbox) -> None:
    here.settings("user", {"processWrapper": "/bin/true"})
    assert only(told(here, "background"), "level", "routed") == ("note", None)
    env = {"CLAUDE_CODE_PROCESS_WRAPPER": json.dumps([OWN])}
    assert only(told(here, "background", **env), "routed", "by", "file") == (
        True, "CLAUDE_CODE_PROCESS_WRAPPER", None
    )  # fmt: skip


def test_a_project_can_not_say_it(here: Sandbox) -> None:
    here.settings("project", {"processWrapper": OWN})
    here.settings("local", {"env": {"CLAUDE_CODE_PROCESS_WRAPPER": OWN}})
    found = told(here, "background")
    assert [(one["level"], one["routed"]) for one in found] == [("note", False)] * 3
    assert sum("is ignored: a project can't say it" in one["text"] for one in found) == 2


def test_windows_ignores_it_and_managed_settings_may_say_it(tmp_path: Path) -> None:
    file = tmp_path / "managed-settings.json"
    layers = Settings((Layer("managed", file, {"processWrapper": OWN}),))
    seen = Machine({}, tmp_path, places({"HOME": str(tmp_path)}), kinds.load(), layers, tmp_path)
    (found,) = doctor_places.background(seen, "linux")
    assert found.place == ("background", True, "processWrapper", file)
    (found,) = doctor_places.background(seen, "win32")
    assert found.place is not None
    assert (found.level, found.place.routed) == ("note", False)


# --- programs, jobs, and what is out of reach


@pytest.mark.parametrize("bundled", [True, False])
def test_the_python_sdk_takes_its_own_claude_or_path_s(here: Sandbox, bundled: bool) -> None:
    assert told(here, "sdk") == []
    package = here.project / ".venv/lib/python3.12/site-packages/claude_agent_sdk"
    here.write(package / "__init__.py", "")
    if bundled:
        here.write(package / "_bundled" / "claude", "", 0o755)
    found = told(here, "sdk")
    assert only(found, "level", "routed", "fix") == ("note", None, f'pass cli_path="{OWN}"')
    assert ("takes the claude that it brings" in found[0]["text"]) is bundled
    here.run_ccroute("alias", "bash", "--shim", "--install").expect()
    path = first_on_path(here, shim(here).parent)
    assert told(here, "sdk", **path)[0]["routed"] is (None if bundled else True)


def test_the_typescript_sdk_never_looks_at_path(here: Sandbox) -> None:
    (here.project / "node_modules/@anthropic-ai/claude-agent-sdk").mkdir(parents=True)
    found = told(here, "sdk")
    assert only(found, "routed", "fix") == (None, f'pass pathToClaudeCodeExecutable: "{OWN}"')


def test_a_job_is_told_what_routes_it(here: Sandbox) -> None:
    assert told(here, "ci") == []
    assert told(here, "ci", CI="false") == []
    assert only(told(here, "ci", CI="true"), "level", "routed") == ("note", None)
    base = {"CI": "true", "ANTHROPIC_BASE_URL": "https://eu.example.com/"}
    assert only(told(here, "ci", **base), "routed", "by") == (True, "ANTHROPIC_BASE_URL")
    (here.bin / "claude").rename(here.bin / "real")
    (here.bin / "claude").symlink_to(OWN)
    named = {"CI": "1", "CCWRAP_CLAUDE": str(here.bin / "real")}
    assert only(told(here, "ci", **named), "routed", "by") == (True, "shim")


def test_a_job_without_trust_is_told_how_it_gets_there(here: Sandbox) -> None:
    del here.environment["CCWRAP_TRUST"]
    found = told(here, "ci", 1, CI="true")
    assert [one["level"] for one in found] == ["note", "note"]
    assert "CCWRAP_TRUST is not set" in found[1]["text"]
    (trust,) = told(here, "trust", 1, CI="true")
    assert "ccroute trust --print" in trust["fix"]


def test_a_github_job_needs_a_place_for_its_variables(here: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "env").touch()
    job = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ENV": str(tmp_path / "env")}
    assert len(told(here, "ci", **job)) == 1
    found = told(here, "ci", 1, **job | {"GITHUB_ENV": f"/nowhere/{HOSTILE}"})
    assert [one["level"] for one in found] == ["note", "problem"]


def test_the_desktop_app_is_said_once_to_be_out_of_reach(here: Sandbox) -> None:
    assert only(told(here, "desktop"), "level", "routed") == ("note", False)


# --- worlds that are not as they should be


@pytest.mark.parametrize("home", ["missing", "a file", "a circle", None])
def test_any_home_gets_an_answer(here: Sandbox, tmp_path: Path, home: str | None) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "a circle").symlink_to("a circle")
    here.environment |= {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    del here.environment["HOME"]
    if home is not None:
        here.environment["HOME"] = str(tmp_path / home)
    ran = here.run_ccroute("doctor", "--json")
    assert (ran.err, ran.status in {0, 1}) == ("", True)
    assert {one["check"] for one in ran.json["checks"]} >= {"claude", "state", "desktop"}


@pytest.mark.parametrize(
    "text", ["nonsense", '[[route]]\nkind = "no-such-kind"\n', "\x00", f'x = "{HOSTILE[:3]}"']
)
def test_a_broken_route_file_hides_nothing_else(here: Sandbox, text: str) -> None:
    here.ccroute(text)
    assert only(told(here, "desktop", 1), "level") == ("note",)
    here.ccroute('[[route]]\nkind = "anthropic"\n')
    here.config(text)
    assert only(told(here, "desktop", 1), "level") == ("note",)


def test_a_home_of_another_account_s_gets_an_answer(tmp_path: Path, nobody: int) -> None:
    del nobody
    where = places({"HOME": str(tmp_path / "home")})
    seen = Machine(
        {"PATH": str(tmp_path)}, tmp_path, where, kinds.load(), Settings(()), tmp_path / "ccroute"
    )
    found = dict(doctor.examine(seen))
    assert found["desktop"].level == "note"


def test_nothing_is_written_without_being_told_to(here: Sandbox) -> None:
    says(here, wrapper=GONE)
    here.settings("user", {"processWrapper": GONE})
    before = {path: path.lstat().st_mtime_ns for path in here.home.rglob("*")}
    here.run_ccroute("doctor").expect(1)
    assert {path: path.lstat().st_mtime_ns for path in here.home.rglob("*")} == before
