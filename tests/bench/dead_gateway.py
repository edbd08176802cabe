"""With a dead first gateway: how long until the first prompt is answered.

By hand: `python tests/bench/dead_gateway.py CLAUDE [SECONDS]`. Plain claude, pointed at
that gateway, is given SECONDS (60) before it is stopped; it tries for minutes.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from ccwrap.gateways.simulated import SILENT, Setup, SimulatedGateway, refuses

CCWRAP = str(Path(sysconfig.get_path("scripts")) / "ccwrap")
KEY = "bench-key"


def answered(command: list[str], variables: dict[str, str], seconds: float) -> str:
    """How long `command` took to print the answer, in words."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.defpath, "ANTHROPIC_AUTH_TOKEN": KEY, **variables}
        began = time.perf_counter()
        try:
            done = subprocess.run(
                [*command, "-p", "hello"],
                env=environment,
                cwd=home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"no answer in {seconds:.0f} s"
        took = time.perf_counter() - began
    return f"{took:5.2f} s" if done.returncode == 0 else f"failed after {took:.1f} s"


def main(claude: str, seconds: float) -> None:
    with contextlib.ExitStack() as stack:
        setup = Setup(keys=(KEY,))
        good = stack.enter_context(SimulatedGateway(setup)).url
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        dead = {
            "refuses connections": f"http://127.0.0.1:{closed.getsockname()[1]}",
            "answers 500": stack.enter_context(SimulatedGateway(setup, refuses(500))).url,
            "never answers": stack.enter_context(SimulatedGateway(setup, SILENT)).url,
        }
        ours = {"CCWRAP_CLAUDE": claude}
        print(f"{'gateway':22} {'ccwrap':>16} {'plain claude':>22}")
        plain = answered([claude], {"ANTHROPIC_BASE_URL": good}, seconds)
        print(
            f"{'well':22} {answered([CCWRAP], {**ours, 'CCWRAP_URLS': good}, seconds):>16} {plain:>22}"
        )
        for name, url in dead.items():
            routed = answered([CCWRAP], {**ours, "CCWRAP_URLS": f"{url},{good}"}, seconds)
            plain = answered([claude], {"ANTHROPIC_BASE_URL": url}, seconds)
            print(f"{name:22} {routed:>16} {plain:>22}")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 60.0)
