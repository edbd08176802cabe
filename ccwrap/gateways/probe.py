"""Asking all candidates at once, in threads, within a fixed time.

Threads are daemons and are never joined: one that hangs in a resolver is left behind
when claude takes over the process. An event loop would wait for it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import threading
import time
from functools import partial
from urllib.parse import urlsplit

from ccwrap.gateways.connection import Connection, Resolve
from ccwrap.gateways.failures import Failed, Watch, Where
from ccwrap.gateways.ladder import Ask, cleaned, climb, unasked
from ccwrap.gateways.verdict import Verdict
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Sequence

    from ccwrap.gateways.road import Road

__all__ = ["Ask", "probe"]


def probe(
    asks: Sequence[Ask],
    road: Road,
    seconds: float,
    *,
    resolve: Resolve = socket.getaddrinfo,
    answering: Callable[[int], object] = lambda _: None,
) -> Iterator[tuple[int, Verdict]]:
    """Each candidate's place in `asks` and its verdict, as they come in.

    After its own timeout, or `seconds` in all, a candidate is `unreachable`. Raises
    SettingError where the road can't be used, and nothing because of a gateway.
    `resolve` looks host names up; `answering` is told, in another thread, the place of one
    whose first answer has begun.
    """
    started = time.monotonic()
    known = {index: verdict for index, ask in enumerate(asks) if (verdict := unasked(ask))}
    asked = {index: ask for index, ask in enumerate(asks) if index not in known}
    tls = any(road.needs_tls(ask.url) for ask in asked.values())
    context = road.context() if tls else None
    candidates = [
        _Candidate(
            index,
            ask,
            Watch(
                _where(ask, road),
                started + min(seconds, ask.timeout),
                partial(answering, index),
            ),
            context,
            road.proxy(ask.url),
            resolve,
        )
        for index, ask in asked.items()
    ]
    yield from known.items()
    yield from _ask(candidates)


WAVE: Final = 4
PACE: Final = 0.05
"""So many are asked at once, and twice as many as before every `PACE` seconds, whatever the
first say: a hundred handshakes at the same moment would delay one another, and the first most
of all. All that a file can name are under way within 0.3 s, …"""

SPREAD: Final = 0.125
"""… and within this part of the time limit."""

_NO_THREAD: Final = Verdict(
    "inconclusive", "not asked: this machine starts no more threads", "ulimit -u; ulimit -v"
)


def _ask(candidates: Sequence[_Candidate]) -> Iterator[tuple[int, Verdict]]:
    """Ask wave by wave, and hear; who doesn't answer by its deadline is late."""
    news: queue.SimpleQueue[tuple[int, Verdict]] = queue.SimpleQueue()
    waves = _waves(candidates)
    began = time.monotonic()
    limit = min((one.watch.deadline for one in candidates), default=began) - began
    pace = min(PACE, SPREAD * limit / max(len(waves), 1))
    under_way: dict[int, _Candidate] = {}
    begun = 0
    while under_way or begun < len(waves):
        if begun < len(waves) and time.monotonic() >= began + begun * pace:
            for one in waves[begun]:
                under_way[one.place] = one
                _start(one, news)
            begun += 1
        ends = [one.watch.deadline for one in under_way.values()]
        if begun < len(waves):
            ends.append(began + begun * pace)
        with contextlib.suppress(queue.Empty):
            index, verdict = news.get(timeout=max(0.0, min(ends, default=0.0) - time.monotonic()))
            if under_way.pop(index, None):
                yield index, verdict
        now = time.monotonic()
        for one in [one for one in under_way.values() if one.watch.deadline <= now]:
            del under_way[one.place]
            yield one.place, cleaned(one.ask, one.watch.late())


class _Candidate(NamedTuple):
    place: int
    ask: Ask
    watch: Watch
    context: ssl.SSLContext | None
    proxy: str
    resolve: Resolve


def _waves(candidates: Sequence[_Candidate]) -> list[Sequence[_Candidate]]:
    waves: list[Sequence[_Candidate]] = []
    size = WAVE
    while candidates:
        waves.append(candidates[:size])
        candidates, size = candidates[size:], 2 * size
    return waves


def _start(candidate: _Candidate, news: queue.SimpleQueue[tuple[int, Verdict]]) -> None:
    try:
        threading.Thread(target=_tell, args=(candidate, news), daemon=True).start()
    except RuntimeError:
        news.put((candidate.place, _NO_THREAD))


def _tell(candidate: _Candidate, news: queue.SimpleQueue[tuple[int, Verdict]]) -> None:
    news.put((candidate.place, cleaned(candidate.ask, _verdict(candidate))))


def _verdict(candidate: _Candidate) -> Verdict:
    _, ask, watch, context, proxy, resolve = candidate
    try:
        with contextlib.closing(Connection(watch, context, proxy, resolve)) as connection:
            return climb(ask, connection, watch)
    except Failed as failed:
        return failed.verdict
    except Exception as fault:  # noqa: BLE001 - one candidate's fault is not the launch's
        return Verdict("inconclusive", f"a fault in ccwrap: {_place(fault)}", "please report it")


def _place(fault: Exception) -> str:
    """What and where, without the fault's own words: they may hold anything."""
    frame = fault.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    file = os.path.basename(frame.tb_frame.f_code.co_filename) if frame else "?"
    return f"{type(fault).__name__} at {file}:{frame.tb_lineno if frame else 0}"


def _where(ask: Ask, road: Road) -> Where:
    return Where(urlsplit(ask.url).netloc, road.proxy_shown(ask.url), ask.kind.fix)
