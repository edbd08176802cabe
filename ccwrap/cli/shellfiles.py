"""The block of lines that makes `claude` ccwrap in a shell's start-up file (mostly pure)."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.claude import jsonfile
from ccwrap.cli.splices import Splice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHELLS: Final = ("bash", "zsh", "fish", "powershell")
BEGIN: Final = "# >>> ccwrap: claude is routed; `ccroute alias --undo` takes this out >>>"
END: Final = "# <<< ccwrap <<<"
BLOCK: Final = re.compile(
    rf"^{re.escape(BEGIN)}\r?\n(?P<lines>(?:(?!# (?:>>>|<<<) ccwrap).*\n)*?){re.escape(END)}(?:\r?\n|\Z)",
    re.MULTILINE,
)
BY_HAND: Final = re.compile(
    r"^[ \t]*(?:alias\s+claude[= ]|set-alias\s+(?:-name\s+)?claude\s).*\bccwrap\b",
    re.MULTILINE | re.IGNORECASE,
)
QUOTES: Final = re.compile("(['\u2018\u2019\u201a\u201b])")
"""What ends a quoted string of PowerShell; each stands for itself when doubled."""

LOGIN: Final = (".bash_profile", ".bash_login", ".profile")
"""What a login bash reads, the first that is there. macOS's terminals start login shells;
elsewhere it is where distributions put ~/.local/bin, and its claude, first on PATH.
"""


class Parts(NamedTuple):
    """What a block holds: the alias, and the shims' folder on PATH."""

    alias: bool
    path: bool

    def __bool__(self) -> bool:
        return self.alias or self.path


def quoted(shell: str, text: str) -> str:
    """`text` as one word of `shell`, whatever is in it but control characters."""
    if shell == "fish":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if shell == "powershell":
        return "'" + QUOTES.sub(r"\1\1", text) + "'"
    return shlex.quote(text)


def alias(shell: str, program: Path) -> str:
    """The lines that make `claude` start `program` where a person types it."""
    word = quoted(shell, str(program))
    if shell == "fish":
        return f"status is-interactive; and function claude --wraps claude\n    {word} $argv\nend\n"
    if shell == "powershell":
        return f"Set-Alias -Name claude -Value {word}\n"
    return f"alias claude={quoted(shell, word)}\n"


def on_path(shell: str, folder: Path) -> str:
    """The line that puts `folder` first on PATH."""
    word = quoted(shell, str(folder))
    if shell == "fish":
        return f"set -gx PATH {word} $PATH\n"
    if shell == "powershell":
        return f"$env:PATH = {word} + [IO.Path]::PathSeparator + $env:PATH\n"
    return f'export PATH={word}:"$PATH"\n'


def lines(shell: str, parts: Parts, program: Path, folder: Path) -> str:
    """What `parts` need."""
    first = on_path(shell, folder) if parts.path else ""
    return first + (alias(shell, program) if parts.alias else "")


def block(text: str, inside: str, line_end: str) -> tuple[Splice, ...]:
    """What makes a block with `inside` the last lines of `text`; () where one holds it."""
    if any(found["lines"].replace("\r\n", "\n") == inside for found in BLOCK.finditer(text)):
        return ()
    gap = line_end if text and not text.endswith("\n") else ""
    new = f"{BEGIN}\n{inside}{END}\n".replace("\n", line_end)
    return (Splice(len(text), "", gap + new),)


def without(text: str) -> str:
    """`text` without any block of ours."""
    return BLOCK.sub("", text)


def parts(text: str) -> Parts:
    """What the blocks in `text` hold."""
    held = "".join(found["lines"] for found in BLOCK.finditer(text))
    words = re.search(r"^(?:alias claude=|Set-Alias |status is-interactive)", held, re.MULTILINE)
    return Parts(
        words is not None,
        re.search(r"^(?:export PATH=|set -gx PATH |\$env:PATH = )", held, re.MULTILINE) is not None,
    )


def program(text: str) -> str:
    """The program that the alias in a block of `text` starts; "" for none."""
    held = "".join(found["lines"] for found in BLOCK.finditer(text))
    for line in map(str.strip, held.splitlines()):
        if line.startswith("alias claude="):
            return _word(_word(line.removeprefix("alias claude=")))
        if line.endswith(" $argv"):
            inside = line.removesuffix(" $argv")[1:-1]
            return re.sub(r"\\(.)", r"\1", inside)
        if line.startswith("Set-Alias "):
            inside = line.partition(" -Value ")[2][1:-1]
            return re.sub(f"{QUOTES.pattern}\\1", r"\1", inside)
    return ""


def _word(text: str) -> str:
    """What `text` is to a shell, as one word; "" where it is more or less than that."""
    try:
        words = shlex.split(text)
    except ValueError:
        return ""
    return words[0] if len(words) == 1 else ""


def by_hand(text: str) -> int:
    """The line in which somebody has made `claude` ccwrap without us; 0 for none."""
    found = BY_HAND.search(without(text))
    return text.count("\n", 0, text.find(found[0])) + 1 if found else 0


def line_end(shell: str, text: str) -> str:
    """How our lines end: as PowerShell's file does; no other shell knows a carriage return."""
    return "\r\n" if shell == "powershell" and "\r\n" in text else "\n"


def files(
    shell: str, environment: Mapping[str, str], home: Path, platform: str = sys.platform
) -> tuple[Path, ...]:
    """The start-up files that `shell` reads where a person types; () for unknown.

    PowerShell alone knows where its own is; on Linux and macOS there is one usual place.
    """
    config = _folder(environment, "XDG_CONFIG_HOME", home / ".config")
    if shell == "zsh":
        return (_folder(environment, "ZDOTDIR", home) / ".zshrc",)
    if shell == "fish":
        return (config / "fish" / "conf.d" / "ccwrap.fish",)
    if shell == "powershell":
        profile = config / "powershell" / "Microsoft.PowerShell_profile.ps1"
        return () if platform == "win32" else (profile,)
    logins = [home / name for name in LOGIN if os.path.lexists(home / name)]
    if platform == "darwin":
        logins.append(home / LOGIN[0])
    return (home / ".bashrc", *logins[:1])


def fitting(file: Path, parts: Parts, platform: str = sys.platform) -> Parts:
    """What of `parts` belongs into `file`: on macOS alone is a login shell a person's."""
    return parts if platform == "darwin" or file.name not in LOGIN else parts._replace(alias=False)


def shims(environment: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """The folder for a `claude` that is ccwrap."""
    if platform == "darwin":
        return home / "Library" / "Application Support" / "ccwrap" / "shims"
    return _folder(environment, "XDG_DATA_HOME", home / ".local" / "share") / "ccwrap" / "shims"


def _folder(environment: Mapping[str, str], name: str, default: Path) -> Path:
    said = environment.get(name, "")
    return Path(said) if os.path.isabs(said) else default


def guessed(parents: Sequence[str], environment: Mapping[str, str]) -> str:
    """The shell that a person uses: the nearest of `parents`, else what SHELL says; "" for none."""
    names = (*parents, Path(environment.get("SHELL", "")).name)
    return next((shell for name in names if (shell := _known(name))), "")


def _known(name: str) -> str:
    stem = name.lower().removesuffix(".exe").lstrip("-")
    return "powershell" if stem == "pwsh" else stem if stem in SHELLS else ""


class Block(NamedTuple):
    """What one start-up file does to `claude`.

    parts    what our block there holds
    current  whether that is what would be written now
    line     the line of an alias of ccwrap that isn't ours, 0 for none
    """

    shell: str
    file: Path
    parts: Parts
    current: bool
    line: int


def found(
    environment: Mapping[str, str], home: Path, program: Path, folder: Path
) -> Iterator[Block]:
    """Every start-up file that makes `claude` ccwrap: `program`, or by the shims' `folder`."""
    for shell in SHELLS:
        for file in files(shell, environment, home):
            try:
                text = jsonfile.read(file).decode("utf-8", "surrogateescape")
            except OSError:
                continue
            held = parts(text)
            if held or by_hand(text):
                inside = lines(shell, held, program, folder)
                current = not block(text, inside, "\n")
                yield Block(shell, file, held, current, by_hand(text))
