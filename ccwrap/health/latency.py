"""Smoothing round trips: quick to believe a slow one, slow to forget it (pure)."""

from __future__ import annotations

import math
from typing import Final

MEMORY: Final = 1800.0
"""Seconds after which an old round trip weighs about a third."""


def smoothed(before: float | None, sample: float, seconds: float) -> float:
    """`before` milliseconds, moved towards `sample`, which came `seconds` later.

    A slower sample counts at once and a faster one by and by, as in Finagle's
    PeakEwma: a route that gets slow is noticed before one that gets fast.
    """
    if before is None or sample >= before:
        return sample
    weight = math.exp(-max(seconds, 0.0) / MEMORY)
    return before * weight + sample * (1.0 - weight)
