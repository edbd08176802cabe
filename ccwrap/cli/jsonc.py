"""JSON with comments: one key put in or taken out, every other byte as it was (pure).

The language is that of VS Code's settings: strict JSON, with `//` and `/* */` comments
and a comma after the last entry. What else an editor may forgive is refused here, for
two readers could take it differently. Of twins the last counts, as for JSON.parse.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken

from ccwrap.cli.splices import Splice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

GRAMMAR: Final = r"""
start: value?
?value: object | array | STRING | NUMBER | WORD
object: "{" [entry ("," entry)* [","]] "}"
entry: STRING ":" value
array: "[" [value ("," value)* [","]] "]"
STRING: /"(?:[^"\\\x00-\x1f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/
NUMBER: /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/
WORD: "true" | "false" | "null"
COMMENT: /\/\/[^\r\n\u2028\u2029]*|\/\*(?:.|\n)*?\*\//
BLANK: /[ \t\r\n]+/
%ignore COMMENT
%ignore BLANK
"""
INDENT: Final = "    "
"""What VS Code indents with, where the file has no entry to learn from."""

BOM: Final = "\ufeff"
HIDDEN: Final = "…"


class Token(NamedTuple):
    """A piece of the text: `kind` is a terminal of GRAMMAR, `at` its first character."""

    kind: str
    at: int
    text: str

    @property
    def end(self) -> int:
        return self.at + len(self.text)


class Entry(NamedTuple):
    """One entry of the outermost object.

    tokens  from its key to the end of its value
    value   the index in them of the value's first token
    comma   where the comma after it stands, None without one
    """

    name: str
    tokens: tuple[Token, ...]
    value: int
    comma: int | None

    @property
    def start(self) -> int:
        return self.tokens[0].at

    @property
    def value_at(self) -> int:
        return self.tokens[self.value].at

    @property
    def end(self) -> int:
        return self.tokens[-1].end

    def data(self) -> object:
        """The value; None too for one that is nested too deep, or a number too long, to be ours."""
        pieces = [token for token in self.tokens[self.value :] if _counts(token)]
        kept = [
            token.text
            for token, after in zip(pieces, [*pieces[1:], Token("", 0, "")], strict=True)
            if not (token.text == "," and after.text in ("}", "]"))
        ]
        try:
            value: object = json.loads("".join(kept))
        except (RecursionError, ValueError):
            return None
        return value


class Document(NamedTuple):
    """A text that was read; `opened` and `closed` are where its braces stand, or -1."""

    text: str
    tokens: tuple[Token, ...]
    entries: tuple[Entry, ...]
    opened: int = -1
    closed: int = -1

    def get(self, name: str) -> Entry | None:
        """The entry that counts."""
        return next((entry for entry in reversed(self.entries) if entry.name == name), None)

    @property
    def line_end(self) -> str:
        """How lines end in it."""
        found = re.search(r"\r\n|\n|\r", self.text)
        return found[0] if found else "\n"


def read(text: str) -> Document:
    """Read an object; a text without any value has no entries either.

    Raises ValueError, which says what is wrong and in which line, and quotes nothing.
    """
    plain = f" {text[1:]}" if text.startswith(BOM) else text
    try:
        _parser().parse(plain)
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise ValueError("ends too early") from None
        raise ValueError(f"line {error.line} is no JSON") from None
    except UnexpectedInput as error:
        raise ValueError(f"line {error.line} is no JSON") from None
    found = _parser().lex(plain, dont_ignore=True)
    tokens = tuple(Token(one.type, one.start_pos or 0, str(one)) for one in found)
    counting = [token for token in tokens if _counts(token)]
    if not counting:
        return Document(text, tokens, ())
    if counting[0].text != "{":
        raise ValueError("is no JSON object")
    entries = tuple(_entries(tokens))
    return Document(text, tokens, entries, counting[0].at, counting[-1].at)


@functools.cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="basic")


def _counts(token: Token) -> bool:
    return token.kind not in ("BLANK", "COMMENT")


def _entries(tokens: Sequence[Token]) -> Iterator[Entry]:
    """The outermost object's entries; the tokens have been found to be in order."""
    depth, start, colon, last = 0, -1, -1, -1
    for index, token in enumerate(tokens):
        if not _counts(token):
            continue
        depth -= token.text in ("}", "]")
        ends = token.text == "," if depth == 1 else depth == 0
        if ends and start >= 0:
            inside = tuple(tokens[start : last + 1])
            value = next(at for at in range(colon + 1, last + 1) if _counts(tokens[at]))
            comma = token.at if token.text == "," else None
            yield Entry(json.loads(inside[0].text), inside, value - start, comma)
            start = colon = -1
        elif depth == 1 and start < 0 and token.kind == "STRING":
            start = index
        elif depth == 1 and colon < 0 and token.text == ":":
            colon = index
        depth += token.text in ("{", "[")
        last = index


def put(document: Document, values: Mapping[str, object]) -> tuple[Splice, ...]:
    """What makes `document` say `values`; () where it says so."""
    text = document.text
    found = {name: document.get(name) for name in values}
    changed = [
        Splice(entry.value_at, text[entry.value_at : entry.end], written(values[name]))
        for name, entry in found.items()
        if entry is not None and not same(entry.data(), values[name])
    ]
    missing = {name: values[name] for name, entry in found.items() if entry is None}
    return tuple(sorted((*changed, *_added(document, missing))))


def written(value: object) -> str:
    """`value` as it is written."""
    return json.dumps(value, ensure_ascii=False)


def same(one: object, other: object) -> bool:
    """Whether two values are written alike: `true` is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _added(document: Document, values: Mapping[str, object]) -> Iterator[Splice]:
    """New entries behind the last, and behind whatever comments follow that."""
    if not values:
        return
    text, line_end = document.text, document.line_end
    lines = [f"{written(name)}: {written(value)}" for name, value in values.items()]
    if document.opened < 0:
        whole = f",{line_end}{INDENT}".join(lines)
        gap = line_end if document.tokens and document.tokens[-1].kind == "COMMENT" else ""
        yield Splice(len(text), "", f"{gap}{{{line_end}{INDENT}{whole}{line_end}}}{line_end}")
        return
    last = document.entries[-1] if document.entries else None
    inside = [token for token in document.tokens if document.opened <= token.at < document.closed]
    behind = [token for token in inside if token.kind != "BLANK"][-1]
    indent = _indent(text, last.start if last else _first(inside))
    if indent is None and last and not behind.text.startswith("//"):
        start, between, close = " ", ", ", ""
    else:
        start = f"{line_end}{INDENT if indent is None else indent}"
        between = f",{start}"
        close = "" if re.search(r"[\r\n]", text[behind.end : document.closed]) else line_end
    trailing = "," if last and last.comma is not None else ""
    new = f"{start}{between.join(lines)}{trailing}{close}"
    if last and last.comma is None and last.end < behind.end:
        yield Splice(last.end, "", ",")
    elif last and last.comma is None:
        new = f",{new}"
    yield Splice(behind.end, "", new)


def _first(inside: Iterable[Token]) -> int:
    """Where the first comment in an object without entries stands; else its brace."""
    return next((token.at for token in inside if token.kind == "COMMENT"), -1)


def _indent(text: str, at: int) -> str | None:
    """The blanks before what stands at `at`; None where it doesn't begin its line."""
    if at < 0:
        return None
    start = _line(text, at)
    head = text[start:at]
    return head if start and not head.strip(" \t") else None


def _line(text: str, at: int) -> int:
    """Where the line of the character at `at` begins."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def take(document: Document, name: str) -> tuple[Splice, ...]:
    """What removes the entry `name` and its comma, with the line if that is then empty.

    Comments stay.
    """
    text, entry = document.text, document.get(name)
    if entry is None:
        return ()
    start, end = entry.start, entry.end
    splices = []
    if entry.comma is not None and not text[end : entry.comma].strip():
        end = entry.comma + 1
    elif entry.comma is not None:
        splices.append(Splice(entry.comma, ",", ""))
    else:
        place = document.entries.index(entry)
        before = document.entries[place - 1].comma if place else None
        if before is not None:
            splices.append(Splice(before, ",", ""))
    first, after = _line(text, start), re.compile(r"[ \t]*(\r\n|\n|\r)").match(text, end)
    if first and after and not text[first:start].strip():
        start, end = first, after.end()
    else:
        start = len(text[:start].rstrip(" \t"))
    return tuple(sorted((*splices, Splice(start, text[start:end], ""))))


def veiled(document: Document, shown: Iterable[str]) -> str:
    """The text as it may be printed: of values and comments only those of `shown`.

    Others may hold keys. Lines stay lines.
    """
    text, open_for_all = document.text, set(shown)
    hidden = [token for token in document.tokens if token.kind == "COMMENT"]
    for entry in document.entries:
        if entry.name not in open_for_all:
            hidden += entry.tokens[entry.value :]
    pieces, end = [], 0
    for token in sorted(hidden, key=lambda token: token.at):
        if token.at >= end:
            pieces += [text[end : token.at], re.sub(r"[^\r\n]+", HIDDEN, token.text)]
            end = token.end
    return re.sub(f"{HIDDEN}+", HIDDEN, "".join((*pieces, text[end:])))
