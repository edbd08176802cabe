"""A gateway's answer, read without believing it (pure).

The body is a stranger's: JSON of the wrong types, nested without end, broken UTF-8,
numbers of any length. Only an error object's own fields count as its words; what a
model has said is never looked at.
"""

from __future__ import annotations

import json

from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final = 2000
"""Characters of an error's words that are looked at."""

# Anthropic's error types: https://docs.claude.com/en/api/errors
_STATUS: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class Answer(NamedTuple):
    """What came back. Header names are in lower case; `cut` says that more would follow."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    cut: bool = False


class Reading(NamedTuple):
    """What can be told from an answer.

    status  the error's own where a 200 carries an error object
    words   type, code and message of the error object, on one line
    signs   what the body is: page encoded cut error tokens estimate message found list
    listed  ids of a list of models
    """

    status: int
    words: str
    signs: frozenset[str]
    listed: frozenset[str]


def read(answer: Answer) -> Reading:
    """Everything that classifying needs; never raises."""
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return Reading(answer.status, "", frozenset({"encoded"}), frozenset())
    text = answer.body.decode("utf-8-sig", errors="replace")
    signs = {"cut"} if answer.cut else set()
    kind = answer.headers.get("content-type", "").lower()
    if "text/html" in kind or text.lstrip()[:1] == "<":
        return Reading(answer.status, "", frozenset(signs | {"page"}), frozenset())
    data = _object(text)
    signs |= _shape(data, answer.headers)
    error = None if "message" in signs else _error(data, answer.status)
    if error is None:
        return Reading(answer.status, "", frozenset(signs), _ids(data))
    words = " ".join(_words(error))[:WORDS]
    status = answer.status if answer.status >= 400 else _own_status(error)
    return Reading(status or answer.status, words, frozenset(signs | {"error"}), frozenset())


def _object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _shape(data: dict[str, Any], headers: Mapping[str, str]) -> set[str]:
    signs = set()
    tokens = data.get("input_tokens")
    if type(tokens) is int and tokens >= 0:
        source = data.get("litellm_count_source")
        from_litellm = any(name.startswith("x-litellm-") for name in headers)
        believed = source == "provider" or (source is None and not from_litellm)
        signs.add("tokens" if believed else "estimate")
    named = isinstance(data.get("id"), str) and bool(data["id"])
    if named:
        signs.add("message" if data.get("type") == "message" else "found")
    if isinstance(data.get("data"), list):
        signs.add("list")
    return signs


def _ids(data: dict[str, Any]) -> frozenset[str]:
    rows = data.get("data")
    if not isinstance(rows, list):
        return frozenset()
    ids = (row.get("id") for row in rows if isinstance(row, dict))
    return frozenset(name for name in ids if isinstance(name, str))


def _error(data: dict[str, Any], status: int) -> dict[str, Any] | None:
    """The error object, wherever this gateway puts it; None where there is none."""
    for name in ("error", "detail"):
        inner = data.get(name)
        if isinstance(inner, dict):
            return _error(inner, status) or inner
        if isinstance(inner, str) and inner:
            return {"message": inner}
    return data if status >= 400 and data else None


def _words(error: dict[str, Any]) -> list[str]:
    found = (error.get(name) for name in ("type", "code", "message", "msg"))
    return [word[:WORDS] for word in found if isinstance(word, str)]


def _own_status(error: dict[str, Any]) -> int:
    code, kind = error.get("code"), error.get("type")
    if type(code) is int and 400 <= code < 600:
        return code
    return _STATUS.get(kind, 0) if isinstance(kind, str) else 0
