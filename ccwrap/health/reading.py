"""Rows of the store as records; SQLite lets any column hold anything: all is checked."""

from __future__ import annotations

import json
import math

from ccwrap.gateways.verdict import ASKED, Verdict
from ccwrap.health.records import Launch, Remembered, Sample, Standing
from ccwrap.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


def remembered_of(row: sqlite3.Row | Mapping[str, Any]) -> Remembered | None:
    """None for a row that holds no verdict. Raises KeyError where a column is missing."""
    checked = number(row["checked"])
    if row["name"] not in ASKED or checked is None:
        return None
    verdict = Verdict(
        row["name"],
        text(row["detail"]),
        text(row["hint"]),
        _whole(row["http_status"]) or None,
        number(row["latency_ms"]),
        text(row["phase"]),
        number(row["retry_after"]),
    )
    return Remembered(
        verdict,
        checked,
        max(_whole(row["failures"]), 0),
        number(row["until"]),
        bool(row["stale"]),
        number(row["smoothed_ms"]),
        text(row["depth"]),
        number(row["reported"]),
    )


def launch_of(row: sqlite3.Row) -> Launch:
    return Launch(
        time=number(row["time"]) or 0.0,
        project=text(row["project"]),
        branch=text(row["branch"]),
        tags=_tags(row["tags"]),
        route=text(row["route"]),
        question=text(row["question"]),
        credential=text(row["credential"]),
        model=text(row["model"]),
        pid=_whole(row["pid"]),
        pid_started=number(row["pid_started"]) or 0.0,
        session=text(row["session"]),
        reason=text(row["reason"]),
        fault=text(row["fault"]),
        folder=text(row["folder"]),
        fallback=bool(row["fallback"]),
        id=_whole(row["id"]),
    )


def sample_of(row: sqlite3.Row) -> Sample:
    return Sample(
        number(row["time"]) or 0.0,
        text(row["question"]),
        text(row["route"]),
        text(row["phase"]),
        number(row["latency_ms"]),
        text(row["verdict"]),
    )


def standing_of(row: sqlite3.Row) -> Standing:
    return Standing(
        text(row["incumbent"]),
        text(row["challenger"]),
        _whole(row["times"]),
        number(row["time"]) or 0.0,
    )


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """None for what is no number, and for one that a float can't hold."""
    try:
        return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
    except OverflowError:
        return None


def _whole(value: object) -> int:
    """0 for what is no whole number, and for one that SQLite can't hold."""
    return value if isinstance(value, int) and abs(value) < 1 << 63 else 0


def _tags(value: object) -> tuple[tuple[str, str], ...]:
    try:
        pairs = json.loads(text(value) or "[]")
        return tuple((str(name), str(tag)) for name, tag in pairs)
    except (ValueError, TypeError, RecursionError):
        return ()
