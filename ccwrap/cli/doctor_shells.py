"""`ccroute doctor`: a person's `claude` in each shell, and the one that PATH leads to."""

from __future__ import annotations

import os
import re
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccwrap.claude import binary, jsonfile
from ccwrap.cli import alias, doctor_own, edits, installed, shellfiles
from ccwrap.cli.doctor_own import claudes, fault, is_ccwrap, present, routed, routed_by_path
from ccwrap.cli.finding import Finding, Place
from ccwrap.cli.shellfiles import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.finding import Machine
    from ccwrap.cli.shellfiles import Block

PROGRAMS: Final = {"powershell": ("pwsh", "powershell")}
"""What a shell's program is called, where that isn't the shell's name."""

MORE: Final = {
    "bash": (".bash_aliases", *shellfiles.LOGIN),
    "zsh": (".zprofile", ".zshenv"),
    "fish": (".config/fish/config.fish",),
}
"""Start-up files, by shell, beside those that `ccroute alias` writes."""

REVERSED: Final = re.compile(r"^[ \t]*alias[ \t]+ccwrap[= \t]+['\"]?claude\b", re.MULTILINE)
TAKEN: Final = re.compile(
    r"^[ \t]*(?:alias[ \t]+claude[= \t]|(?:function[ \t]+)?claude[ \t]*\(\)|function[ \t]+claude\b"
    r"|unalias[ \t]+(?:-a|claude)\b)",
    re.MULTILINE,
)
"""A line that takes the name `claude` for something else."""

NAMED: Final = re.compile(r"[^\s'\"=]*\bccwrap\b(?!\.)")
"""The program in an alias that somebody wrote by hand."""


def terminal(machine: Machine) -> Iterator[Finding]:
    """Each shell that is in use here: what a person who types `claude` starts."""
    shim = _shim(machine)
    blocks = list(
        shellfiles.found(
            machine.environment,
            machine.places.home,
            present(machine) or Path(os.devnull),
            shim.parent,
        )
    )
    for shell in shellfiles.SHELLS:
        own = [block for block in blocks if block.shell == shell]
        if own or _in_use(shell, machine):
            yield from _shell(shell, own, machine)


def _shim(machine: Machine) -> Path:
    return shellfiles.shims(machine.environment, machine.places.home) / "claude"


def _in_use(shell: str, machine: Machine) -> bool:
    """Whether `shell` is installed, and is the user's own or has been set up."""
    path = machine.environment.get("PATH", "")
    if not any(shutil.which(name, path=path) for name in PROGRAMS.get(shell, (shell,))):
        return False
    if shellfiles.guessed((), machine.environment) == shell:
        return True
    files = shellfiles.files(shell, machine.environment, machine.places.home)
    folders = shell in {"fish", "powershell"}
    here = [os.path.dirname(file) if folders else file for file in files]
    if shell == "fish":
        here = [os.path.dirname(folder) for folder in here]
    return not files or any(map(os.path.lexists, here))


def _shell(shell: str, blocks: list[Block], machine: Machine) -> Iterator[Finding]:
    """One shell. An alias counts before PATH does."""
    yield from _reversed(shell, machine)
    aliases = [block for block in blocks if block.parts.alias or block.line]
    for block in aliases:
        yield from _alias(block, machine) if block.parts.alias else _by_hand(block, machine)
    if aliases:
        return
    first, install = routed_by_path(machine), f"ccroute alias {shell} --install"
    if first is not None:
        place = Place(shell, None, "shim", first)
        yield routed(machine, place, f"{shell}: claude is ccwrap, by {machine.short(first)}")
    elif any(block.parts.path for block in blocks):
        block = next(block for block in blocks if block.parts.path)
        text = (
            f"{shell}: {machine.short(block.file)} puts a claude that is ccwrap on PATH; not here"
        )
        place = Place(shell, None, "shim", block.file)
        yield Finding("note", text, f"open a new {shell}; if it stays so: {install}", place)
    elif not shellfiles.files(shell, machine.environment, machine.places.home):
        text = f"{shell}: its start-up file can't be seen from here"
        yield Finding("note", text, install, Place(shell, None))
    else:
        place = Place(shell, routed=False)
        yield Finding("note", f"{shell}: claude is plain claude", install, place)


def _reversed(shell: str, machine: Machine) -> Iterator[Finding]:
    """An alias of the name `ccwrap`, which leads around us."""
    home, files = (
        machine.places.home,
        shellfiles.files(shell, machine.environment, machine.places.home),
    )
    for file in dict.fromkeys((*files, *(home / name for name in MORE.get(shell, ())))):
        text = _read(file)
        if found := REVERSED.search(text):
            where = f"{machine.short(file)}:{_line(text, found.start())}"
            said = f"{shell}: {where} makes ccwrap an alias of claude: nothing is routed"
            place = Place(shell, routed=False, by="alias", file=file)
            yield Finding("problem", said, f"take the line out of {machine.short(file)}", place)


def _alias(block: Block, machine: Machine) -> Iterator[Finding]:
    """The alias that `ccroute alias` wrote."""
    text = _read(block.file)
    program, where = shellfiles.program(text), machine.short(block.file)
    place = Place(block.shell, routed=False, by="alias", file=block.file)
    install = f"ccroute alias {block.shell} --install"
    last = max((found.end() for found in BLOCK.finditer(text)), default=0)
    if why := fault(program):
        said = f"{block.shell}: the alias in {where} names {machine.short(program)}, which {why}"
        ours = installed.is_ours(program) and present(machine)
        mend = partial(_rewrite, block, machine) if ours else None
        yield Finding("problem", said, install, place, mend)
    elif after := TAKEN.search(text, last):
        number = _line(text, after.start())
        said = f"{block.shell}: {where}:{number} takes the name claude again, behind our alias"
        fix = f"take the line out, or move it up: {where}:{number}"
        yield Finding("problem", said, fix, place)
    else:
        said = f"{block.shell}: claude is ccwrap, by the alias in {where}"
        yield routed(machine, place, said)
        place = place._replace(routed=True)
        yield from doctor_own.elsewhere(machine, program, place, f"{block.shell}: {where}", install)


def _rewrite(block: Block, machine: Machine) -> str:
    """Have our block name the present ccwrap."""
    program = present(machine)
    if program is None:
        return ""
    folder = _shim(machine).parent
    inside = shellfiles.lines(block.shell, block.parts, program, folder)
    target = edits.Target.of(block.file, f"make {block.file} writable")
    alias.write_block(machine.places, block.shell, target, inside)
    return f"{machine.short(block.file)} names {machine.short(program)}"


def _by_hand(block: Block, machine: Machine) -> Iterator[Finding]:
    """An alias that somebody wrote without us."""
    line = (*_read(block.file).split("\n"), "")[block.line - 1]
    words = NAMED.findall(line)
    word = words[-1] if words else "ccwrap"
    word = os.path.join(machine.places.home, word[2:]) if word.startswith("~/") else word
    path = word if os.path.isabs(word) else shutil.which(word, path=_path(machine))
    where = f"{machine.short(block.file)}:{block.line}"
    place = Place(block.shell, None, "alias", block.file)
    if path is None:
        text = f"{block.shell}: {where} makes claude an alias of {word}, which is not on PATH here"
        yield Finding("note", text, f"ccroute alias {block.shell} gives one with its path", place)
    elif why := fault(path):
        text = f"{block.shell}: {where} makes claude an alias of {machine.short(path)}, which {why}"
        fix = f"correct {where}"
        yield Finding("problem", text, fix, place._replace(routed=False))
    else:
        yield routed(machine, place, f"{block.shell}: {where} makes claude an alias of ccwrap")


def _path(machine: Machine) -> str:
    return machine.environment.get("PATH", "")


def scripts(machine: Machine) -> Iterator[Finding]:
    """What scripts and tools that call `claude` get: the first one on PATH."""
    found, shim = claudes(machine), _shim(machine)
    there = binary.is_shim(str(shim))
    place = Place("scripts", routed=False, by="shim", file=shim if there else None)
    if there and (why := fault(program := doctor_own.shim_program(shim))):
        text = f"{machine.short(shim)} starts {machine.short(program)}, which {why}"
        ours = installed.is_ours(program) and present(machine)
        mend = partial(_reshim, shim, machine) if ours else None
        yield Finding("problem", text, "ccroute alias --shim", place, mend)
    if not found:
        return
    first = found[0]
    if is_ccwrap(first, machine):
        yield from _routed(first, place._replace(file=first), machine)
    elif late := next((one for one in found if binary.is_shim(str(one))), None):
        text = f"{machine.short(first)} comes before {machine.short(late)} on PATH: plain claude"
        fix = (
            f"put {machine.short(late.parent)} first on PATH, behind all else in the start-up file"
        )
        yield Finding("problem", text, fix, place._replace(file=late))
    elif there:
        text = f"{machine.short(shim)} is ccwrap, but its folder is not on PATH here"
        fix = "ccroute alias --shim --install; then log in anew"
        yield Finding("note", text, fix, place)
    else:
        text = f"scripts and tools get plain claude, {machine.short(first)}"
        fix = "" if binary.WINDOWS else "ccroute alias --shim --install"
        yield Finding("note", text, fix, Place("scripts", routed=False))


def _routed(first: Path, place: Place, machine: Machine) -> Iterator[Finding]:
    """The first `claude` on PATH is a ccwrap."""
    if routed_by_path(machine) is None:
        if first == _shim(machine):
            return  # said already
        text = f"{machine.short(first)} is ccwrap, and won't start"
        yield Finding("problem", text, f"look at: head -2 {machine.short(first)}", place)
        return
    yield routed(machine, place, f"{machine.short(first)} is ccwrap, and first on PATH")
    if binary.is_shim(str(first)):
        program, what = doctor_own.shim_program(first), machine.short(first)
        place = place._replace(routed=True)
        yield from doctor_own.elsewhere(machine, program, place, what, "ccroute alias --shim")


def _reshim(shim: Path, machine: Machine) -> str:
    """Have the shim start the present ccwrap."""
    program = present(machine)
    if program is None:
        return ""
    alias.write_shim(machine.places, shim, program)
    return f"{machine.short(shim)} starts {machine.short(program)}"


def _read(file: Path) -> str:
    try:
        return jsonfile.read(file).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
