"""Two hundred launches at once: how many probes, and how long the slowest takes.

By hand: `python tests/bench/crowd.py [LAUNCHES]`. `claude` is a program that does nothing,
and everything starts with an empty memory. In the end nothing of ours may still run.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from ccwrap.gateways.simulated import Setup, SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

CCWRAP = str(Path(sysconfig.get_path("scripts")) / "ccwrap")
KEY = "bench-key"
MARK = "CCWRAP_BENCH"


class Together(NamedTuple):
    """Processes that were started at once: seconds of the slowest, and how many failed."""

    slowest: float
    failed: int


def host(parent: Connection, count: int) -> None:
    """Be `count` gateways: send their URLs, and when asked how often each saw a key.

    A probe without a known model brings it once.
    """
    with contextlib.ExitStack() as stack:
        setup = Setup(keys=(KEY,))
        gateways = [stack.enter_context(SimulatedGateway(setup)) for _ in range(count)]
        parent.send([gateway.url for gateway in gateways])
        parent.recv()
        parent.send([sum(one.credentialed for one in gateway.log) for gateway in gateways])


def main(launches: int) -> None:
    ours, theirs = multiprocessing.Pipe()
    hosting = multiprocessing.get_context("spawn").Process(target=host, args=(theirs, 3))
    hosting.start()
    mark = os.urandom(8).hex()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "HOME": folder,
            "PATH": os.defpath,
            "CCWRAP_CLAUDE": "/bin/true",
            "CCWRAP_URLS": ",".join(ours.recv()),
            "ANTHROPIC_AUTH_TOKEN": KEY,
            MARK: mark,
        }
        bare = [sys.executable, "-c", "pass"]
        alone = together(1, bare, environment, folder)
        many = together(launches, bare, environment, folder)
        routed = together(launches, [CCWRAP, "-p", "hello"], environment, folder)
        ours.send(None)
        asked = ours.recv()
    hosting.join()
    print(f"one bare interpreter           {alone.slowest * 1e3:8.0f} ms")
    print(f"{launches} bare at once, the slowest   {many.slowest * 1e3:8.0f} ms")
    print(f"{launches} launches, the slowest       {routed.slowest * 1e3:8.0f} ms")
    print(f"times the bare ones            {routed.slowest / many.slowest:8.1f}")
    print(f"launches that failed           {routed.failed:8}")
    print(f"probes, by gateway             {asked}")
    print(f"left running                   {left(mark):8}")


def together(
    count: int, command: list[str], environment: Mapping[str, str], folder: str
) -> Together:
    """Start `count` at once; seconds count from the common start."""
    began = time.perf_counter()
    started = [
        subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(count)
    ]
    failed = sum(process.wait() != 0 for process in started)
    return Together(time.perf_counter() - began, failed)


def left(mark: str) -> int:
    """How many processes with our mark in their environment still run."""
    count = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            count += process.environ().get(MARK) == mark
    return count


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
