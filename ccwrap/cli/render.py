"""Laying out words for a person: 80 columns, marks, and colour where it is welcome."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.text import escaped
from ccwrap.text import printable as printable  # noqa: PLC0414 - with the rest of what lays out words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from ccwrap.gateways.verdict import Verdict

WIDTH: Final = 80
LEAST: Final = 24
"""Columns that the last column of a table gets, however narrow the terminal."""

NAME: Final = 20
"""Columns that a route's name may take in a table."""

NO_BREAK: Final = "\u00a0"
UNIT: Final = re.compile(r"(?<=\d) (?=(?:ms|s|MB)\b)")
"""The blank between a number and its unit, where no line may end."""

COLOUR: Final = re.compile(r"\x1b\[\d*m")
CODES: Final[Mapping[str, str]] = {"good": "32", "fair": "33", "bad": "31", "dim": "2", "bold": "1"}


class Pen(NamedTuple):
    """How to write to one stream: `colour` or not, `width` columns, `live` or not."""

    colour: bool
    width: int
    live: bool

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str]) -> Pen:
        """The pen for `stream`; a terminal gets colour unless NO_COLOR says no."""
        terminal = stream.isatty() and environment.get("TERM") != "dumb"
        columns = shutil.get_terminal_size().columns if terminal else WIDTH
        return cls(terminal and not environment.get("NO_COLOR"), min(WIDTH, columns), terminal)

    def paint(self, text: str, style: str) -> str:
        """`text` in one of CODES' styles; as it is for the style "" and without colour."""
        return f"\x1b[{CODES[style]}m{text}\x1b[0m" if self.colour and style else text


class Row(NamedTuple):
    """One candidate in a table; `verdict` is None while it is being asked."""

    name: str
    verdict: Verdict | None
    chosen: bool = False


def table(rows: Sequence[Row], pen: Pen) -> list[str]:
    """The candidates, their verdicts, and why; the mend on a line of its own.

    Where the terminal is too narrow for that, why stands below.
    """
    wide = min(NAME, max([5, *(len(row.name) for row in rows)]))
    head = f"  {'ROUTE':{wide}}  {'VERDICT':13}  {'RTT':>8}  WHY"
    lines = [pen.paint(head, "dim")]
    for row in rows:
        lines += _row(row, wide, pen)
    return lines


def _row(row: Row, wide: int, pen: Pen) -> list[str]:
    name = pen.paint(f"{clip(row.name, wide):{wide}}", "bold" if row.chosen else "")
    verdict = row.verdict
    mark = ">" if row.chosen else " "
    if verdict is None:
        return [f"{mark} {name}  {pen.paint('asking …', 'dim')}"]
    round_trip = "-" if verdict.latency_ms is None else f"{verdict.latency_ms:.0f} ms"
    indent = wide + 29
    if below := pen.width - indent < LEAST:
        indent = 4
    why = wrap(verdict.detail, pen.width - indent) if verdict.name != "untrusted" else []
    fix = wrap(f"fix: {verdict.hint}", pen.width - indent) if verdict.hint else []
    words = [*why, *(pen.paint(line, "dim") for line in fix)] or [""]
    shown = pen.paint(f"{verdict.name:13}", _style(verdict))
    if below:
        words.insert(0, "")
    first = f"{mark} {name}  {shown}  {round_trip:>8}  {words[0]}"
    return [first.rstrip(), *(f"{'':{indent}}{word}" for word in words[1:])]


def _style(verdict: Verdict) -> str:
    if verdict.name == "ok":
        return "good"
    return "fair" if verdict.usable or verdict.name in ("disabled", "unchecked") else "bad"


def facts(pairs: Sequence[tuple[str, str]], pen: Pen) -> list[str]:
    """Labelled lines, two blanks in, each value wrapped under itself."""
    lines: list[str] = []
    for label, value in pairs:
        for number, line in enumerate(wrap(value, pen.width - 12)):
            lines.append(f"  {'' if number else label:9} {line}")
    return lines


def wrap(text: str, width: int) -> list[str]:
    """`text`, made printable, in lines of `width`.

    A word that is longer is left whole, and a number keeps its unit.
    """
    text = UNIT.sub(NO_BREAK, printable(text))
    lines = textwrap.wrap(text, max(width, LEAST), break_long_words=False, break_on_hyphens=False)
    return [line.replace(NO_BREAK, " ") for line in lines]


def clip(text: str, width: int) -> str:
    """`text`, cut to `width` columns with a mark that something is missing."""
    if columns(text) <= width:
        return text
    cut = text[: width - 1]
    while columns(cut) > width - 1:
        cut = cut[:-1]
    return cut + "…"


def cell(text: str, width: int) -> str:
    """`text` on one line, safe to print, in exactly `width` columns."""
    shown = clip(escaped(text), width)
    return shown + " " * (width - columns(shown))


def columns(text: str) -> int:
    """Columns that `text` takes on a terminal: wide letters two, accents on a letter none."""
    text = COLOUR.sub("", text)
    if text.isascii():
        return len(text)
    seen = (char for char in text if not unicodedata.combining(char))
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in seen)


def short(path: Path | str, home: Path) -> str:
    """`path` with the home folder as `~`, safe to print."""
    text, start = str(path), f"{home}{os.sep}"
    return printable(f"~{os.sep}{text[len(start) :]}" if text.startswith(start) else text)


def linked(path: Path, home: Path) -> str:
    """As `short`, where it leads if it is a link, and whether it has other names."""
    to = f" (a link to {short(os.path.realpath(path), home)})" if path.is_symlink() else ""
    try:
        more = path.is_file() and path.stat().st_nlink > 1
    except OSError:
        more = False
    return f"{short(path, home)}{to}{' (hard links to it stay as they are)' if more else ''}"
