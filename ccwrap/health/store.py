"""What is remembered between launches, in one SQLite file of the user's own.

Many processes write it at once, and none depends on it: whatever goes wrong is a
`StoreError` in one sentence, and the caller goes on without. Secrets go in only as
keyed fingerprints.
"""

from __future__ import annotations

import contextlib
import json
from urllib.parse import urlsplit

from ccwrap.digest import digest
from ccwrap.health import ejection, schema
from ccwrap.health.latency import smoothed
from ccwrap.health.opening import FILE, StoreError, connect, identity, set_aside, worded
from ccwrap.health.reading import launch_of, number, remembered_of, sample_of, standing_of, text
from ccwrap.health.records import Launch, Remembered, Sample, Standing
from ccwrap.light import TYPE_CHECKING, Final, Self, TypeVar

__all__ = ["FILE", "Store", "StoreError", "question", "store_or_none"]

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ccwrap.gateways.verdict import Verdict
    from ccwrap.secret import Secret

T = TypeVar("T")

DAY: Final = 86400.0
LAUNCH: Final = ", ".join(name for name in Launch._fields if name != "id")


def question(url: str, model: str, fingerprint: str) -> str:
    """What a verdict is about: origin, path, model and credential, in hex."""
    parts = urlsplit(url)
    asked = (parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), model, fingerprint)
    whole = "\0".join(asked)
    return digest(whole.encode("utf-8", "replace"))


def store_or_none(state: Path, say: Callable[[str], None]) -> Store | None:
    """The store; None, and one line to `say`, where there is none to be had.

    A damaged file is put aside and begun anew, so that this is said only once.
    """
    seen = identity(state / FILE)
    try:
        return Store.open(state)
    except StoreError as error:
        say(f"{error}; nothing is remembered")
        if error.damaged:
            set_aside(state / FILE, seen)
    return None


class Store:
    """An open store. Every method raises StoreError, and nothing else of SQLite's."""

    def __init__(self, path: Path, connection: sqlite3.Connection, salt: bytes) -> None:
        self.path = path
        self._file = identity(path)
        self._connection = connection
        self._salt = salt

    @classmethod
    def open(cls, state: Path) -> Self:
        """The store in the folder `state`, created where there is none, 0600 in 0700."""
        connection, salt = connect(state / FILE)
        return cls(state / FILE, connection, salt)

    def close(self) -> None:
        """Let go of the file; a process that becomes claude needn't."""
        with worded(self.path):
            self._connection.close()

    def set_aside(self) -> None:
        """Let the next launch begin a new store: this one is damaged. Never raises."""
        set_aside(self.path, self._file)

    def fingerprint(self, secret: Secret | None) -> str:
        """A name for `secret` from which, without this store, nobody can check a guess."""
        if not secret:
            return ""
        value = secret.reveal().encode("utf-8", "surrogatepass")
        return digest(value, self._salt)

    def recall(self, questions: Sequence[str]) -> dict[str, Remembered]:
        """What is known, by question."""
        marks = ",".join("?" * len(questions))
        known = self._rows(
            lambda row: (text(row["question"]), remembered_of(row)),
            f"SELECT * FROM verdict WHERE question IN ({marks})", *questions,
        )  # fmt: skip
        return {asked: found for asked, found in known if found is not None}

    def remember(
        self,
        question: str,
        verdict: Verdict,
        now: float,
        until: float | None,
        failures: int,
        *,
        route: str = "",
        depth: str = "free",
    ) -> None:
        """Put `verdict` in place of the last one about `question`, and among the samples."""
        with self._write():
            before = self.recall([question]).get(question)
            pace = before.smoothed_ms if before else None
            if verdict.latency_ms is not None:
                pace = smoothed(pace, verdict.latency_ms)
            self._run(
                "INSERT INTO verdict (question, name, detail, hint, http_status, latency_ms, phase,"
                " retry_after, checked, failures, until, stale, smoothed_ms, depth)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,0,?,?) ON CONFLICT (question) DO UPDATE SET"
                " name=excluded.name, detail=excluded.detail, hint=excluded.hint,"
                " http_status=excluded.http_status, latency_ms=excluded.latency_ms,"
                " phase=excluded.phase, retry_after=excluded.retry_after,"
                " checked=excluded.checked, failures=excluded.failures, until=excluded.until,"
                " stale=0, smoothed_ms=excluded.smoothed_ms, depth=excluded.depth",
                question, *verdict, now, failures, until, pace, depth,
            )  # fmt: skip
            self._sample(question, verdict, now, route)

    def report(self, question: str, error: str, session: str, now: float) -> None:
        """Learn that real work of `session` ended with `error` (a StopFailure hook's word).

        While the route is left alone already this is the same failure once more.
        """
        verdict = ejection.reported(error)
        with self._write():
            self._run(
                "INSERT INTO report (time, question, error, session) VALUES (?,?,?,?)",
                now, question, error, session,
            )  # fmt: skip
            if verdict is None:
                return
            before = self.recall([question]).get(question)
            failures = before.failures if before else 0
            if not (before and before.until is not None and before.until > now):
                failures += 1
            end = ejection.until(verdict, failures, now, ejection.chance())
            depth = before.depth if before else "free"
            self.remember(question, verdict, now, end, failures, depth=depth)
            self._run("UPDATE verdict SET reported = ? WHERE question = ?", now, question)

    def heard(self, session: str) -> bool:
        """Whether a turn of `session` has ended, well or not."""
        return bool(self._rows(tuple, "SELECT 1 FROM report WHERE session = ? LIMIT 1", session))

    def stale(self, question: str) -> None:
        """Have the route asked again at the next launch."""
        self._run("UPDATE verdict SET stale = 1 WHERE question = ?", question)

    def launched(self, launch: Launch) -> int:
        """Keep `launch`; its id."""
        values = launch._replace(tags=json.dumps(launch.tags))[: len(Launch._fields) - 1]  # type: ignore[arg-type]
        marks = ",".join("?" * len(values))
        return self._run(f"INSERT INTO launch ({LAUNCH}) VALUES ({marks})", *values)

    def failed(self, launch: int, fault: str) -> None:
        """Say how the launch with this id failed."""
        self._run("UPDATE launch SET fault = ? WHERE id = ?", fault, launch)

    def session(self, launch: int, session: str) -> None:
        """Tie Claude Code's session to the launch with this id.

        A process goes from one session to another (`/clear`, `/resume`): the launch is
        then kept once for each, so that each finds its route again.
        """
        columns = LAUNCH.replace("session", "?")
        with self._write():
            self._run(
                "UPDATE launch SET session = ? WHERE id = ? AND session = ''", session, launch
            )
            self._run(
                f"INSERT INTO launch ({LAUNCH}) SELECT {columns} FROM launch AS first WHERE id = ?"
                " AND NOT EXISTS (SELECT 1 FROM launch WHERE session = ?"
                " AND pid = first.pid AND pid_started = first.pid_started)",
                session, launch, session,
            )  # fmt: skip

    def session_of(self, pid: int, session: str) -> None:
        """Tie Claude Code's session to the last launch that became the process `pid`."""
        last = "(SELECT max(id) FROM launch WHERE pid = ?)"
        self._run(f"UPDATE launch SET session = ? WHERE id = {last}", session, pid)

    def launches(
        self, since: float = 0.0, project: str = "", session: str = ""
    ) -> tuple[Launch, ...]:
        """Launches, the last one first; "" for every project and every session."""
        rows = self._rows(
            launch_of,
            "SELECT * FROM launch WHERE time >= ? AND (? = '' OR project = ?)"
            " AND (? = '' OR session = ?) ORDER BY id DESC",
            since, project, project, session, session,
        )  # fmt: skip
        return tuple(rows)

    def launches_of(self, pids: Iterable[int]) -> tuple[Launch, ...]:
        """Launches that became one of these processes, or an earlier one, the last one first."""
        numbers = ",".join(str(int(pid)) for pid in pids)
        sql = f"SELECT * FROM launch WHERE pid IN ({numbers}) ORDER BY id DESC"
        return tuple(self._rows(launch_of, sql))

    def launch(self, number: int) -> Launch | None:
        """The launch with this id."""
        rows = self._rows(launch_of, "SELECT * FROM launch WHERE id = ?", number)
        return rows[0] if rows else None

    def samples(
        self, question: str = "", route: str = "", since: float = 0.0
    ) -> tuple[Sample, ...]:
        """Verdicts over time, the first one first; "" for every question and every route."""
        rows = self._rows(
            sample_of,
            "SELECT * FROM sample WHERE time >= ? AND (? = '' OR question = ?)"
            " AND (? = '' OR route = ?) ORDER BY id",
            since, question, question, route, route,
        )  # fmt: skip
        return tuple(rows)

    def standing(self, scope: str) -> Standing:
        """Who runs in `scope`, a name of the caller's."""
        rows = self._rows(standing_of, "SELECT * FROM standing WHERE scope = ?", scope)
        return rows[0] if rows else Standing()

    def stand(self, scope: str, standing: Standing) -> None:
        """Put `standing` in place of what was known of `scope`."""
        self._run("INSERT OR REPLACE INTO standing VALUES (?,?,?,?,?)", scope, *standing)

    def questions(self, route: str) -> tuple[str, ...]:
        """Every question that a route of this name, in whatever project, has stood for."""
        rows = self._rows(
            lambda row: text(row["question"]),
            "SELECT question FROM sample WHERE route = ?"
            " UNION SELECT question FROM launch WHERE route = ?",
            route, route,
        )  # fmt: skip
        return tuple(filter(None, rows))

    def forget(self, questions: Sequence[str] | None = None) -> int:
        """Forget the verdicts about `questions`, or all; how many there were."""
        marks = ",".join("?" * len(questions or ()))
        which = "" if questions is None else f" WHERE question IN ({marks})"
        with self._write():
            ((count,),) = self._rows(
                tuple, f"SELECT count(*) FROM verdict{which}", *(questions or ())
            )
            self._run(f"DELETE FROM verdict{which}", *(questions or ()))
            if questions is None:
                self._run("DELETE FROM standing")
        return int(count)

    def tidy(self, now: float) -> bool:
        """Remove what is old or too much; once a day, else nothing. Whether it was done.

        Counted from the last launch that is kept where the clock runs ahead of it, so that
        a clock which jumped years ahead for a moment costs no history.
        """
        if self._tidied(now):
            return False
        with self._write():
            if self._tidied(now):
                return False
            newest = self._number("SELECT max(time) FROM launch") or now
            limit = min(now, newest) - schema.KEPT_SECONDS
            for table, column in schema.AGED.items():
                self._run(f"DELETE FROM {table} WHERE {column} < ?", limit)
            for table, most in schema.MOST_ROWS.items():
                order = "id" if table != "verdict" else schema.AGED[table]
                first = f"SELECT {order} FROM {table} ORDER BY {order} DESC LIMIT 1 OFFSET ?"
                self._run(f"DELETE FROM {table} WHERE {order} <= ({first})", most)
            self._run("INSERT OR REPLACE INTO keep VALUES ('tidied', ?)", now)
        return True

    def _tidied(self, now: float) -> bool:
        last = self._number("SELECT value FROM keep WHERE name = 'tidied'")
        return last is not None and 0 <= now - last < DAY

    def _sample(self, question: str, verdict: Verdict, now: float, route: str) -> None:
        self._run(
            "INSERT INTO sample (time, question, route, phase, latency_ms, verdict)"
            " VALUES (?,?,?,?,?,?)",
            now, question, route, verdict.phase, verdict.latency_ms, verdict.name,
        )  # fmt: skip

    def _rows(self, read: Callable[[sqlite3.Row], T], sql: str, *values: object) -> list[T]:
        with worded(self.path):
            return [read(row) for row in self._connection.execute(sql, _storable(values))]

    def _number(self, sql: str) -> float | None:
        rows = self._rows(lambda row: number(row[0]), sql)
        return rows[0] if rows else None

    def _run(self, sql: str, *values: object) -> int:
        with worded(self.path):
            return self._connection.execute(sql, _storable(values)).lastrowid or 0

    @contextlib.contextmanager
    def _write(self) -> Iterator[None]:
        """Several statements as one; inside another such block, part of that."""
        if self._connection.in_transaction:
            yield
            return
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            with contextlib.suppress(StoreError), worded(self.path):
                self._connection.rollback()
            raise


def _storable(values: Sequence[object]) -> list[object]:
    """`values`, texts without lone surrogates (a branch's name may hold any bytes)."""
    return [v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values]
