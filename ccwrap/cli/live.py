"""The table that fills while gateways are asked, on a terminal that can be redrawn."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from ccwrap.cli import render
from ccwrap.cli.render import Row

if TYPE_CHECKING:
    from typing import TextIO

    from ccwrap.cli.render import Pen
    from ccwrap.gateways.verdict import Verdict

NARROW: Final = 50
"""Columns that a row without its reasons may take."""


class Live:
    """One line a candidate, redrawn with every verdict, gone when the last is in.

    A table higher or wider than the terminal can't be redrawn and isn't shown.
    """

    def __init__(self, stream: TextIO, pen: Pen) -> None:
        self._stream = stream
        self._pen = pen
        self._known: dict[str, Verdict | None] = {}
        self._drawn = 0

    def __call__(self, name: str, verdict: Verdict | None) -> None:
        """Take in where the candidate `name` stands; None while it is being asked."""
        self._known[name] = verdict
        self.erase()
        if len(self._known) + 2 > shutil.get_terminal_size().lines or self._pen.width < NARROW:
            return
        rows = [self._line(name, verdict) for name, verdict in self._known.items()]
        self._stream.write("".join(f"{row}\n" for row in rows))
        self._stream.flush()
        self._drawn = len(rows)

    def _line(self, name: str, verdict: Verdict | None) -> str:
        short = None if verdict is None else verdict._replace(detail="", hint="")
        wide = min(render.NAME, max(len(name) for name in self._known))
        return render.table([Row(f"{render.clip(name, wide):{wide}}", short)], self._pen)[1]

    def erase(self) -> None:
        """Take the table off the terminal."""
        if self._drawn:
            self._stream.write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0
