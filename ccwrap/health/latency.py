"""Smoothing round trips: quicker to believe a slow one than to forget it (pure)."""

from __future__ import annotations

from ccwrap.light import Final

UP: Final = 0.5
DOWN: Final = 0.15
"""How much of the way to a slower, and to a faster, round trip one sample leads.

By the sample and not by the clock: launches are minutes or days apart, and a route's
place must not depend on that. Chosen by tests/health/test_fastest.py's simulation.
"""


def smoothed(before: float | None, sample: float) -> float:
    """`before`, milliseconds, moved towards the newest `sample`.

    Peak-aware, after Finagle's PeakEwma: a route that gets slow is noticed at once,
    and one good answer doesn't make up for it.
    """
    if before is None:
        return sample
    return before + (UP if sample > before else DOWN) * (sample - before)
