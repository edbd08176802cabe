"""What the store holds, as values; nothing here knows of SQLite."""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ccwrap.gateways.verdict import Verdict


class Remembered(NamedTuple):
    """The last verdict about a question.

    checked      Unix time
    failures     in a row, up to now; 0 for a route that is well
    until        Unix time until which it is left alone, None when it isn't
    stale        something since then says that it should be asked again
    smoothed_ms  round trip over time, milliseconds
    depth        how deep was asked: reach | free | paid
    reported     Unix time at which a session last failed on it
    """

    verdict: Verdict
    checked: float
    failures: int = 0
    until: float | None = None
    stale: bool = False
    smoothed_ms: float | None = None
    depth: str = "free"
    reported: float | None = None


class Launch(NamedTuple):
    """A launch, successful or not.

    time         Unix time
    folder       the working directory
    branch       "" outside a repository
    credential   the NAME of its variable
    pid_started  when the process began, by `live.started`'s clock, to tell it from a
                 later one with its number
    session      Claude Code's session id, "" as long as it isn't known
    reason       why this route
    fault        how it failed, "" where it didn't
    fallback     a route that the file prefers was not as well
    id           the store's, 0 before it is stored
    """

    time: float
    project: str
    branch: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    route: str = ""
    question: str = ""
    credential: str = ""
    model: str = ""
    pid: int = 0
    pid_started: float = 0.0
    session: str = ""
    reason: str = ""
    fault: str = ""
    folder: str = ""
    fallback: bool = False
    id: int = 0


class Sample(NamedTuple):
    """One verdict in a route's history. `latency_ms` is None where nothing answered."""

    time: float
    question: str
    route: str
    phase: str
    latency_ms: float | None
    verdict: str


class Standing(NamedTuple):
    """Who runs in a scope, and who has beaten it how many times in a row (routes).

    seen  Unix time of the measurement that this rests on
    """

    incumbent: str = ""
    challenger: str = ""
    times: int = 0
    seen: float = 0.0
