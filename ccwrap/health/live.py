"""Which launches still run: a process number alone may have gone to another process."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccwrap.health.records import Launch

SLACK: Final = 0.02 if sys.platform == "linux" else 2.0
"""Seconds that two readings of one process's start may differ by."""


def running(launches: Iterable[Launch]) -> tuple[Launch, ...]:
    """Those whose process lives; of several in one process the first."""
    found: dict[int, Launch] = {}
    for launch in launches:
        if launch.pid > 0 and launch.pid not in found and not launch.fault and _lives(launch):
            found[launch.pid] = launch
    return tuple(found.values())


def processes() -> tuple[int, ...]:
    """The numbers of all processes; most of the launches in a store ended long ago."""
    return listed() if sys.platform == "linux" else listed_by_psutil()


def listed() -> tuple[int, ...]:
    return tuple(int(name) for name in os.listdir("/proc") if name.isdigit())


def listed_by_psutil() -> tuple[int, ...]:
    import psutil  # noqa: PLC0415 - thirty milliseconds

    return tuple(psutil.pids())


def _lives(launch: Launch) -> bool:
    began = started(launch.pid)
    return began is not None and abs(began - launch.pid_started) <= SLACK


def started(pid: int) -> float | None:
    """When the process `pid` began, in seconds; None where none lives.

    On Linux since the machine's start, as the kernel counts: exec keeps it, and setting
    the clock doesn't move it, as it does psutil's. Elsewhere psutil's Unix time.
    """
    return by_kernel(pid) if sys.platform == "linux" else by_psutil(pid)


def age() -> float:
    """Seconds since this process began, which may be its parent's start (`exec`); 0 if unknown."""
    began = started(os.getpid())
    if began is None:
        return 0.0
    now = time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.time()
    return max(now - began, 0.0)


def by_kernel(pid: int) -> float | None:
    """Fields 3 and 22 of proc_pid_stat(5); the second one may hold blanks and brackets."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def by_psutil(pid: int) -> float | None:
    import psutil  # noqa: PLC0415 - thirty milliseconds

    try:
        process = psutil.Process(pid)
        dead = process.status() == psutil.STATUS_ZOMBIE
        return None if dead else float(process.create_time())
    except (psutil.Error, OSError, ValueError, OverflowError):
        return None
