"""Which session a claude run goes on with: `--continue`, and `--resume` by id or name.

Claude Code keeps a session in `projects/FOLDER/ID.jsonl`, where FOLDER is the working
directory with a dash for everything but letters and digits, and what is longer than 200
of them cut, with a hash behind it. Observed with 2.1.197 and
2.1.330: `--continue` takes the newest one of the working directory, an interactive run
passes over those of `-p` and of the SDKs; a name is a `custom-title`, or an `ai-title`,
in any case.
The format is Claude Code's own affair: what can't be read is no session.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from ccwrap.claude import arguments
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccwrap.claude.invocation import Invocation

LONGEST: Final = 200
"""Characters of a working directory that a folder's name has at most."""

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

LOOKED_AT: Final = 50
"""Sessions that are looked into at most, newest first."""

PIPED: Final = frozenset({"--input-format", "--output-format", "--sdk-url"})
"""Options of a run that a program reads, as with -p; the SDKs give them and no -p."""

END: Final = 1 << 16
"""Bytes that are read from each end of a session's file."""

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TITLE: Final = re.compile(rb'"(?:customTitle|aiTitle)" ?: ?("(?:[^"\\]|\\.)*")')
_ENTRY: Final = re.compile(rb'"entrypoint" ?: ?"([^"]*)"')


def session(run: Invocation, environment: Mapping[str, str], cwd: Path, home: Path) -> str:
    """The id of the session that `run` resumes; "" for none, or where claude will ask."""
    if not run.resumes:
        return ""
    given = list(arguments.scan(run.arguments))
    wanted = [one.value for one in given if one.name in ("-r", "--resume")]
    try:
        if wanted:
            return _named(wanted[-1] or "", environment, cwd, home)
        printing = run.printing or not PIPED.isdisjoint(one.name for one in given)
        return _newest(_files(environment, cwd, home), printing=printing)
    except (OSError, ValueError):
        return ""


def _named(wanted: str, environment: Mapping[str, str], cwd: Path, home: Path) -> str:
    """The session with this id, file or name."""
    found = _ID.fullmatch(Path(wanted).name.lower().removesuffix(".jsonl"))
    if found:
        return found[0]
    name = wanted.strip().lower()
    for file in _files(environment, cwd, home) if name else ():
        titles = _TITLE.findall(_ends(file))
        if titles and str(json.loads(titles[-1])).strip().lower() == name:
            return file.stem
    return ""


def _newest(files: Iterator[Path], *, printing: bool) -> str:
    for file in files:
        entry = _ENTRY.search(_ends(file))
        if printing or (entry and not entry[1].startswith(b"sdk")):
            return file.stem
    return ""


def _files(environment: Mapping[str, str], cwd: Path, home: Path) -> Iterator[Path]:
    """The sessions of the working directory, newest first. Raises OSError."""
    base = Path(environment.get("CLAUDE_CONFIG_DIR") or home / ".claude") / "projects"
    folder = base / _folder(os.path.realpath(cwd))
    found = [path for path in folder.glob("*.jsonl") if _ID.fullmatch(path.stem)]
    yield from sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:LOOKED_AT]


def _folder(path: str) -> str:
    """The folder's name for a working directory, by its UTF-16 units, as JavaScript counts."""
    units = memoryview(path.encode(f"utf-16-{sys.byteorder[0]}e", "surrogatepass")).cast("H")
    name = "".join(chr(unit) if unit < 128 and chr(unit).isalnum() else "-" for unit in units)
    if len(name) <= LONGEST:
        return name
    mark = 0
    for unit in units:
        mark = (mark * 31 + unit) & 0xFFFFFFFF
    mark = min(mark, (1 << 32) - mark)
    digits = ""
    while mark:
        mark, digit = divmod(mark, 36)
        digits = DIGITS[digit] + digits
    return f"{name[:LONGEST]}-{digits or '0'}"


def _ends(file: Path) -> bytes:
    """The first and the last lines of a session's file."""
    with file.open("rb") as stream:
        start = stream.read(END)
        stream.seek(max(len(start), os.fstat(stream.fileno()).st_size - END))
        return start + b"\n" + stream.read(END)
