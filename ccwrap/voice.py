"""What ccwrap says of its own, on standard error: standard output belongs to claude."""

from __future__ import annotations

import sys


def tell(text: str) -> None:
    """Write `text`, if standard error takes it; that nobody can read it stops nothing."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        # Python would try once more at its end, and make 120 of the exit code.
        sys.stderr = None
