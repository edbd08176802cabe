"""A stand-in for claude that reports how it was started, and ends."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

# The shell copies what the kernel knows of this process before Python, which
# ignores SIGPIPE and may add variables, takes its place.
_SHELL = """#!/bin/sh
for part in environ cmdline status; do
  cat /proc/$$/$part > "{folder}/$part" 2>/dev/null
done
exec "{python}" -I -S "{folder}/reporter.py" "$@"
"""
_REPORTER = """
import json, os, sys
folder = os.path.dirname(os.path.abspath(__file__))

def read(name):
    with open(os.path.join(folder, name), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()

def overlay(arguments):
    for at, argument in enumerate(arguments):
        given = argument.partition("=")[2] if argument.startswith("--settings=") else None
        if argument == "--settings":
            given = arguments[at + 1]
        if given is not None:
            text = given if given.lstrip().startswith("{") else open(given).read()
            return json.loads(text)
    return None

def signals():
    lines = [line for line in read("status").splitlines() if line.startswith("SigIgn")]
    mask = int(lines[0].split()[1], 16) if lines else 0
    named = range(1, 32)  # Python 3.13's way to start a process leaves glibc's own, 32 and 33, ignored
    return [number for number in named if mask >> (number - 1) & 1]

pairs = read("environ").split("\\0")[:-1]
report = {
    "argv": sys.argv[1:],
    "environment": dict(pair.split("=", 1) for pair in pairs) or dict(os.environ),
    "cwd": os.getcwd(),
    "pid": os.getpid(),
    "stdin": "" if sys.stdin.isatty() else sys.stdin.buffer.read().decode("utf-8", "replace"),
    "terminal": [os.isatty(number) for number in (0, 1, 2)],
    "ignored": signals(),
    "overlay": overlay(sys.argv[1:]),
}
with open(os.path.join(folder, "reports"), "a") as file:
    file.write(json.dumps(report) + "\\n")
print(read("says"), end="")
sys.exit(int(read("exits")))
"""


class Report(NamedTuple):
    """How claude was started.

    stdin     what stood on it; "" for a terminal
    terminal  whether standard input, output and error are terminals
    ignored   numbers of the signals that it inherited as ignored (Linux)
    overlay   the parsed value of `--settings`, None without one
    """

    argv: list[str]
    environment: dict[str, str]
    cwd: str
    pid: int
    stdin: str
    terminal: list[bool]
    ignored: list[int]
    overlay: dict[str, Any] | None


class StandIn:
    """A claude in `folder`/claude that prints `says` and exits with `exits`."""

    def __init__(self, folder: Path, says: str = "stand-in\n", exits: int = 0) -> None:
        own = folder / "stand-in"
        own.mkdir(parents=True)
        self.path = folder / "claude"
        self.path.write_text(_SHELL.format(folder=own, python=sys.executable))
        self.path.chmod(0o755)
        (own / "reporter.py").write_text(_REPORTER)
        self._own = own
        self.set(says, exits)

    def set(self, says: str = "stand-in\n", exits: int = 0) -> None:
        """Decide what it prints and how it exits from now on."""
        (self._own / "says").write_text(says)
        (self._own / "exits").write_text(str(exits))

    @property
    def reports(self) -> list[Report]:
        """One report for each start so far."""
        file = self._own / "reports"
        lines = file.read_text().splitlines() if file.exists() else []
        return [Report(**json.loads(line)) for line in lines]

    @property
    def report(self) -> Report:
        """The report of its only start."""
        (only,) = self.reports
        return only
