"""`ccroute ide`: an editor's claude is ccwrap, its settings else untouched, and back again."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli import editors
from ccwrap.cli.editors import LOGIN, WRAPPER
from ccwrap.places import places
from running import script

if TYPE_CHECKING:
    from sandbox import Sandbox

OWN = script("ccwrap")
WANTED = {WRAPPER: OWN, LOGIN: True}
WRITTEN = {
    "empty file": b"",
    "empty object": b"{}",
    "comments": b'{\n  // mine\n  "a": 1, /* this\n  too */\n  "b": {} // and this\n}\n',
    "trailing comma": b'{\n    "a": [1,],\n}\n',
    "tabs": b'{\n\t"a": 1\n}',
    "byte order mark": b'\xef\xbb\xbf{\n  "a": 1\n}\n',
    "carriage returns": b'{\r\n  "a": 1\r\n}\r\n',
    "no line end": b'{"a":1}',
    "other values": f'{{\n  "{LOGIN}": false,\n  "{WRAPPER}": "/mine", // mine\n}}\n'.encode(),
    "one of ours": f'{{"{LOGIN}": true}}\n'.encode(),
    "twins": f'{{"{WRAPPER}": "/1", "{WRAPPER}": "/2"}}'.encode(),
    "our words elsewhere": f'{{\n  // "{WRAPPER}": 1\n  "a": {{"{WRAPPER}": 2}}\n}}\n'.encode(),
    "no text": b"{ // \xff\n}",
}
EXTENSION = ".vscode/extensions/anthropic.claude-code-2.1.330-linux-x64/package.json"


def user_file(sandbox: Sandbox, variant: str = "Code") -> Path:
    """The editor's settings; its folder is there, as after its first start."""
    base = editors.folder(sandbox.environment, sandbox.home)
    (base / variant).mkdir(parents=True, exist_ok=True)
    return base / variant / "User" / "settings.json"


def workspace_file(sandbox: Sandbox) -> Path:
    return sandbox.project / ".vscode" / "settings.json"


def written(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o640)


def read(path: Path, sandbox: Sandbox) -> dict[str, object]:
    return editors.settings(path, places(sandbox.environment)).values()


def extension(sandbox: Sandbox, **said: str) -> None:
    package = {
        "version": "2.1.330",
        "contributes": {"configuration": {"properties": {WRAPPER: {"type": "string", **said}}}},
    }
    sandbox.write(sandbox.home / EXTENSION, json.dumps(package))


@pytest.mark.parametrize("where", ["--user", "--workspace"])
@pytest.mark.parametrize("before", WRITTEN.values(), ids=WRITTEN)
def test_write_write_again_and_undo(bare_sandbox: Sandbox, before: bytes, where: str) -> None:
    path = user_file(bare_sandbox) if where == "--user" else workspace_file(bare_sandbox)
    written(path, before)
    ran = bare_sandbox.run_ccroute("ide", "vscode", where).expect()
    after = path.read_bytes()
    assert f"wrote {short(path, bare_sandbox)}\n" in ran.out
    assert f'  {WRAPPER} = "{OWN}"\n  {LOGIN} = true\n' in ran.out
    assert read(path, bare_sandbox).items() >= WANTED.items()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    again = bare_sandbox.run_ccroute("ide", "vscode", where).expect()
    assert "it is there already" in again.out
    assert path.read_bytes() == after
    back = next(line for line in ran.out.splitlines() if line.startswith("back: "))
    bare_sandbox.run_ccroute(*back.split()[2:]).expect()
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "nothing of ours there" in bare_sandbox.run_ccroute(*back.split()[2:]).expect().out


def short(path: Path, sandbox: Sandbox) -> str:
    return str(path).replace(str(sandbox.home), "~")


@pytest.mark.parametrize("where", ["--user", "--workspace"])
def test_what_was_made_goes_again(bare_sandbox: Sandbox, where: str) -> None:
    if where == "--user":
        user_file(bare_sandbox)
    before = everything(bare_sandbox)
    bare_sandbox.run_ccroute("ide", "vscode", where).expect()
    assert everything(bare_sandbox) != before
    assert (
        "is gone again" in bare_sandbox.run_ccroute("ide", "vscode", where, "--undo").expect().out
    )
    assert everything(bare_sandbox) == before


def everything(sandbox: Sandbox) -> set[Path]:
    """All files and folders but ccwrap's own and git's."""
    state = places(sandbox.environment).state
    found = set(sandbox.home.rglob("*"))
    ours = {state, *state.parents, *state.rglob("*")}
    return {path for path in found - ours if ".git" not in path.parts}


def test_a_link_is_followed_and_said(bare_sandbox: Sandbox) -> None:
    path = user_file(bare_sandbox)
    real = bare_sandbox.write(bare_sandbox.home / "dotfiles" / "code.json", "{}\n")
    path.parent.mkdir()
    path.symlink_to(real)
    out = bare_sandbox.run_ccroute("ide", "vscode").expect().out
    assert f"wrote {short(path, bare_sandbox)} (a link to ~/dotfiles/code.json)" in out
    assert path.is_symlink()
    assert read(real, bare_sandbox) == WANTED
    bare_sandbox.run_ccroute("ide", "vscode", "--undo").expect()
    assert (path.is_symlink(), real.read_text()) == (True, "{}\n")


def test_another_name_of_the_file_stays_as_it_is_and_that_is_said(bare_sandbox: Sandbox) -> None:
    path, other = user_file(bare_sandbox), bare_sandbox.home / "other"
    written(path, b"{}\n")
    other.hardlink_to(path)
    out = bare_sandbox.run_ccroute("ide", "vscode").expect().out
    said = f"wrote {short(path, bare_sandbox)} (hard links to it stay as they are)"
    assert said in " ".join(out.split())
    assert other.read_bytes() == b"{}\n"
    assert "hard links" not in bare_sandbox.run_ccroute("ide", "vscode").expect().out


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (b"[]", "is no JSON object"),
        (b'{"a": 1', "ends too early"),
        (b"{'a': 1}", "line 1 is no JSON"),
        ("{}".encode("utf-16"), "is no UTF-8 text"),
    ],
)
def test_what_can_not_be_read_is_left_alone(
    bare_sandbox: Sandbox, before: bytes, words: str
) -> None:
    path = user_file(bare_sandbox)
    written(path, before)
    for options in ((), ("--undo",), ("--dry-run",)):
        err = bare_sandbox.run_ccroute("ide", "vscode", *options).expect(78).err
        assert words in err
        assert str(path) in err
        assert "fix: " in err
    assert path.read_bytes() == before


def test_each_variant_that_has_been_here_is_written(bare_sandbox: Sandbox) -> None:
    there = [user_file(bare_sandbox, name) for name in ("Code - Insiders", "VSCodium")]
    server = bare_sandbox.home / ".vscode-server"
    server.mkdir()
    bare_sandbox.run_ccroute("ide", "vscode").expect()
    there.append(server / "data" / "Machine" / "settings.json")
    assert all(read(path, bare_sandbox) == WANTED for path in there)
    assert not user_file(bare_sandbox, "Code").exists()
    bare_sandbox.run_ccroute("ide", "vscode", "--undo").expect()
    assert not any(path.exists() for path in there)


def test_an_editor_that_has_not_been_here_finds_it(bare_sandbox: Sandbox) -> None:
    out = bare_sandbox.run_ccroute("ide", "cursor").expect().out
    assert "Cursor has not been here yet" in out
    assert read(user_file(bare_sandbox, "Cursor"), bare_sandbox) == WANTED


@pytest.mark.parametrize(
    ("platform", "environment", "file"),
    [
        ("linux", {}, "/h/.config/Code/User/settings.json"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/Code/User/settings.json"),
        ("linux", {"XDG_CONFIG_HOME": "x"}, "/h/.config/Code/User/settings.json"),
        ("darwin", {}, "/h/Library/Application Support/Code/User/settings.json"),
        ("win32", {"APPDATA": "/roaming"}, "/roaming/Code/User/settings.json"),
        ("win32", {}, "/h/AppData/Roaming/Code/User/settings.json"),
    ],
)
def test_where_settings_are(platform: str, environment: dict[str, str], file: str) -> None:
    base = editors.folder(environment, Path("/h"), platform)
    assert base / "Code" / "User" / "settings.json" == Path(file)


class TestDryRun:
    def test_it_shows_the_change_and_writes_nothing(self, bare_sandbox: Sandbox) -> None:
        path = user_file(bare_sandbox)
        before = b'{\n  // secret-1\n  "a.token": "secret-2" // secret-3\n}\n'
        written(path, before)
        out = bare_sandbox.run_ccroute("ide", "vscode", "--dry-run").expect().out
        assert f'+  "{WRAPPER}": "{OWN}",\n+  "{LOGIN}": true\n' in out
        assert "secret" not in out
        assert path.read_bytes() == before
        assert not places(bare_sandbox.environment).state.exists()

    def test_it_shows_the_way_back(self, bare_sandbox: Sandbox) -> None:
        path = user_file(bare_sandbox)
        written(path, f'{{\n  "{WRAPPER}": "/mine"\n}}\n'.encode())
        bare_sandbox.run_ccroute("ide", "vscode").expect()
        after = path.read_bytes()
        out = bare_sandbox.run_ccroute("ide", "vscode", "--undo", "--dry-run").expect().out
        assert f'-  "{WRAPPER}": "{OWN}",\n-  "{LOGIN}": true\n+  "{WRAPPER}": "/mine"\n' in out
        assert path.read_bytes() == after

    def test_it_says_so_where_nothing_would_change(self, bare_sandbox: Sandbox) -> None:
        user_file(bare_sandbox)
        out = bare_sandbox.run_ccroute("ide", "vscode", "--undo", "--dry-run").expect().out
        assert "nothing would change" in out


class TestWorkspace:
    def test_it_is_the_repository_s_whatever_folder_of_it_one_is_in(
        self, bare_sandbox: Sandbox
    ) -> None:
        deep = bare_sandbox.project / "deep"
        deep.mkdir()
        bare_sandbox.run_ccroute("ide", "vscode", "--workspace", cwd=deep).expect()
        assert read(workspace_file(bare_sandbox), bare_sandbox) == WANTED

    def test_a_path_of_one_person_is_not_for_git(self, bare_sandbox: Sandbox) -> None:
        path = workspace_file(bare_sandbox)
        written(path, b"{}\n")
        words = "keep .vscode/settings.json out of git"
        out = bare_sandbox.run_ccroute("ide", "vscode", "--workspace").expect().out
        assert words in " ".join(out.split())
        bare_sandbox.run_ccroute("ide", "vscode", "--workspace", "--undo").expect()
        bare_sandbox.git("add", ".vscode/settings.json")
        out = bare_sandbox.run_ccroute("ide", "vscode", "--workspace").expect().out
        assert "git tracks .vscode/settings.json" in " ".join(out.split())

    @pytest.mark.parametrize("scope", ["machine", "application"])
    def test_where_it_would_do_nothing_it_is_not_written(
        self, bare_sandbox: Sandbox, scope: str
    ) -> None:
        extension(bare_sandbox, scope=scope)
        err = bare_sandbox.run_ccroute("ide", "vscode", "--workspace").expect(2).err
        assert "2.1.330 here takes claudeCode.claudeProcessWrapper from your own settings" in err
        assert "fix: ccroute ide vscode --user" in err
        assert not workspace_file(bare_sandbox).exists()

    @pytest.mark.parametrize("said", [{}, {"scope": "machine-overridable"}])
    def test_where_it_counts_it_is(self, bare_sandbox: Sandbox, said: dict[str, str]) -> None:
        extension(bare_sandbox, **said)
        out = bare_sandbox.run_ccroute("ide", "vscode", "--workspace").expect().out
        assert "newer versions" not in out
        assert read(workspace_file(bare_sandbox), bare_sandbox) == WANTED

    @pytest.mark.parametrize("link", [".vscode", ".vscode/settings.json"])
    def test_a_link_that_a_repository_planted_is_not_followed(
        self, bare_sandbox: Sandbox, link: str
    ) -> None:
        victim = bare_sandbox.write(bare_sandbox.home / "victim" / "settings.json", "{}\n")
        planted = bare_sandbox.project / link
        planted.parent.mkdir(exist_ok=True)
        planted.symlink_to(victim if link.endswith("json") else victim.parent)
        for options in ((), ("--undo",), ("--dry-run",)):
            ran = bare_sandbox.run_ccroute("ide", "vscode", "--workspace", *options).expect(78)
            assert "a link that leads out of the project" in ran.err
        assert victim.read_text() == "{}\n"


class TestNotes:
    def test_a_terminal_in_the_editor_starts_no_wrapper(self, bare_sandbox: Sandbox) -> None:
        written(user_file(bare_sandbox), b'{"claudeCode.useTerminal": true}')
        out = bare_sandbox.run_ccroute("ide", "vscode").expect().out
        assert "ccroute alias --shim --install" in " ".join(out.split())

    def test_another_profile_is_named(self, bare_sandbox: Sandbox) -> None:
        path = user_file(bare_sandbox)
        profile = path.parent / "profiles" / "-abc" / "settings.json"
        bare_sandbox.write(profile, "{}")
        out = bare_sandbox.run_ccroute("ide", "vscode").expect().out
        assert short(profile, bare_sandbox) in out

    def test_a_container_s_settings_belong_into_its_file(self, bare_sandbox: Sandbox) -> None:
        (bare_sandbox.home / ".vscode-server").mkdir()
        out = bare_sandbox.run_ccroute("ide", "vscode", env={"REMOTE_CONTAINERS": "true"}).out
        assert "customizations.vscode.settings" in " ".join(out.split())


class TestJetBrains:
    def test_it_says_what_to_click_and_what_to_paste(self, bare_sandbox: Sandbox) -> None:
        before = everything(bare_sandbox)
        out = bare_sandbox.run_ccroute("ide", "jetbrains").expect().out
        assert "Settings (Ctrl+Alt+S, on macOS Cmd+,) > Tools > Claude Code [Beta]" in out
        assert f'"Claude command" to\n       {OWN}\n' in out
        undone = bare_sandbox.run_ccroute("ide", "jetbrains", "--undo").expect().out
        assert '"Claude command" to\n       claude\n' in undone
        assert everything(bare_sandbox) == before

    def test_it_has_no_settings_of_a_project(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.run_ccroute("ide", "jetbrains", "--workspace").expect(2)


@pytest.mark.parametrize("wrong", [("--user", "--workspace"), ("emacs",)])
def test_what_makes_no_sense_is_refused(bare_sandbox: Sandbox, wrong: tuple[str, ...]) -> None:
    editor = () if wrong == ("emacs",) else ("vscode",)
    bare_sandbox.run_ccroute("ide", *editor, *wrong).expect(2)


def test_many_at_once_write_it_once(bare_sandbox: Sandbox) -> None:
    path = user_file(bare_sandbox)
    before = b'{\n\t"a": 1, // mine\n}\n'
    written(path, before)
    commands = [("ide", "vscode"), ("ide", "cursor"), ("alias", "bash", "--install")] * 2
    running = [
        subprocess.Popen(
            [script("ccroute"), *command],
            env=bare_sandbox.environment,
            cwd=bare_sandbox.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running), said
    assert path.read_text().count(WRAPPER) == 1
    for command in (("ide", "vscode"), ("ide", "cursor"), ("alias",)):
        bare_sandbox.run_ccroute(*command, "--undo").expect()
    assert path.read_bytes() == before
    assert not (bare_sandbox.home / ".bashrc").exists()
    assert not user_file(bare_sandbox, "Cursor").exists()


def test_a_ccwrap_that_will_be_gone_is_not_written(bare_sandbox: Sandbox) -> None:
    cache = bare_sandbox.home / ".cache" / "uv" / "bin"
    for name in ("ccroute", "ccwrap"):
        bare_sandbox.write(cache / name, Path(script(name)).read_text(), 0o755)
    path = user_file(bare_sandbox)
    ran = bare_sandbox.run(cache / "ccroute", "ide", "vscode").expect(78)
    assert "is in a cache" in ran.err
    assert not path.exists()


def test_the_wrapper_is_written_as_it_was_called(bare_sandbox: Sandbox) -> None:
    """Under ~/.local/bin, where pipx has links that an upgrade moves."""
    folder = bare_sandbox.home / ".local" / "bin"
    folder.mkdir(parents=True)
    for name in ("ccroute", "ccwrap"):
        (folder / name).symlink_to(script(name))
    path = user_file(bare_sandbox)
    bare_sandbox.run(folder / "ccroute", "ide", "vscode").expect()
    assert read(path, bare_sandbox)[WRAPPER] == str(folder / "ccwrap")


class TestFound:
    def found(self, sandbox: Sandbox) -> list[editors.Found]:
        where = places(sandbox.environment)
        return list(editors.found(sandbox.environment, sandbox.home, where, (sandbox.project,)))

    def test_ours_another_s_and_none(self, bare_sandbox: Sandbox) -> None:
        ours, theirs = user_file(bare_sandbox), user_file(bare_sandbox, "Cursor")
        bare_sandbox.run_ccroute("ide", "vscode").expect()
        written(theirs, f'{{"{WRAPPER}": "/no/such/wrapper"}}'.encode())
        none = workspace_file(bare_sandbox)
        written(none, b"{}")
        assert self.found(bare_sandbox) == [
            editors.Found("VS Code", ours, OWN, ours=True, exists=True),
            editors.Found("Cursor", theirs, "/no/such/wrapper"),
            editors.Found("a window on this folder", none),
        ]

    def test_what_does_not_count_and_what_is_broken(self, bare_sandbox: Sandbox) -> None:
        extension(bare_sandbox, scope="machine")
        broken = user_file(bare_sandbox)
        written(broken, b"{")
        written(workspace_file(bare_sandbox), json.dumps(WANTED).encode())
        first, second = self.found(bare_sandbox)
        assert first.fault == f"{broken}: ends too early"
        assert (second.ours, second.exists, second.counts) == (True, True, False)

    @pytest.mark.parametrize(
        "package", ["", "[]", "{", '{"version": 1}', '{"version": "1", "contributes": []}']
    )
    def test_a_strange_extension_says_nothing(self, bare_sandbox: Sandbox, package: str) -> None:
        bare_sandbox.write(bare_sandbox.home / EXTENSION, package)
        assert editors.scope("vscode", bare_sandbox.home) == ("", "")


def test_the_real_program_runs_as_it_was_written(bare_sandbox: Sandbox) -> None:
    """As the extension starts it: the wrapper, then the path of a bundled claude."""
    path = user_file(bare_sandbox)
    bare_sandbox.run_ccroute("ide", "vscode").expect()
    bundled = bare_sandbox.stand_in()
    wrapper = str(read(path, bare_sandbox)[WRAPPER])
    arguments = ("--output-format", "stream-json", "--verbose")
    ran = bare_sandbox.run(wrapper, bundled.path, *arguments, env={"PATH": os.defpath}).expect()
    assert (ran.out, ran.err) == ("stand-in\n", "")
    assert bundled.report.argv == list(arguments)
