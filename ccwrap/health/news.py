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
        """Hear each verdict of `probe` as it comes, or what went wrong with it."""

        def asking() -> None:
            try:
                for pair in probe():
                    self._heard.put(pair)
            except BaseException as error:  # noqa: BLE001 - raised where the launch can see it
                self._heard.put(("", error))

        threading.Thread(target=asking, daemon=True).start()

    def of_flight(self, name: str, flight: Flight) -> None:
        """Hear when nobody asks for `name` any more."""

        def waiting() -> None:
            flight.wait()
            self._heard.put((name, FREE))

        threading.Thread(target=waiting, daemon=True).start()

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
