"""What an answer means: an `Answer` to what was asked -> `Verdict` (pure).

The table is `findings.ROWS`; here are the signs that its rows ask for and the
values of the placeholders in its sentences.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from ccwrap.gateways.answer import read
from ccwrap.gateways.findings import ROWS, Row
from ccwrap.gateways.verdict import Verdict
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple
from ccwrap.text import clean, shown_url

if TYPE_CHECKING:
    from ccwrap.gateways.answer import Answer, Reading
    from ccwrap.gateways.kinds import Kind

SOFT: Final = ("count_tokens", "model", "models")
"""Steps that a gateway may well not have, so that their failure says little."""


class Asked(NamedTuple):
    """What was asked, for the meaning of the answer.

    step        reach | count_tokens | model | models | messages | paid
    last        no step follows that could tell more
    model       "" where none is known
    credential  the NAME of its variable; "" for a placeholder or none
    header      auth_token | api_key | "": how the key was sent
    login       the user's own claude.ai login; no key was sent
    secrets     values that are never shown
    now         Unix time, for a date in Retry-After
    """

    step: str
    url: str
    kind: Kind
    last: bool = False
    model: str = ""
    credential: str = ""
    header: str = ""
    login: bool = False
    secrets: tuple[str, ...] = ()
    now: float = 0.0


def classify(asked: Asked, answer: Answer) -> Verdict | None:
    """What `answer` means; None when the next step has to tell. Never raises."""
    reading = read(answer)
    there = signs(asked, answer, reading)
    row = next(row for row in ROWS if _fits(row, reading, there))
    if row.verdict == "model_missing" and not asked.model:
        row = Row("ok", "{key}; no model was checked")
    if not row.verdict:
        return None
    wait = retry_after(answer, reading.words, asked.now)
    said = _sayings(asked, answer, reading, wait)
    secrets = asked.secrets
    return Verdict(
        row.verdict,
        clean(row.detail.format_map(said), secrets),
        clean(row.hint.format_map(said), secrets),
        answer.status,
        phase=_phase(asked.step, row.verdict),
        retry_after=wait if row.verdict in ("rate_limited", "overloaded") else None,
    )


def signs(asked: Asked, answer: Answer, reading: Reading) -> frozenset[str]:
    """What the table's rows may ask for."""
    kind = asked.kind
    flags = {
        "last": asked.last,
        "soft": asked.step in SOFT,
        "modelled": bool(asked.model),
        "listed": bool(asked.model) and asked.model in reading.listed,
        "keyed": bool(asked.credential),
        "login": asked.login,
        "ambient": kind.auth == "ambient",
        "loopback": kind.loopback,
        "own_keys": kind.own_keys,
        "checks_model": kind.checks_model,
        **_direction(asked.url, answer.headers.get("location", "")),
    }
    return reading.signs | {asked.step} | {name for name, so in flags.items() if so}


def _direction(url: str, location: str) -> dict[str, bool]:
    """Whether a redirect leads to another host, or elsewhere on the same one."""
    try:
        host, target = urlsplit(url).hostname, urlsplit(urljoin(url, location)).hostname
    except ValueError:
        return {}
    return {"here": bool(location) and host == target, "away": bool(location) and host != target}


def _fits(row: Row, reading: Reading, there: frozenset[str]) -> bool:
    if row.status and reading.status not in row.status:
        return False
    for sign in row.signs.split():
        if (sign[1:] in there) if sign[0] == "!" else (sign not in there):
            return False
    return not row.words or bool(re.search(row.words, reading.words, re.IGNORECASE | re.DOTALL))


def _sayings(
    asked: Asked, answer: Answer, reading: Reading, wait: float | None
) -> dict[str, object]:
    keyed = bool(asked.header) and bool(asked.credential)
    return {
        "status": answer.status,
        "words": clean(_innermost(reading.words), asked.secrets, limit=120),
        "model": asked.model,
        "title": asked.kind.title,
        "provider": asked.kind.provider,
        "encoding": answer.headers.get("content-encoding", ""),
        "url": shown_url(asked.url, asked.kind.secret_path),
        "location": shown_url(answer.headers.get("location", ""), asked.kind.secret_path),
        "wait": f"; retry in {wait:.0f} s" if wait else "",
        "name": asked.credential or "the key",
        "accepted": "key and model accepted" if keyed else "model accepted",
        "key": "key accepted" if keyed else "reachable",
        "other": _other_header(asked),
        "path": _path_hint(asked.url),
    }


def _innermost(words: str) -> str:
    """The provider's own message where a gateway has wrapped it, JSON and all."""
    wrapped = re.findall(r'\\?"message\\?": ?\\?"([^"\\]{1,300})', words)
    return wrapped[-1] if wrapped else words


def _other_header(asked: Asked) -> str:
    """The key is never sent a second way on our own account: that doubles who sees it."""
    other = {"auth_token": "api_key", "api_key": "auth_token"}.get(asked.header, "")
    if not other or not asked.credential:
        return ""
    if asked.kind.auth == other:
        return f"; {asked.kind.title} wants it as `{other}`"
    return "" if asked.kind.auth else f"; or this gateway wants it as `{other}`"


def _path_hint(url: str) -> str:
    path = urlsplit(url).path.rstrip("/")
    if not path:
        return "`url` may want a path, such as /anthropic or /api"
    if path.endswith(("/v1", "/v1/messages")):
        return "leave /v1 off the end of `url`: claude adds /v1/messages"
    return "look at the path in `url`: claude adds /v1/messages to it"


def _phase(step: str, verdict: str) -> str:
    if verdict in ("wrong_path", "not_a_gateway"):
        return "reach"
    if verdict == "model_missing" or step in ("model", "models"):
        return "model"
    return {"reach": "reach", "paid": "paid"}.get(step, "model" if verdict == "ok" else "auth")


def retry_after(answer: Answer, words: str, now: float) -> float | None:
    """Seconds until it may be asked again, at most a day; None where it doesn't say.

    Retry-After in seconds or as a date, Anthropic's rate-limit resets, or LiteLLM's
    "Try again in 5 seconds", whose answer has no such header.
    """
    seconds = _seconds(answer.headers.get("retry-after", ""), now)
    if seconds is None:
        said = re.search(r"try again in (\d{1,6}(?:\.\d{1,3})?) ?s", words, re.IGNORECASE)
        seconds = float(said[1]) if said else None
    if seconds is None and answer.status == 429:
        resets = (
            _seconds(value, now)
            for name, value in answer.headers.items()
            if name.startswith("anthropic-ratelimit-") and name.endswith("-reset")
        )
        seconds = min((reset for reset in resets if reset), default=None)
    return None if seconds is None else min(max(seconds, 0.0), 86400.0)


def _seconds(value: str, now: float) -> float | None:
    value = value.strip()[:40]
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
        return float(value)
    from datetime import datetime  # noqa: PLC0415 - rarely needed, and slow to import
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return parse(value).timestamp() - now
        except (ValueError, TypeError, OverflowError, OSError):
            continue
    return None
