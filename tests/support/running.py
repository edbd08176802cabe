"""Run a program to its end, and show both of its streams when a test fails."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIMIT = 60.0
"""Seconds that a program may take."""


def script(name: str) -> str:
    """The installed console script `name` of the Python that runs the tests."""
    return str(Path(sysconfig.get_path("scripts")) / name)


class Ran(NamedTuple):
    """A program that has ended; `status` is negative where a signal ended it."""

    command: tuple[str, ...]
    status: int
    out: str
    err: str

    def __str__(self) -> str:
        command = " ".join(self.command).encode(errors="backslashreplace").decode()
        return (
            f"{command}\nexit status {self.status}\n"
            f"--- standard output\n{self.out}\n--- standard error\n{self.err}\n---"
        )

    def expect(self, status: int = 0) -> Ran:
        """Itself, if it ended with `status`; else a failure that shows both streams."""
        assert self.status == status, f"expected exit status {status}\n{self}"
        return self

    @property
    def json(self) -> Any:
        """Standard output as JSON; a failure shows both streams."""
        try:
            return json.loads(self.out)
        except ValueError:
            raise AssertionError(f"standard output is no JSON\n{self}") from None


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    cwd: Path,
    input: str | bytes = b"",  # noqa: A002 - as subprocess calls it
    seconds: float = LIMIT,
) -> Ran:
    """Run `command` without a terminal; a failure if it isn't done after `seconds`."""
    parts = tuple(str(part) for part in command)
    sent = input.encode() if isinstance(input, str) else input
    try:
        done = subprocess.run(
            parts,
            input=sent,
            env=dict(environment),
            cwd=cwd,
            capture_output=True,
            timeout=seconds,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as late:
        ran = Ran(parts, -9, _text(late.stdout), _text(late.stderr))
        raise AssertionError(f"not done after {seconds} s\n{ran}") from None
    return Ran(parts, done.returncode, _text(done.stdout), _text(done.stderr))


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="replace")
