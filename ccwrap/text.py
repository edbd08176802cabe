"""Making foreign words safe to show.

A gateway's answer, a route file's strings and a helper's standard error come from
others: they may carry secrets, terminal escapes or text that runs backwards.
"""

from __future__ import annotations

import re

from ccwrap.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 200
"""Characters of a foreign text that are shown at most."""

LONGEST_HOST = 259
"""Characters of a host name and its port."""

# C0, DEL, C1, line and paragraph separators, bidirectional controls, zero-width
# characters, variation tags, surrogates and private use.
UNPRINTABLE = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\uffff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_KEY_LIKE = (
    r"\b(?:(?:sk|pk|rk|key|tok|ghp|gho|ghs|xox[a-z])[-_]|eyJ)[-_A-Za-z0-9.]{12,}"
    r"|(?<=earer )[-_A-Za-z0-9.~+/=]{8,}"
)

# A CI job's log takes `::name::` at a line's start and `##[name]` anywhere for commands, in
# letters of either case.
_COMMAND = r"(?<!\S):(?=:[A-Za-z])|##(?=\[)"


def those(names: Iterable[str]) -> str:
    """Which names there are, for somebody who gave another."""
    known = tuple(names)
    if len(known) < 2:
        return f"there is only {known[0]}" if known else "there is none"
    return f"there are {', '.join(known)}"


def clean(text: str, secrets: Iterable[str] = (), limit: int = SHOWN) -> str:
    """`text` on one line, without secrets or control characters, `limit` long.

    Known secrets go first, also in part (a gateway may quote a key's first half);
    then what looks like a token although it is none of ours.
    """
    text = text[: limit * 20]
    for secret in sorted(set(secrets), key=len, reverse=True):
        text = _without(text, secret)
    text = _said(" ".join(re.sub(_KEY_LIKE, "***", text).split()))
    if unprintable(text):
        text = re.sub(UNPRINTABLE, lambda match: f"\\u{ord(match.group()):04x}", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escaped(text: str) -> str:
    """`text` with everything spelt out that doesn't show as itself, line ends too."""
    if not unprintable(text):
        return text
    return re.sub(UNPRINTABLE, lambda match: ascii(match.group())[1:-1], text)


def unprintable(text: str) -> str:
    """The first character of `text` that doesn't show as itself; "" where all do."""
    if text.isascii() and text.isprintable():
        return ""
    match = re.search(UNPRINTABLE, text)
    return match.group() if match else ""


def printable(text: str) -> str:
    """`text` with everything but line ends escaped that could move a terminal or a CI job."""
    return "\n".join(escaped(_said(line)) for line in text.split("\n"))


def _said(text: str) -> str:
    """`text` without what a CI job would take for a command."""
    if "::" not in text and "##[" not in text:
        return text
    return re.sub(_COMMAND, lambda match: f"{match.group()} ", text)


def _without(text: str, secret: str, least: int = 8) -> str:
    """`text` with `secret`, or any `least` characters of it in a row, masked.

    A secret shorter than `least` is masked only as a whole.
    """
    if not secret:
        return text
    if len(secret) <= least:
        return text.replace(secret, "***")
    pieces = {secret[start : start + least] for start in range(len(secret) - least + 1)}
    masked = bytearray(len(text))
    for start in range(len(text) - least + 1):
        if text[start : start + least] in pieces:
            masked[start : start + least] = b"\x01" * least
    out: list[str] = []
    for index, char in enumerate(text):
        if not masked[index]:
            out.append(char)
        elif not index or not masked[index - 1]:
            out.append("***")
    return "".join(out)


def shown_url(url: str, secret_path: bool = False) -> str:
    """`url` as it may be shown: without user, query, or a key in its path.

    `secret_path` is the gateway kind's word that its path carries a key. The host
    stands there whole, whatever it looks like: it says who gets what is sent.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return clean(url)
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2]
    if secret_path and path:
        path = "***"
    path = "/".join("***" if re.fullmatch(_KEY_LIKE, part) else part for part in path.split("/"))
    return f"{clean(scheme)}://{escaped(host)[:LONGEST_HOST]}{clean(slash + path)}"
