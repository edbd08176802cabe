"""What is heard from threads that ask or wait; none of them is ever joined."""

from __future__ import annotations

import queue
import threading

from ccwrap.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccwrap.gateways.verdict import Verdict
    from ccwrap.health.flight import Flight

FREE = "free"
"""Heard of a name that nobody asks any more."""


class News:
    """Names, and what became of each: a Verdict, or FREE."""

    def __init__(self) -> None:
        self._heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def of_probe(self, probe: Callable[[], Iterator[tuple[str, Verdict]]]) -> None:
        """Hear each verdict of `probe` as it comes, or what went wrong with it.

        On a machine that starts no more threads all of them at once: a probe ends in time.
        """

        def asking() -> None:
            try:
                for pair in probe():
                    self._heard.put(pair)
            except BaseException as error:  # noqa: BLE001 - raised where the launch can see it
                self._heard.put(("", error))

        if not _started(asking):
            asking()

    def of_flight(self, name: str, flight: Flight) -> None:
        """Hear when nobody asks for `name` any more; never, where no thread can wait for it."""

        def waiting() -> None:
            flight.wait()
            self._heard.put((name, FREE))

        _started(waiting)

    def next(self, seconds: float | None) -> tuple[str, Any]:
        """The next news; TimeoutError where there is none within `seconds`.

        Raises what a probe raised.
        """
        try:
            name, news = self._heard.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(news, BaseException):
            raise news
        return name, news


def _started(work: Callable[[], None]) -> bool:
    """Whether `work` runs in a thread of its own now."""
    try:
        threading.Thread(target=work, daemon=True).start()
    except RuntimeError:
        return False
    return True
