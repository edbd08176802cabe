"""A program on a real pseudo-terminal, and what its screen says."""

from __future__ import annotations

import contextlib
import re
import time
import warnings
from typing import TYPE_CHECKING, Any, Self

import pexpect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

_FORWARD = re.compile(r"\x1b\[(\d*)C")
_BREAKS = re.compile(r"\x1b\[\d*(?:;\d*)?[ABEFHJd]")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")


def plain(raw: str) -> str:
    """What was printed, in its order, without the escapes that place and colour it."""
    text = _FORWARD.sub(lambda match: " " * int(match[1] or 1), raw)
    text = _ESCAPES.sub("", _BREAKS.sub("\n", text))
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Terminal:
    """A running program; a context manager that ends it (with SIGHUP, then SIGKILL).

    `raw` is all that it has printed so far.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        size: tuple[int, int] = (40, 120),
    ) -> None:
        first, *others = (str(part) for part in command)
        with warnings.catch_warnings():
            # Threads of a simulated gateway live here; the child execs at once.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.child: Any = pexpect.spawn(
                first,
                others,
                env={"TERM": "xterm-256color", **environment},
                cwd=str(cwd),
                dimensions=size,
                encoding="utf-8",
                codec_errors="replace",
                echo=True,
            )
        self.child.delaybeforesend = None
        self.raw = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(pexpect.ExceptionPexpect):
            self.child.close(force=True)

    @property
    def text(self) -> str:
        """All that it has printed, as plain text."""
        return plain(self.raw)

    def expect(self, words: str, seconds: float = 30.0) -> str:
        """Wait until `words` are printed after what was waited for last; white space doesn't count.

        Returns the text up to there. A failure shows all that was printed.
        """
        wanted = _squeezed(words)
        end = time.monotonic() + seconds
        while True:
            at = _squeezed(plain(self.raw[self._seen :])).find(wanted)
            if at >= 0:
                said, self._seen = plain(self.raw[self._seen :]), len(self.raw)
                return said
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"no {words!r} in {seconds} s\n--- screen\n{self.text}\n---")

    def send(self, keys: str) -> None:
        """Press keys: "\\r" is Enter, "\\x03" Ctrl-C."""
        self.child.send(keys)

    def wait(self, seconds: float = 30.0) -> int:
        """Its exit status, once it has ended; negative where a signal ended it."""
        end = time.monotonic() + seconds
        while self._read(end - time.monotonic()):
            pass
        if time.monotonic() >= end:
            raise AssertionError(f"still running after {seconds} s\n--- screen\n{self.text}\n---")
        self.child.wait()
        status = self.child.exitstatus
        return int(-self.child.signalstatus if status is None else status)

    def _read(self, seconds: float) -> bool:
        """Read what comes within `seconds`; False at the end of time or of the program."""
        try:
            self.raw += self.child.read_nonblocking(65536, max(seconds, 0.0))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        return True


def _squeezed(text: str) -> str:
    return "".join(text.split())
