"""`ccroute alias`: a shell's claude is ccwrap, and back again to the byte."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.claude import binary
from ccwrap.cli import shellfiles
from ccwrap.errors import SettingError
from ccwrap.places import places
from needing import missing
from running import script

if TYPE_CHECKING:
    from sandbox import Sandbox

OWN = script("ccwrap")
FILES = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "fish": ".config/fish/conf.d/ccwrap.fish",
    "powershell": ".config/powershell/Microsoft.PowerShell_profile.ps1",
}
LINES = {
    "bash": f"alias claude={OWN}",
    "zsh": f"alias claude={OWN}",
    "fish": f"    '{OWN}' $argv",
    "powershell": f"Set-Alias -Name claude -Value '{OWN}'",
}
WRITTEN = {
    "empty": b"",
    "lines": b"# mine\nalias ls='ls -F'\n",
    "no line end": b"export A=1",
    "carriage returns": b"# mine\r\n$a = 1\r\n",
    "blank lines at its end": b"a=1\n\n\n",
    "no text": b"# \xe9\xff\nPS1='\xf0\x9f\x98\x80'\n",
    "another claude": b"alias claude='claude --verbose'\n",
}
STRANGE = 'it\'s a "dir" $(touch ran) `touch ran` \\ \u2019;!'
"""A folder's name that every shell would take for more than a name."""

needs = {shell: shutil.which(shell) for shell in ("bash", "zsh", "fish")}


def rc(sandbox: Sandbox, shell: str = "bash") -> Path:
    return sandbox.home / FILES[shell]


def shim(sandbox: Sandbox) -> Path:
    return shellfiles.shims(sandbox.environment, sandbox.home) / "claude"


def left(sandbox: Sandbox) -> set[Path]:
    """All files and folders but ccwrap's own state and the project."""
    state = places(sandbox.environment).state
    ours = {state, *state.parents, *state.rglob("*")}
    return {path for path in set(sandbox.home.rglob("*")) - ours if ".git" not in path.parts}


@pytest.mark.parametrize(
    ("shell", "options"),
    [("bash", ()), ("powershell", ()), ("zsh", ("--shim",)), ("fish", ("--shim",))],
)
@pytest.mark.parametrize("before", WRITTEN.values(), ids=WRITTEN)
def test_install_install_again_and_undo(
    bare_sandbox: Sandbox, shell: str, before: bytes, options: tuple[str, ...]
) -> None:
    file = rc(bare_sandbox, shell)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    file.chmod(0o600)
    there = left(bare_sandbox)
    ran = bare_sandbox.run_ccroute("alias", shell, *options, "--install").expect()
    assert f"wrote ~/{FILES[shell]}\n" in ran.out
    after = file.read_bytes()
    assert after.startswith(before)
    assert options or LINES[shell].encode() in after
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = bare_sandbox.run_ccroute("alias", shell, *options, "--install").expect()
    assert f"~/{FILES[shell]}: it is there already" in again.out
    assert file.read_bytes() == after
    assert f"back: ccroute alias {shell} --undo\n" in ran.out
    bare_sandbox.run_ccroute("alias", shell, "--undo").expect()
    assert file.read_bytes() == before
    assert left(bare_sandbox) == there
    assert bare_sandbox.run_ccroute("alias", "--undo").expect().out == "nothing of ours there\n"


@pytest.mark.parametrize("shell", FILES)
def test_a_file_that_was_made_goes_again(bare_sandbox: Sandbox, shell: str) -> None:
    there = left(bare_sandbox)
    bare_sandbox.run_ccroute("alias", shell, "--install").expect()
    assert rc(bare_sandbox, shell).exists()
    assert "is gone" in bare_sandbox.run_ccroute("alias", "--undo").expect().out
    assert left(bare_sandbox) == there


def test_alone_it_prints_the_line_and_nothing_else(bare_sandbox: Sandbox) -> None:
    there = left(bare_sandbox)
    for shell, line in LINES.items():
        ran = bare_sandbox.run_ccroute("alias", shell).expect()
        assert line in ran.out.splitlines()
        assert f"~/{FILES[shell]}; ccroute alias {shell} --install writes it there" in ran.err
    assert left(bare_sandbox) == there


@pytest.mark.parametrize(
    ("parents", "said", "shell"),
    [
        ([], "/bin/bash", "bash"),
        ([], "/usr/local/bin/fish", "fish"),
        (["zsh"], "/bin/bash", "zsh"),
        (["-zsh"], "", "zsh"),
        (["pwsh"], "/bin/bash", "powershell"),
        (["POWERSHELL.EXE"], "", "powershell"),
        (["python3"], "/bin/zsh", "zsh"),
        (["make"], "/bin/ksh", ""),
        ([], "", ""),
    ],
)
def test_the_shell_is_the_one_that_started_us(parents: list[str], said: str, shell: str) -> None:
    assert shellfiles.guessed(parents, {"SHELL": said}) == shell


def test_no_shell_is_made_up(bare_sandbox: Sandbox) -> None:
    err = bare_sandbox.run_ccroute("alias", env={"SHELL": "/bin/ksh"}).expect(2).err
    assert "it isn't clear which shell is yours" in err


def test_the_shell_that_runs_it_is_known(bare_sandbox: Sandbox) -> None:
    command = f"{script('ccroute')} alias; true"
    ran = bare_sandbox.run("bash", "-c", command, env={"SHELL": "/bin/zsh"}).expect()
    assert "this is for ~/.bashrc" in ran.err


@pytest.mark.parametrize(
    ("shell", "platform", "environment", "there", "files"),
    [
        ("bash", "linux", {}, (), (".bashrc",)),
        ("bash", "linux", {}, (".profile", ".bash_profile"), (".bashrc", ".bash_profile")),
        ("bash", "darwin", {}, (), (".bashrc", ".bash_profile")),
        ("bash", "darwin", {}, (".profile",), (".bashrc", ".profile")),
        ("bash", "darwin", {}, (".profile", ".bash_login"), (".bashrc", ".bash_login")),
        ("zsh", "linux", {"ZDOTDIR": "{home}/z"}, (), ("z/.zshrc",)),
        ("zsh", "darwin", {"ZDOTDIR": "relative"}, (), (".zshrc",)),
        ("fish", "linux", {"XDG_CONFIG_HOME": "{home}/c"}, (), ("c/fish/conf.d/ccwrap.fish",)),
        ("powershell", "win32", {}, (), ()),
    ],
)
def test_where_a_shell_begins(
    tmp_path: Path,
    shell: str,
    platform: str,
    environment: dict[str, str],
    there: tuple[str, ...],
    files: tuple[str, ...],
) -> None:
    for name in there:
        (tmp_path / name).touch()
    said = {name: value.format(home=tmp_path) for name, value in environment.items()}
    found = shellfiles.files(shell, said, tmp_path, platform)
    assert found == tuple(tmp_path / name for name in files)


def test_a_link_into_dotfiles_is_followed_and_said(bare_sandbox: Sandbox) -> None:
    real = bare_sandbox.write(bare_sandbox.home / "dotfiles" / "bashrc", "a=1")
    rc(bare_sandbox).symlink_to(real)
    out = bare_sandbox.run_ccroute("alias", "bash", "--install").expect().out
    assert "wrote ~/.bashrc (a link to ~/dotfiles/bashrc)" in out
    assert LINES["bash"] in real.read_text()
    bare_sandbox.run_ccroute("alias", "bash", "--undo").expect()
    assert (rc(bare_sandbox).is_symlink(), real.read_text()) == (True, "a=1")


def test_lines_of_others_around_it_stay(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.write(rc(bare_sandbox), "a=1\n")
    bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
    file.write_text(f"b=2\n{file.read_text()}c=3\n")
    bare_sandbox.run_ccroute("alias", "bash", "--undo").expect()
    assert file.read_text() == "b=2\na=1\nc=3\n"


def test_an_older_block_gives_way(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.write(rc(bare_sandbox), "a=1\n")
    bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
    current = file.read_text()
    file.write_text(current.replace(OWN, "/gone/ccwrap"))
    bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
    assert file.read_text() == current
    bare_sandbox.run_ccroute("alias", "bash", "--undo").expect()
    assert file.read_text() == "a=1\n"


@pytest.mark.parametrize("order", [("", "--shim"), ("--shim", "")])
def test_alias_and_shim_share_one_block(bare_sandbox: Sandbox, order: tuple[str, str]) -> None:
    file = bare_sandbox.write(rc(bare_sandbox), "a=1")
    for option in order:
        bare_sandbox.run_ccroute("alias", "bash", *filter(None, (option,)), "--install").expect()
    assert file.read_text().count(shellfiles.BEGIN) == 1
    assert LINES["bash"] in file.read_text()
    assert "export PATH=" in file.read_text()
    bare_sandbox.run_ccroute("alias", "--undo").expect()
    assert file.read_text() == "a=1"
    assert not shim(bare_sandbox).exists()


@pytest.mark.parametrize("line", ["alias claude=ccwrap", "  alias claude='/x/ccwrap' # mine"])
def test_an_alias_by_hand_is_left_as_it_is(bare_sandbox: Sandbox, line: str) -> None:
    file = bare_sandbox.write(rc(bare_sandbox), f"a=1\n{line}\n")
    out = bare_sandbox.run_ccroute("alias", "bash", "--install").expect().out
    assert "line 2 makes claude an alias of ccwrap already" in out
    assert file.read_text() == f"a=1\n{line}\n"
    bare_sandbox.run_ccroute("alias", "--undo").expect()
    assert file.read_text() == f"a=1\n{line}\n"


def test_what_only_looks_like_a_block_is_no_block(bare_sandbox: Sandbox) -> None:
    text = f"{shellfiles.BEGIN}\nprecious=1\n"
    file = bare_sandbox.write(rc(bare_sandbox), text)
    bare_sandbox.run_ccroute("alias", "--undo").expect()
    assert file.read_text() == text
    bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
    bare_sandbox.run_ccroute("alias", "--undo").expect()
    assert file.read_text() == text


def test_a_file_that_can_not_be_read_is_named(bare_sandbox: Sandbox) -> None:
    bare_sandbox.write(rc(bare_sandbox), "a=1\n")
    rc(bare_sandbox, "zsh").mkdir()
    bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
    for options in (("zsh", "--install"), ("--undo",)):
        err = bare_sandbox.run_ccroute("alias", *options).expect(78).err
        assert f"{rc(bare_sandbox, 'zsh')}: " in err
        assert "fix: " in err
    assert rc(bare_sandbox).read_text() == "a=1\n"


def test_powershell_elsewhere_is_asked_for_its_profile(bare_sandbox: Sandbox) -> None:
    """As on Windows, where Documents may be anywhere."""
    from ccwrap.cli import alias, world  # noqa: PLC0415

    profile = bare_sandbox.home / "One Drive" / "profile.ps1"
    bare_sandbox.write(
        bare_sandbox.bin / "pwsh",
        f'#!/bin/sh\n[ "$*" = "-NoProfile -NonInteractive -Command \\$PROFILE" ] && echo "{profile}"\n',
        0o755,
    )
    here = world.here()._replace(environment=bare_sandbox.environment)
    assert alias.asked(here) == profile
    (bare_sandbox.bin / "pwsh").unlink()
    with pytest.raises(SettingError, match="doesn't say where its profile is"):
        alias.asked(here)


@pytest.mark.parametrize(
    ("shell", "word"),
    [
        ("bash", "alias claude=''\"'\"'/it'\"'\"'\"'\"'\"'\"'\"'\"'s/ccwrap'\"'\"''\n"),
        (
            "fish",
            """status is-interactive; and function claude --wraps claude
    '/it\\'s/ccwrap' $argv
end
""",
        ),
        ("powershell", "Set-Alias -Name claude -Value '/it''s/ccwrap'\n"),
    ],
)
def test_quotes_in_a_path_stay_quotes(shell: str, word: str) -> None:
    assert shellfiles.alias(shell, Path("/it's/ccwrap")) == word


def test_powershell_s_other_quotes_are_doubled_too() -> None:
    line = shellfiles.on_path("powershell", Path("/a\u2019b\u2018c\u201bd"))
    assert line.startswith("$env:PATH = '/a\u2019\u2019b\u2018\u2018c\u201b\u201bd' + ")


class TestRealShells:
    """bash is everywhere; where zsh and fish are, they are asked, too."""

    shells = pytest.mark.parametrize("shell", [name for name, path in needs.items() if path])

    def installed(self, sandbox: Sandbox, shell: str, *options: str) -> Path:
        """A ccwrap in a strange folder that says how it was called, and its alias."""
        folder = sandbox.home / STRANGE
        sandbox.write(folder / "ccwrap", '#!/bin/sh\nprintf "routed<%s>\\n" "$@"\n', 0o755)
        sandbox.write(folder / "ccroute", Path(script("ccroute")).read_text(), 0o755)
        sandbox.stand_in()
        sandbox.run(folder / "ccroute", "alias", shell, *options, "--install").expect()
        return folder

    @shells
    def test_a_person_s_claude_is_ccwrap(self, bare_sandbox: Sandbox, shell: str) -> None:
        self.installed(bare_sandbox, shell)
        ran = bare_sandbox.run(shell, "-ic", "claude a 'b  c' '$d'", env={"TERM": "dumb"})
        assert ran.out.endswith("routed<a>\nrouted<b  c>\nrouted<$d>\n"), ran
        assert not list(bare_sandbox.home.rglob("ran"))
        assert not (bare_sandbox.project / "ran").exists()

    @shells
    def test_an_alias_is_no_script_s(self, bare_sandbox: Sandbox, shell: str) -> None:
        self.installed(bare_sandbox, shell)
        assert bare_sandbox.run(shell, "-c", "claude x").out == "stand-in\n"

    @shells
    def test_a_shim_is_a_script_s_too(self, bare_sandbox: Sandbox, shell: str) -> None:
        self.installed(bare_sandbox, shell, "--shim")
        task = bare_sandbox.write("task", "#!/bin/sh\nexec claude 'b  c'\n", 0o755)
        ran = bare_sandbox.run(shell, "-ic", str(task), env={"TERM": "dumb"})
        assert ran.out.endswith("routed<b  c>\n"), ran

    def test_a_shim_comes_before_what_a_login_shell_puts_first(self, bare_sandbox: Sandbox) -> None:
        """As Debian's own .profile does, with the native installer's folder."""
        native = bare_sandbox.write(
            bare_sandbox.home / ".local" / "bin" / "claude", "#!/bin/sh\necho native\n", 0o755
        )
        profile = '[ -z "$BASH" ] || . "$HOME/.bashrc"\nPATH="$HOME/.local/bin:$PATH"\n'
        bare_sandbox.write(bare_sandbox.home / ".profile", profile)
        bare_sandbox.write(rc(bare_sandbox), "")
        bare_sandbox.run_ccroute("alias", "bash", "--shim", "--install").expect()
        bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
        assert "alias claude" not in (bare_sandbox.home / ".profile").read_text()
        for shell in ("bash", "sh"):
            ran = bare_sandbox.run(shell, "-lc", "command -v claude")
            assert ran.out == f"{shim(bare_sandbox)}\n"
        bare_sandbox.run_ccroute("alias", "--undo").expect()
        assert (bare_sandbox.home / ".profile").read_text() == profile
        assert bare_sandbox.run("bash", "-lc", "command -v claude").out == f"{native}\n"

    def test_after_undo_claude_is_claude(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.stand_in()
        bare_sandbox.run_ccroute("alias", "bash", "--shim", "--install").expect()
        bare_sandbox.run_ccroute("alias", "bash", "--undo").expect()
        ran = bare_sandbox.run("bash", "-ic", "type -P claude").expect()
        assert ran.out == f"{bare_sandbox.claude}\n"


class TestShim:
    def test_it_starts_ccwrap_which_finds_the_real_claude_behind_it(
        self, bare_sandbox: Sandbox
    ) -> None:
        """No loop: the shim leads to ccwrap, and ccwrap passes the shim over."""
        stand_in = bare_sandbox.stand_in()
        out = bare_sandbox.run_ccroute("alias", "bash", "--shim").expect().out
        ran = bare_sandbox.run("bash", "-c", f"{out}type -P claude; claude -p 'a  b'").expect()
        assert ran.out == f"{shim(bare_sandbox)}\nstand-in\n"
        assert ran.err == ""
        assert stand_in.report.argv == ["-p", "a  b"]
        depth = binary.Chain.parse(stand_in.report.environment[binary.CHAIN]).depth
        assert depth == 1

    def test_a_chosen_claude_may_not_be_one(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.run_ccroute("alias", "bash", "--shim").expect()
        ran = bare_sandbox.run_ccwrap("-p", "x", env={"CCWRAP_CLAUDE": str(shim(bare_sandbox))})
        assert "is ccwrap itself" in ran.expect(126).err

    def test_one_that_a_caller_puts_first_is_passed_over(self, bare_sandbox: Sandbox) -> None:
        stand_in = bare_sandbox.stand_in()
        bare_sandbox.run_ccroute("alias", "bash", "--shim").expect()
        bare_sandbox.run_ccwrap(shim(bare_sandbox), "-p", "x").expect()
        assert stand_in.report.argv == ["-p", "x"]

    def test_what_is_none_of_ours_is_left_alone(self, bare_sandbox: Sandbox) -> None:
        theirs = bare_sandbox.write(shim(bare_sandbox), "#!/bin/sh\necho theirs\n", 0o755)
        ran = bare_sandbox.run_ccroute("alias", "bash", "--shim").expect(78)
        assert "is none of ours" in ran.err
        bare_sandbox.run_ccroute("alias", "--undo").expect()
        assert theirs.read_text() == "#!/bin/sh\necho theirs\n"

    @pytest.mark.parametrize("whose", ["everybody's", "another's"])
    def test_a_folder_that_others_may_fill_is_not_put_on_path(
        self, bare_sandbox: Sandbox, whose: str
    ) -> None:
        folder = shim(bare_sandbox).parent
        folder.mkdir(parents=True)
        if whose == "everybody's":
            folder.chmod(0o777)
        elif os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
        else:
            missing("right to give a folder away")
        ran = bare_sandbox.run_ccroute("alias", "bash", "--shim", "--install").expect(78)
        assert "others may write it" in ran.err
        assert list(folder.iterdir()) == []
        assert not (bare_sandbox.home / ".bashrc").exists()

    def test_it_stays_while_another_shell_leads_there(self, bare_sandbox: Sandbox) -> None:
        for shell in ("bash", "zsh"):
            bare_sandbox.run_ccroute("alias", shell, "--shim", "--install").expect()
        bare_sandbox.run_ccroute("alias", "bash", "--undo").expect()
        assert shim(bare_sandbox).exists()
        bare_sandbox.run_ccroute("alias", "zsh", "--undo").expect()
        assert not shim(bare_sandbox).parent.exists()


class TestFound:
    def found(self, sandbox: Sandbox) -> list[shellfiles.Block]:
        folder = shim(sandbox).parent
        return list(shellfiles.found(sandbox.environment, sandbox.home, Path(OWN), folder))

    def test_ours_older_ones_and_by_hand(self, bare_sandbox: Sandbox) -> None:
        assert self.found(bare_sandbox) == []
        bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
        bare_sandbox.run_ccroute("alias", "fish", "--shim", "--install").expect()
        hand = bare_sandbox.write(rc(bare_sandbox, "zsh"), "\n\nalias claude=ccwrap\n")
        bash, zsh, fish = self.found(bare_sandbox)
        alias, path = (
            shellfiles.Parts(alias=True, path=False),
            shellfiles.Parts(alias=False, path=True),
        )
        assert bash == shellfiles.Block("bash", rc(bare_sandbox), alias, current=True, line=0)
        assert zsh[1:] == (hand, shellfiles.Parts(alias=False, path=False), False, 3)
        assert fish == shellfiles.Block(
            "fish", rc(bare_sandbox, "fish"), path, current=True, line=0
        )
        text = rc(bare_sandbox).read_text()
        rc(bare_sandbox).write_text(text.replace(OWN, "/gone/ccwrap"))
        assert self.found(bare_sandbox)[0].current is False


@pytest.mark.parametrize("wrong", [("--undo", "--install"), ("--undo", "--shim"), ("ksh",)])
def test_what_makes_no_sense_is_refused(bare_sandbox: Sandbox, wrong: tuple[str, ...]) -> None:
    bare_sandbox.run_ccroute("alias", *wrong).expect(2)


def test_claude_s_own_tidying_would_leave_our_alias(bare_sandbox: Sandbox) -> None:
    """`claude install` removes an alias of its old local copy alone; 2.1.330 compares
    what stands behind `alias claude=` with that path.
    """
    bare_sandbox.run_ccroute("alias", "bash", "--install").expect()
    (line,) = [one for one in rc(bare_sandbox).read_text().splitlines() if one.startswith("alias")]
    assert os.path.isfile(line.partition("=")[2])
    assert ".claude/local/claude" not in line


@pytest.mark.parametrize("shell", shellfiles.SHELLS)
def test_the_program_in_a_block_is_found_again(shell: str) -> None:
    program = Path("/", STRANGE, "ccwrap")
    inside = shellfiles.lines(shell, shellfiles.Parts(alias=True, path=True), program, Path("/x"))
    (change,) = shellfiles.block("# mine\n", inside, "\n")
    assert shellfiles.program(f"# mine\n{change.new}# more\n") == str(program)
    assert shellfiles.program("alias claude=/x/ccwrap\n") == ""
