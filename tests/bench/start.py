"""How long `ccwrap` takes before claude runs, as ratios measured in one run.

By hand: `python tests/bench/start.py [ROUNDS]`. Each round times every command once,
in turn, so that a machine whose speed drifts slows all of them alike; the figures
are minima and medians over the rounds. `claude` is a program that does nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ccwrap.gateways.simulated import Setup, SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCRIPTS = Path(sysconfig.get_path("scripts"))


def seconds(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> float:
    began = time.perf_counter()
    null = subprocess.DEVNULL
    subprocess.run(command, env=environment, cwd=folder, check=True, stdin=null, stdout=null)
    return time.perf_counter() - began


def main(rounds: int) -> None:
    with (
        tempfile.TemporaryDirectory() as home,
        SimulatedGateway(Setup(keys=("bench-key",))) as one,
        SimulatedGateway(Setup(keys=("bench-key",))) as two,
        SimulatedGateway(Setup(keys=("bench-key",))) as three,
    ):
        plain, routed = Path(home, "plain"), Path(home, "routed")
        plain.mkdir()
        routed.mkdir()
        urls = ",".join(gateway.url for gateway in (one, two, three))
        environment = {"HOME": home, "PATH": os.defpath, "CCWRAP_CLAUDE": "/bin/true"}
        asked = {**environment, "CCWRAP_URLS": urls, "ANTHROPIC_AUTH_TOKEN": "bench-key"}
        ccwrap = str(SCRIPTS / "ccwrap")
        runs = {
            "bare interpreter": ([sys.executable, "-c", "pass"], environment, plain),
            "pass-through (--version)": ([ccwrap, "--version"], environment, plain),
            "nothing to route": ([ccwrap, "-p", "x"], environment, plain),
            "cold, three http candidates": ([ccwrap, "-p", "x"], asked, routed),
        }
        for run in runs.values():
            seconds(*run)
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                times[name].append(seconds(*run))
    report(times)


def report(times: Mapping[str, Sequence[float]]) -> None:
    base = times["bare interpreter"]
    print(f"{'':28}  {'min ms':>7}  {'median ms':>9}  {'x bare':>6}")
    for name, values in times.items():
        ratio = statistics.median(value / bare for value, bare in zip(values, base, strict=True))
        low, middle = min(values) * 1e3, statistics.median(values) * 1e3
        print(f"{name:28}  {low:7.1f}  {middle:9.1f}  {ratio:6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
