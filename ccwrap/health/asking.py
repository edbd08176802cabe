"""One round of asking: what is remembered, what others are asking, what is asked now.

Knows nothing of HTTP: the probe comes in as a function. One launch at a time asks a
gateway, the others wait for its answer; what is fresh isn't asked, and what failed
is left alone, unless nothing else can be used.
"""

from __future__ import annotations

import math
import time
from functools import partial

from ccwrap.gateways.verdict import ASKED, Verdict
from ccwrap.health import ejection, live, memory
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from ccwrap.health.flight import Flight, Flights
    from ccwrap.health.memory import Memory
    from ccwrap.health.news import News
    from ccwrap.health.records import Remembered

OVERTIME: Final = 0.5
"""Seconds beyond a candidate's limit for which another launch's answer is waited for: it
may have begun a little late."""

AGAIN: Final = "again"
"""Names the next flight to the same place, of those who waited for one in vain.

Without it two hundred launches on a machine that is too busy would all begin to ask at
the same moment, and make it busier.
"""


SHARE: Final = 0.6
"""The part of its limit that a candidate gets for its first word once another is well: a dead
one shall not keep a launch waiting that could go ahead. With a smaller share a gateway
behind a slow network would lose its place."""


class Subject(NamedTuple):
    """One candidate.

    question  under which its verdict is kept; "" where nothing is kept
    parts     what else names it, for its flight: no secret leaves this process
    """

    question: str
    parts: tuple[str, ...]


class Terms(NamedTuple):
    """How a round is held.

    probe      asks the named candidates, within so many seconds
    settled    whether what is known decides already (None: being asked)
    flights    where launches meet, called only when something is to be asked
    seconds    what is left of a limit in seconds, so many more kept for later
    limit      seconds that a candidate may take
    fresh_for  seconds for which a verdict is believed
    depth      how deep is asked
    afresh     everything is asked, whatever is remembered or under way
    share      the part of its limit that a silent candidate gets once another is well
    answering  the names of those who aren't silent any more; it grows meanwhile
    watch      is told each verdict
    clock      Unix time
    """

    probe: Callable[[Sequence[str], float], Iterator[tuple[str, Verdict]]]
    settled: Callable[[Sequence[Verdict | None]], bool]
    flights: Callable[[], Flights]
    seconds: Callable[[float, float], float]
    limit: float
    fresh_for: float
    depth: str
    afresh: bool = False
    share: float = SHARE
    answering: Collection[str] = ()
    watch: Callable[[str, Verdict], None] | None = None
    clock: Callable[[], float] = time.time


def ask(
    subjects: Mapping[str, Subject], remembering: Memory, terms: Terms
) -> dict[str, Remembered | None]:
    """What is known of each candidate; None where it wasn't needed."""
    return _Round(subjects, remembering, terms).run()


class _Round:
    def __init__(self, subjects: Mapping[str, Subject], remembering: Memory, terms: Terms) -> None:
        self.subjects = subjects
        self.memory = remembering
        self.terms = terms
        self.began = terms.clock()
        self.found: dict[str, Remembered | None] = dict.fromkeys(subjects)
        self.before: dict[str, Remembered] = {}
        self.held: set[str] = set()
        self.led: dict[str, float] = {}
        self.waiting: dict[str, float] = {}
        self.flights: dict[str, Flight] = {}
        self.meeting: Flights | None = None
        self.missed: dict[str, list[Flight]] = {}
        self.end = 0.0
        self.news: News

    def run(self) -> dict[str, Remembered | None]:
        terms = self.terms
        trials = self._recall()
        if not self._settled():
            self._begin()
            self.meeting = None if terms.afresh else terms.flights()
            names = [name for name, one in self.found.items() if one is None]
            self._take([name for name in names if name not in trials], trials)
            self._listen()
        for name in self.held:
            self.found[name] = self.found[name] or self.before[name]
        if self.held and not self._usable():
            self._begin()
            self._reconsider()
        return self.found

    def _begin(self) -> None:
        """From here on there is somebody to ask or to wait for, within the limit."""
        from ccwrap.health.news import News  # noqa: PLC0415 - a fresh memory does without threads

        now = time.monotonic()
        self.end = max(self.end, now + OVERTIME) if self.end else now + self.terms.limit
        self.news = News()

    def _recall(self) -> list[str]:
        """Fill in what is remembered; the names of those whose ejection is over."""
        terms, trials = self.terms, []
        known = self.memory.recall([one.question for one in self.subjects.values()])
        for name, subject in self.subjects.items():
            if subject.question not in known:
                continue
            remembered = self.before[name] = known[subject.question]
            state = memory.state(remembered, self.began, terms.fresh_for, terms.depth)
            if terms.afresh or state == "unknown":
                continue
            if state == "trial":
                trials.append(name)
            else:
                self._tell(name, remembered)
            if state != "fresh":
                self.held.add(name)
        return trials

    def _reconsider(self) -> None:
        """Ask now about those that were left alone: nothing else can be used."""
        left_alone = {name: self.found[name] for name in self.subjects if name in self.held}
        self.held.clear()
        self.found.update(dict.fromkeys(left_alone))
        self.meeting = self.meeting or self.terms.flights()
        self._take(list(left_alone), [])
        self._listen()
        for name, remembered in left_alone.items():
            self.found[name] = self.found[name] or remembered

    def _take(self, names: Iterable[str], trials: Iterable[str]) -> None:
        """Ask what nobody is asking, wait for the rest; one launch alone makes a trial."""
        mine = []
        for name in trials:
            if self._lead(name) or (self._overdue(name) and self._lead(name)):
                self.held.discard(name)
                mine.append(name)
            elif self.found[name] is None:
                self._tell(name, self.before[name])
        for name in names:
            if self._lead(name):
                mine.append(name)
            elif self.found[name] is None:
                self._wait(name, self.flights[name])
        if not self._settled():
            self._ask(mine)

    def _lead(self, name: str) -> bool:
        """Whether it is ours to ask; not where another's answer is there, which is taken.

        Looked at before and after: who waits for an answer holds its flight for a moment
        when it has come, and between the two looks it may come.
        """
        flight = self._flight(name)
        if flight is None:
            return True
        return not self._accepted(name) and flight.lead() and not self._accepted(name)

    def _overdue(self, name: str) -> bool:
        """Whether who asks has had its time: from then on the next flight counts."""
        flight, most = self.flights.get(name), self.terms.limit + OVERTIME
        if self.found[name] is not None or flight is None or flight.age() <= most:
            return False
        self._miss(name)
        return True

    def _miss(self, name: str) -> None:
        self.missed.setdefault(name, []).append(self.flights.pop(name))

    def _flight(self, name: str) -> Flight | None:
        if self.meeting is None:
            return None
        if name not in self.flights:
            again = (AGAIN,) * len(self.missed.get(name, ()))
            flight = self.meeting.flight(*self.subjects[name].parts, *again)
            if flight is None:
                return None
            self.flights[name] = flight
        return self.flights[name]

    def _accepted(self, name: str) -> bool:
        """Whether another launch has just handed over an answer that is news to us."""
        for flight in (self.flights.get(name), *self.missed.get(name, ())):
            answer = flight.answer() if flight else None
            if flight and answer and self._news(name, answer):
                flight.let_go()
                self._tell(name, answer)
                return True
        return False

    def _news(self, name: str, answer: Remembered) -> bool:
        """Whether `answer` tells us something that we may believe.

        What was found after we began is as good as asking ourselves, also where
        `fresh_for` is 0. Where nothing is remembered only those who start together share:
        within a probe's time, which on a busy machine passes before we come to ask.
        """
        terms, before = self.terms, self.before.get(name)
        now, since = terms.clock(), answer.checked >= self.began
        old = now - answer.checked
        if not since and self.memory.store is None and old > terms.limit + live.age():
            return False
        young = math.inf if since else terms.fresh_for
        state = memory.state(answer, now, young, terms.depth)
        if state not in ("fresh", "ejected") or (before and answer.checked <= before.checked):
            return False
        self.before[name] = answer
        if state == "ejected" and answer.checked < self.began:
            self.held.add(name)
        return True

    def _wait(self, name: str, flight: Flight) -> None:
        """Hear of `name` when its asker is done, or has had its time, counted from its start.

        An asker that was stopped (Ctrl-Z) holds up each later launch for OVERTIME only.
        """
        now = time.monotonic()
        left = min(self.terms.limit - flight.age(), self.end - now) + OVERTIME
        self.waiting[name] = now + self.terms.seconds(max(left, OVERTIME), OVERTIME)
        self.news.of_flight(name, flight)

    def _ask(self, names: Sequence[str]) -> None:
        if not names:
            return
        left = max(self.end - time.monotonic(), OVERTIME)
        self.led |= dict.fromkeys(names, time.monotonic())
        self.news.of_probe(partial(self.terms.probe, names, self.terms.seconds(left, 0.0)))

    def _listen(self) -> None:
        """Take answers as they come, until they decide; others' for so long, then ask."""
        while (self.led or self.waiting) and not self._settled():
            ends = [*self.waiting.values(), *self._shares().values()]
            left = max(min(ends) - time.monotonic(), 0.0) if ends else None
            try:
                name, news = self.news.next(left)
            except TimeoutError:
                self._pass_over()
                self._follow()
                continue
            self._hear(name, news)

    def _shares(self) -> dict[str, float]:
        """When those that we ask and that are silent have had their share; {} while none is well."""
        well = any(one and one.verdict.name == "ok" for one in self.found.values())
        if not well or self.terms.share >= 1:
            return {}
        silent = [name for name in self.led if name not in self.terms.answering]
        return {name: self.led[name] + self._share() for name in silent}

    def _share(self) -> float:
        return self.terms.share * self.terms.limit

    def _pass_over(self) -> None:
        """Who has had its share counts as unreachable, also for the launches to come."""
        now = time.monotonic()
        for name in [name for name, end in self._shares().items() if end <= now]:
            del self.led[name]
            what = f"no answer within {self._share():.1f} s, while another was well"
            self._learn(
                name,
                Verdict(
                    "unreachable",
                    what,
                    "if it is only slow: a longer timeout in [probe]",
                    phase="reach",
                ),
            )

    def _follow(self) -> None:
        """The answers that are waited for don't come: one of those who wait asks now."""
        now = time.monotonic()
        overdue = sorted(name for name, late in self.waiting.items() if late <= now)
        if not overdue:
            return
        for name in overdue:
            del self.waiting[name]
            self._miss(name)
        if self.terms.seconds(self.terms.limit, OVERTIME) < min(self.terms.limit, OVERTIME):
            self.meeting = None  # no time to wait for the next one too
        self.end = now + self.terms.limit
        self._take(overdue, ())

    def _hear(self, name: str, news: object) -> None:
        if isinstance(news, Verdict):
            if name in self.led:
                del self.led[name]
                self._learn(name, news)
        elif name in self.waiting:
            del self.waiting[name]
            self._after(name)

    def _after(self, name: str) -> None:
        """Nobody asks `name` any more: with an answer, or because it wasn't needed there.

        What was needed there was handed over before, so that is looked for first.
        """
        for other in (name, *sorted(self.waiting)):
            if self._accepted(other):
                self.waiting.pop(other, None)
        if self.found[name] is None and not self._settled():
            self._take([name], ())

    def _learn(self, name: str, verdict: Verdict) -> None:
        terms, flight = self.terms, self.flights.get(name)
        now, chance = terms.clock(), ejection.chance()
        found = memory.learnt(self.before.get(name), verdict, now, terms.depth, chance)
        telling = verdict.name in ASKED and bool(verdict.phase)
        if flight is not None and telling:
            flight.hand_over(found)
        elif flight is not None:
            flight.let_go()
        self._tell(name, found)
        if telling:
            self.memory.remember(self.subjects[name].question, name, found)

    def _tell(self, name: str, found: Remembered) -> None:
        self.found[name] = found
        if self.terms.watch:
            self.terms.watch(name, found.verdict)

    def _settled(self) -> bool:
        return self.terms.settled([one and one.verdict for one in self.found.values()])

    def _usable(self) -> bool:
        return any(
            one is not None and one.verdict.usable and name not in self.held
            for name, one in self.found.items()
        )
