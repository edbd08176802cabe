"""The tables of `health.db`, and how an older file becomes a newer one.

Each entry of MIGRATIONS takes the file one version further; `PRAGMA user_version`
counts how many it has had. A published entry is never changed again.
"""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

_FIRST: Final = """
CREATE TABLE keep (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO keep VALUES ('salt', randomblob(32));
CREATE TABLE verdict (
  question TEXT PRIMARY KEY, name TEXT, detail TEXT, hint TEXT, http_status INTEGER,
  latency_ms REAL, phase TEXT, retry_after REAL, checked REAL, failures INTEGER,
  until REAL, stale INTEGER, smoothed_ms REAL, depth TEXT, reported REAL
) WITHOUT ROWID;
CREATE TABLE sample (
  id INTEGER PRIMARY KEY, time REAL, question TEXT, route TEXT, phase TEXT,
  latency_ms REAL, verdict TEXT
);
CREATE INDEX sample_question ON sample (question, time);
CREATE TABLE report (
  id INTEGER PRIMARY KEY, time REAL, question TEXT, error TEXT, session TEXT
);
CREATE TABLE launch (
  id INTEGER PRIMARY KEY, time REAL, project TEXT, folder TEXT, branch TEXT, tags TEXT,
  route TEXT, question TEXT, credential TEXT, model TEXT, pid INTEGER, pid_started REAL,
  session TEXT, reason TEXT, fault TEXT, fallback INTEGER
);
CREATE INDEX launch_session ON launch (session);
CREATE INDEX launch_pid ON launch (pid);
CREATE TABLE standing (
  scope TEXT PRIMARY KEY, incumbent TEXT, challenger TEXT, times INTEGER, time REAL
) WITHOUT ROWID;
"""

MIGRATIONS: Final = (_FIRST,)
VERSION: Final = len(MIGRATIONS)

KEPT_SECONDS: Final = 30 * 86400.0
"""How old a row may become."""

MOST_ROWS: Final = {"sample": 20_000, "launch": 10_000, "report": 5_000, "verdict": 5_000}
"""The size bound: about ten megabytes in all. A key that changes by the hour makes verdicts."""

AGED: Final = {
    "verdict": "checked", "sample": "time", "report": "time", "launch": "time", "standing": "time"
}  # fmt: skip
"""The tables that are tidied, each with the column that tells a row's age."""


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Take a file of `version` to VERSION, all or nothing. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        # Where the disk is full SQLite has rolled back already, and "ROLLBACK" would fail.
        connection.rollback()
        raise
