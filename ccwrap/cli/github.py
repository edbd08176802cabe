"""What a step of a GitHub Actions job may say: annotations, and the job's summary.

The runner takes `::name::` at the start of a line and `##[name]` anywhere in one for
commands, and shows the summary as Markdown. A gateway's words and a route file's names
stay words in both.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
import re
import stat
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.errors import RouteFileError, SettingError
from ccwrap.text import clean, escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccwrap.errors import CcwrapError
    from ccwrap.health.selection import Choice, Considered

SUMMARY: Final = "GITHUB_STEP_SUMMARY"
MOST: Final = 9
"""Annotations of one level; a step shows ten."""

LONGEST: Final = 1000
"""Characters of one annotation."""

LARGEST: Final = 100_000
"""Bytes of the summary; an older runner takes 128 KiB."""

SILENT: Final = ("ok", "disabled", "unchecked")
SAFE: Final = re.compile(r"[^A-Za-z0-9 ,;()/'=+-]", re.ASCII)
"""Everything that could mean something in Markdown or HTML, or make a link or a mention."""

ALLOW: Final = "`ccroute trust --print` writes the CCWRAP_TRUST that allows it"


class Note(NamedTuple):
    """One annotation: error | warning | notice, and where it belongs.

    file  "" for nowhere
    line  counts from 1; 0 for the whole file
    """

    level: str
    title: str
    message: str
    file: str = ""
    line: int = 0


def checked(choice: Choice, outcome: str, cwd: Path, environment: Mapping[str, str]) -> list[Note]:
    """What a person should know of a check that ended with `outcome`, in one sentence."""
    level = "notice" if choice.chosen else "error"
    notes = [Note(level, "ccwrap", outcome)]
    for one in choice.considered:
        verdict, name = one.verdict, one.route.name
        if verdict.name in SILENT:
            continue
        trouble = "warning" if choice.chosen else "error"
        level = "notice" if verdict.name == "inconclusive" else trouble
        file, line = where(*one.route.place, cwd, environment)
        notes.append(Note(level, f"{name}: {verdict.name}", why(one), file, line))
    return notes


def why(one: Considered) -> str:
    """The verdict's evidence and its mend, in one line."""
    if one.verdict.name == "untrusted":
        return f"not allowed here; {ALLOW}"
    words = (one.verdict.detail, one.verdict.hint and f"fix: {one.verdict.hint}")
    return "; ".join(filter(None, words)) or one.verdict.name


def refused(error: CcwrapError, cwd: Path, environment: Mapping[str, str]) -> list[Note]:
    """What stopped the check; each mistake of a route file on its own line."""
    if not isinstance(error, RouteFileError):
        return [Note("error", "ccwrap", " ".join(str(error).split()))]
    return [
        Note(
            "error",
            one.key or "ccwrap",
            f"{one.what}; fix: {one.mend}" if one.mend else one.what,
            *where(one.file, one.line, cwd, environment),
        )
        for one in error.problems
    ]


def where(file: str, line: int, cwd: Path, environment: Mapping[str, str]) -> tuple[str, int]:
    """`file` as seen from the job's checkout, and `line`; ("", 0) for one elsewhere."""
    workspace = environment.get("GITHUB_WORKSPACE", "")
    base = Path(os.path.realpath(workspace)) if os.path.isabs(workspace) else cwd
    path = Path(os.path.normpath(cwd / file))
    if not file or not path.is_relative_to(base):
        return "", 0
    return path.relative_to(base).as_posix(), line


def commands(notes: Iterable[Note]) -> Iterator[str]:
    """`notes` as workflow commands, the first ones of each level."""
    shown = dict.fromkeys(("error", "warning", "notice"), 0)
    for note in notes:
        shown[note.level] += 1
        if shown[note.level] <= MOST:
            yield annotation(note)


def annotation(note: Note) -> str:
    """One workflow command, on one line."""
    line = str(note.line) if note.line else ""
    given = (("file", note.file), ("line", line), ("title", note.title))
    said = ",".join(f"{key}={_property(value)}" for key, value in given if value)
    return f"::{note.level} {said}::{_data(note.message)}"


def _data(text: str) -> str:
    text = escaped(clean(text, limit=LONGEST))
    return text.replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(heading: Sequence[str], choice: Choice, outcome: str) -> str:
    """The job's summary: a table of every route, and what would run."""
    lines = [
        f"### ccwrap: {' · '.join(map(code, heading))}",
        "",
        "| | Route | Verdict | Round trip | Why | Mend |",
        "|---|---|---|---:|---|---|",
    ]
    size = 0
    for number, one in enumerate(choice.considered):
        row = _row(one, chosen=one is choice.chosen)
        size += len(row.encode())
        if size > LARGEST:
            lines.append(f"| | and {len(choice.considered) - number} more | | | | |")
            break
        lines.append(row)
    return "\n".join([*lines, "", code(outcome), "", ""])


def _row(one: Considered, *, chosen: bool) -> str:
    verdict = one.verdict
    mark = "➜" if chosen else ""
    pace = "" if verdict.latency_ms is None else f"{verdict.latency_ms:.0f} ms"
    detail, mend = verdict.detail, verdict.hint
    if verdict.name == "untrusted":
        detail, mend = "", ALLOW
    cells = (mark, code(one.route.name), verdict.name, pace, code(detail), code(mend))
    return f"| {' | '.join(cells)} |"


def stopped(notes: Sequence[Note]) -> str:
    """The job's summary where there was nothing to ask."""
    found = [f"- {code(': '.join(filter(None, (_at(one), one.message))))}" for one in notes]
    return "\n".join(["### ccwrap", "", *found[:MOST], "", ""])


def _at(note: Note) -> str:
    return f"{note.file}:{note.line}" if note.line else note.file


def code(text: str) -> str:
    """`text` on one line as it is, whatever it holds: neither Markdown nor HTML reads it."""
    shown = escaped(clean(text, limit=LONGEST))
    if not shown:
        return ""
    return f"<code>{SAFE.sub(lambda one: f'&#{ord(one[0])};', shown)}</code>"


def append(environment: Mapping[str, str], variable: str, text: str) -> None:
    """Add `text` to the file that the runner named in `variable`. Raises SettingError."""
    with opened(environment, variable) as target:
        write(target, variable, text)


def opened(environment: Mapping[str, str], variable: str) -> FileIO:
    """The file that the runner named in `variable`, for what is added to it.

    The runner makes it before the step begins: none is made here, and no link followed.
    Raises SettingError.
    """
    path = environment.get(variable, "")
    if not path:
        raise SettingError(f"{variable} is not set", "run this in a step of a GitHub Actions job")
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        target = FileIO(os.open(path, flags), "a")
    except OSError as error:
        link = "is a symbolic link" if os.path.islink(path) else error.strerror
        raise SettingError(f"{variable}: {link}", f"look at ${variable}") from None
    if not stat.S_ISREG(os.fstat(target.fileno()).st_mode):
        target.close()
        raise SettingError(f"{variable}: is not a regular file", f"look at ${variable}")
    return target


def write(target: FileIO, variable: str, text: str) -> None:
    """Write `text` whole. Raises SettingError."""
    data = memoryview(os.fsencode(text))
    try:
        while data:
            data = data[target.write(data) or 0 :]
    except OSError as error:
        raise SettingError(f"{variable}: {error.strerror}", f"look at ${variable}") from None
