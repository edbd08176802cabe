"""Start many launches at once, on a disk that may be ill; a program of its own, and its caller.

`python burst.py NUMBER PROGRAM` starts them all and prints one JSON object; being one
process, it can stand in a mount namespace of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from running import script

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

DISKS = {
    "read-only": "mount -o remount,ro {state}",
    "full": "dd if=/dev/zero of={state}/filler bs=4k 2>/dev/null; true",
}
WITHOUT_MOUNTS = {"read-only": "chmod -R a-w {state}", "full": "ulimit -f 8"}


class Burst(NamedTuple):
    """How many launches at once went; `slowest` in seconds from its start to its end.

    out, err  how often each text came
    """

    statuses: dict[str, int]
    out: dict[str, int]
    err: dict[str, int]
    slowest: float


def burst(sandbox: Sandbox, number: int, disk: str = "", seconds: float = 110) -> Burst:
    """Start `number` of `ccwrap -p` at once; `disk`: how the state folder's disk is ill."""
    command = [sys.executable, __file__, str(number), script("ccwrap")]
    whole = on_disk(sandbox, disk, command) if disk else command
    said = sandbox.run(*whole, seconds=seconds).expect().json
    return Burst(**said)


def on_disk(sandbox: Sandbox, disk: str, command: list[str]) -> list[str]:
    """`command`, run where the state folder, with all it holds, lies on a disk that is ill."""
    state = shlex.quote(str(state_of(sandbox)))
    ill = (DISKS if mounts() else WITHOUT_MOUNTS)[disk].format(state=state)
    small = (
        f"cp -a {state} {state}.kept && mount -t tmpfs -o size=512k,mode=700 none {state}"
        f" && cp -a {state}.kept/. {state}/ && "
    )
    line = f"{small if mounts() else ''}{ill} && exec {shlex.join(command)}"
    own = mounts()
    return [*own, "sh", "-c", line]


def mounts() -> list[str]:
    """The command in front of one that may mount; none where nobody may."""
    for own in (["unshare", "-m"], ["unshare", "-r", "-m"]):
        try:
            done = subprocess.run([*own, "true"], capture_output=True, check=False)
        except OSError:
            return []
        if done.returncode == 0:
            return own
    return []


def state_of(sandbox: Sandbox) -> Path:
    if sys.platform == "darwin":
        return sandbox.home / "Library/Application Support/ccwrap/state"
    return sandbox.home / ".local/state/ccwrap"


def main(number: int, program: str) -> None:
    """Start, wait, and print a Burst."""
    started: dict[int, float] = {}
    running: dict[int, subprocess.Popen[bytes]] = {}
    for _ in range(number):
        began = time.monotonic()
        process = subprocess.Popen(
            [program, "-p", "x"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started[process.pid], running[process.pid] = began, process
    statuses: dict[str, int] = {}
    out: dict[str, int] = {}
    err: dict[str, int] = {}
    slowest = 0.0
    for _ in range(number):
        pid, status = os.wait()
        slowest = max(slowest, time.monotonic() - started[pid])
        process = running[pid]
        process.returncode = os.waitstatus_to_exitcode(status)
        said, complained = process.communicate()
        for counts, what in (
            (statuses, str(process.returncode)),
            (out, said.decode()),
            (err, complained.decode()),
        ):
            counts[what] = counts.get(what, 0) + 1
    print(json.dumps(Burst(statuses, out, err, slowest)._asdict()))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
