"""Find the real claude, never ourselves."""

from __future__ import annotations

from typing import NamedTuple


class Binary(NamedTuple):
    """What is executed: an absolute path, arguments that come before claude's own
    (the script, where `node` runs it), and how it was found."""

    path: str
    prefix: tuple[str, ...] = ()
    found: str = ""
