"""On which line of a TOML text a key stands; tomllib doesn't say.

Only looked for when an error is reported. The text is known to be valid, so it can
be cut into statements by brackets, strings and line ends alone; tomllib then reads
each statement by itself.
"""

from __future__ import annotations

import re
import tomllib

from ccwrap.light import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Path = tuple[str | int, ...]

_PIECE: Final = (
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}\n]"
)


def lines(text: str, wanted: Sequence[Path]) -> dict[Path, int]:
    """The line of each path, counted from 1; of its nearest parent where it isn't there."""
    found: dict[Path, int] = {}
    missing = set(wanted)
    for path, line in _keys(text):
        found.setdefault(path, line)
        missing.discard(path)
        if not missing:
            break
    return {path: _nearest(path, found) for path in wanted}


def routes(text: str) -> list[int]:
    """The line of each `[[route]]`, in order; cheap, for a file without mistakes."""
    return [
        line
        for line, statement in _statements(text.replace("\r\n", "\n"))
        if re.match(r"\[\[\s*[\"']?route[\"']?\s*\]\]", statement)
    ]


def _nearest(path: Path, found: dict[Path, int]) -> int:
    for length in range(len(path), 0, -1):
        if path[:length] in found:
            return found[path[:length]]
    return 0


def _keys(text: str) -> Iterator[tuple[Path, int]]:
    """Every key path of the text with the line on which its statement begins."""
    table: Path = ()
    counts: dict[Path, int] = {}
    for line, statement in _statements(text.replace("\r\n", "\n")):
        if not statement.startswith("["):
            yield from _paths(tomllib.loads(statement), table, line)
            continue
        table = _header(statement, counts)
        for length in range(1, len(table) + 1):
            yield table[:length], line


def _statements(text: str) -> Iterator[tuple[int, str]]:
    start, line, depth = 0, 1, 0
    for token in re.finditer(_PIECE, text, re.DOTALL):
        mark = token.group()
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == "\n" and depth == 0:
            statement = text[start : token.start()].strip()
            if statement and not statement.startswith("#"):
                yield line, statement
            line += text.count("\n", start, token.end())
            start = token.end()
    if (rest := text[start:].strip()) and not rest.startswith("#"):
        yield line, rest


def _header(statement: str, counts: dict[Path, int]) -> Path:
    """The path of `[a.b]` or `[[a.b]]`, with the index of each list of tables in it."""
    value: Any = tomllib.loads(statement)
    path: Path = ()
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        path = (*path, key)
        if isinstance(value, list):
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        if path in counts:
            path = (*path, counts[path])
    return path


def _paths(value: Any, above: Path, line: int) -> Iterator[tuple[Path, int]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        path = (*above, key)
        yield path, line
        if isinstance(item, dict | list):
            yield from _paths(item, path, line)
