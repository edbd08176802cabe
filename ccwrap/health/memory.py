"""What the last verdict is worth now, and what a new one leaves behind.

`Memory` is the store as a launch uses it: opened when first needed, and given up
with one line where it can't be used. It costs nothing until then.
"""

from __future__ import annotations

from ccwrap.health import ejection
from ccwrap.health.latency import smoothed
from ccwrap.health.records import Remembered, Standing
from ccwrap.light import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ccwrap.gateways.verdict import Verdict
    from ccwrap.health.records import Launch
    from ccwrap.health.store import Store
    from ccwrap.secret import Secret

T = TypeVar("T")

SKEW: Final = 5.0
"""Seconds that a verdict may lie in the future: two processes read the clock apart."""

DEPTHS: Final = ("off", "reach", "free", "paid")
RECENT: Final = 3600.0
"""Seconds for which a probe that goes well doesn't wipe out what sessions reported.

Free probes can't see every fault of real work: without this, a gateway that fails
prompts alone would get its next session every half a minute.
"""


def state(remembered: Remembered | None, now: float, fresh_for: float, depth: str) -> str:
    """What `remembered` is worth at `now` to a launch that asks as deep as `depth`.

    unknown  nothing is known that counts: ask
    fresh    believed as it is
    ejected  failed, and is left alone for now
    trial    failed, and its time is over: one launch may ask

    A clock that went back makes everything unknown; one that went ahead ends every
    ejection. Nothing is left alone for longer than LATEST.
    """
    if remembered is None or remembered.checked > now + SKEW:
        return "unknown"
    if remembered.until is not None:
        return "ejected" if now < remembered.until <= now + ejection.LATEST else "trial"
    young = now - remembered.checked < fresh_for
    deep = remembered.depth in DEPTHS[DEPTHS.index(depth) :]
    return "fresh" if young and deep and not remembered.stale else "unknown"


def learnt(
    before: Remembered | None, verdict: Verdict, now: float, depth: str, chance: float
) -> Remembered:
    """What `verdict`, just found, leaves behind."""
    failures = before.failures if before else 0
    reported = before.reported if before else None
    if verdict.name in ejection.WELL:
        lately = reported is not None and 0 <= now - reported < RECENT
        failures = failures if lately else 0
    elif before is None or before.until is None or not 0 < before.until - now <= ejection.LATEST:
        failures += 1
    pace = before.smoothed_ms if before else None
    if verdict.latency_ms is not None:
        pace = smoothed(pace, verdict.latency_ms)
    until = ejection.until(verdict, failures, now, chance)
    return Remembered(
        verdict, now, failures, until, smoothed_ms=pace, depth=depth, reported=reported
    )


class Memory:
    """The store of one launch. Nothing here raises but KeyboardInterrupt.

    state  the folder of the store
    say    is told, once at most, why nothing is remembered
    """

    def __init__(self, state: Path, say: Callable[[str], None]) -> None:
        self._state = state
        self._say = say
        self._store: Store | None = None
        self._opened = False

    @property
    def store(self) -> Store | None:
        """The store; None where it can't be used."""
        if not self._opened:
            self._opened = True
            from ccwrap.health.store import store_or_none  # noqa: PLC0415 - sqlite3 is heavy

            self._store = store_or_none(self._state, self._say)
        return self._store

    def question(self, url: str, model: str, identity: Secret) -> str:
        """What a verdict about these is kept under; "" where nothing is kept."""
        store = self.store
        if store is None:
            return ""
        from ccwrap.health.store import question  # noqa: PLC0415 - sqlite3 is heavy

        return question(url, model, store.fingerprint(identity))

    def recall(self, questions: Sequence[str]) -> Mapping[str, Remembered]:
        """What is known, by question."""
        asked = [one for one in questions if one]
        return self._try(lambda store: store.recall(asked)) or {}

    def remember(self, question: str, route: str, found: Remembered) -> None:
        """Keep `found` for later launches."""
        self._try(
            lambda store: store.remember(
                question,
                found.verdict,
                found.checked,
                found.until,
                found.failures,
                route=route,
                depth=found.depth,
            )
        )

    def launched(self, launch: Launch) -> int:
        """Keep `launch`; its id, 0 where nothing is kept."""
        return self._try(lambda store: store.launched(launch)) or 0

    def failed(self, launch: int, fault: str) -> None:
        """Keep how the launch with this id failed."""
        self._try(lambda store: store.failed(launch, fault))

    def launches(self, session: str) -> tuple[Launch, ...]:
        """Earlier launches of a session, the last one first."""
        return self._try(lambda store: store.launches(session=session)) or ()

    def launches_of(self, pids: Iterable[int]) -> tuple[Launch, ...]:
        """Launches that became one of these processes, or an earlier one, the last one first."""
        return self._try(lambda store: store.launches_of(pids)) or ()

    def launch(self, number: int) -> Launch | None:
        """The launch with this id."""
        return self._try(lambda store: store.launch(number)) if number else None

    def standing(self, scope: str) -> Standing:
        """Who runs in `scope`."""
        return self._try(lambda store: store.standing(scope)) or Standing()

    def stand(self, scope: str, standing: Standing) -> None:
        """Keep who runs in `scope`."""
        self._try(lambda store: store.stand(scope, standing))

    def tidy(self, now: float) -> bool:
        """Remove what is old; whether that was due."""
        return bool(self._try(lambda store: store.tidy(now)))

    def _try(self, use: Callable[[Store], T]) -> T | None:
        store = self.store
        if store is None:
            return None
        from ccwrap.health.store import StoreError  # noqa: PLC0415 - sqlite3 is heavy

        try:
            return use(store)
        except StoreError as error:
            self._store = None
            self._say(f"{error}; nothing is remembered")
            if error.damaged:
                store.set_aside()
        return None
