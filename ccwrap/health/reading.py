"""Rows of the store as records; SQLite lets any column hold anything: all is checked."""

from __future__ import annotations

import json
import math

from ccwrap.gateways.verdict import ASKED, Verdict
from ccwrap.health.records import Launch, Remembered, Sample
from ccwrap.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


def remembered_of(row: sqlite3.Row | Mapping[str, Any]) -> Remembered | None:
    """None for a row that holds no verdict. Raises KeyError where a column is missing."""
    checked = _number(row["checked"])
    if row["name"] not in ASKED or checked is None:
        return None
    verdict = Verdict(
        row["name"],
        _text(row["detail"]),
        _text(row["hint"]),
        _whole(row["http_status"]) or None,
        _number(row["latency_ms"]),
        _text(row["phase"]),
        _number(row["retry_after"]),
    )
    return Remembered(
        verdict,
        checked,
        max(_whole(row["failures"]), 0),
        _number(row["until"]),
        bool(row["stale"]),
        _number(row["smoothed_ms"]),
        _text(row["depth"]),
        _number(row["reported"]),
    )


def launch_of(row: sqlite3.Row) -> Launch:
    return Launch(
        time=_number(row["time"]) or 0.0,
        project=_text(row["project"]),
        branch=_text(row["branch"]),
        tags=_tags(row["tags"]),
        route=_text(row["route"]),
        question=_text(row["question"]),
        credential=_text(row["credential"]),
        model=_text(row["model"]),
        pid=_whole(row["pid"]),
        pid_started=_number(row["pid_started"]) or 0.0,
        session=_text(row["session"]),
        reason=_text(row["reason"]),
        fault=_text(row["fault"]),
        folder=_text(row["folder"]),
        fallback=bool(row["fallback"]),
        id=_whole(row["id"]),
    )


def sample_of(row: sqlite3.Row) -> Sample:
    return Sample(
        _number(row["time"]) or 0.0,
        _text(row["question"]),
        _text(row["route"]),
        _text(row["phase"]),
        _number(row["latency_ms"]),
        _text(row["verdict"]),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _tags(value: object) -> tuple[tuple[str, str], ...]:
    try:
        pairs = json.loads(_text(value) or "[]")
        return tuple((str(name), str(tag)) for name, tag in pairs)
    except (ValueError, TypeError):
        return ()
