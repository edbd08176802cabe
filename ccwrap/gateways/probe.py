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
from urllib.parse import urlsplit

from ccwrap.gateways.connection import Connection, Resolve
from ccwrap.gateways.failures import Failed, Watch, Where
from ccwrap.gateways.ladder import Ask, cleaned, climb, unasked
from ccwrap.gateways.verdict import Verdict
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence

    from ccwrap.gateways.road import Road

__all__ = ["Ask", "probe"]


def probe(
    asks: Sequence[Ask],
    road: Road,
    seconds: float,
    *,
    resolve: Resolve = socket.getaddrinfo,
) -> Iterator[tuple[int, Verdict]]:
    """Each candidate's place in `asks` and its verdict, as they come in.

    After its own timeout, or `seconds` in all, a candidate is `unreachable`. Raises
    SettingError where the road can't be used, and nothing because of a gateway.
    `resolve` looks host names up.
    """
    started = time.monotonic()
    news: queue.SimpleQueue[tuple[int, Verdict]] = queue.SimpleQueue()
    known = {index: verdict for index, ask in enumerate(asks) if (verdict := unasked(ask))}
    asked = {index: ask for index, ask in enumerate(asks) if index not in known}
    context = road.context() if any(_needs_tls(ask, road) for ask in asked.values()) else None
    watches = {}
    for index, ask in asked.items():
        watch = Watch(_where(ask, road), started + min(seconds, ask.timeout))
        candidate = _Candidate(ask, watch, context, road.proxy(ask.url), resolve)
        watches[index] = watch
        try:
            threading.Thread(target=_tell, args=(index, candidate, news), daemon=True).start()
        except RuntimeError:
            news.put((index, _NO_THREAD))
    yield from known.items()
    yield from _collect(asks, watches, news)


_NO_THREAD: Final = Verdict(
    "inconclusive", "not asked: this machine starts no more threads", "ulimit -u; ulimit -v"
)


def _collect(
    asks: Sequence[Ask],
    watches: dict[int, Watch],
    news: queue.SimpleQueue[tuple[int, Verdict]],
) -> Iterator[tuple[int, Verdict]]:
    while watches:
        index, next_up = min(watches.items(), key=lambda item: item[1].deadline)
        try:
            index, verdict = news.get(timeout=max(0.0, next_up.deadline - time.monotonic()))
        except queue.Empty:
            verdict = cleaned(asks[index], next_up.late())
        if watches.pop(index, None) is not None:
            yield index, verdict


class _Candidate(NamedTuple):
    ask: Ask
    watch: Watch
    context: ssl.SSLContext | None
    proxy: str
    resolve: Resolve


def _tell(index: int, candidate: _Candidate, news: queue.SimpleQueue[tuple[int, Verdict]]) -> None:
    news.put((index, cleaned(candidate.ask, _verdict(candidate))))


def _verdict(candidate: _Candidate) -> Verdict:
    ask, watch, context, proxy, resolve = candidate
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


def _needs_tls(ask: Ask, road: Road) -> bool:
    if unasked(ask) is not None:
        return False
    return ask.url.startswith("https:") or road.proxy(ask.url).startswith("https:")
