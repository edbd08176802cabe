"""How long `ccwrap` takes before claude runs, as ratios measured in one run.

By hand: `python tests/bench/start.py [ROUNDS [CLAUDE]]`. Each round times every command
once, in turn, so that a machine whose speed drifts slows all of them alike; the figures
are minima and medians over the rounds. `claude` is a program that does nothing; CLAUDE,
a real one, adds the rows of a whole `claude -p`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import ssl
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import trustme

from ccwrap.gateways.simulated import SILENT, Setup, SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

CCWRAP = str(Path(sysconfig.get_path("scripts")) / "ccwrap")
KEY = "bench-key"
COUNTS = (1, 3, 10, 100)
BARE = "bare interpreter"


PEAK = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
print(os.wait4(child, 0)[2].ru_maxrss)
"""
"""A small process between: a child's peak begins with its parent's size."""


class Command(NamedTuple):
    """What is timed.

    cold   with an empty state folder each time
    every  n-th round
    place  the folder in it, below the bench's own
    """

    arguments: Sequence[str]
    variables: Mapping[str, str]
    cold: bool = False
    every: int = 1
    place: str = "."


class Hosted(NamedTuple):
    """URLs: a hundred gateways of either sort, one that never answers, one that nobody is at."""

    http: Sequence[str]
    tls: Sequence[str]
    silent: str
    refusing: str


def host(parent: Connection, trusted: str) -> None:
    """Be the gateways until `parent` says something; their authority goes to `trusted`.

    A process of its own: the one that measures shall not share its interpreter with them.
    """
    with contextlib.ExitStack() as stack:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(trusted)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        setup = Setup(keys=(KEY,))
        http, tls = (
            [stack.enter_context(SimulatedGateway(setup, tls=one)).url for _ in range(max(COUNTS))]
            for one in (None, context)
        )
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        silent = stack.enter_context(SimulatedGateway(setup, SILENT)).url
        refusing = f"http://127.0.0.1:{closed.getsockname()[1]}"
        parent.send(tuple(Hosted(http, tls, silent, refusing)))
        parent.recv()


@contextlib.contextmanager
def hosted(trusted: str) -> Iterator[Hosted]:
    ours, theirs = multiprocessing.Pipe()
    hosting = multiprocessing.get_context("spawn").Process(target=host, args=(theirs, trusted))
    hosting.start()
    yield Hosted(*ours.recv())
    ours.send(None)
    hosting.join()


class Bench:
    """A home of its own, and the gateways."""

    def __init__(self, folder: Path, gateways: Hosted) -> None:
        self.folder = folder
        self.gateways = gateways
        self.plain = {"HOME": str(folder), "PATH": os.defpath, "CCWRAP_CLAUDE": "/bin/true"}
        self.keyed = {
            **self.plain,
            "ANTHROPIC_AUTH_TOKEN": KEY,
            "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem"),
        }

    def filed(self, urls: Sequence[str], place: str) -> dict[str, str]:
        """The variables of a launch in the folder `place`, whose `.ccroute` names `urls`."""
        (self.folder / place).mkdir()
        tables = (
            f'[[route]]\nname = "g{n}"\nkind = "litellm"\nurl = "{url}"\n'
            for n, url in enumerate(urls)
        )
        (self.folder / place / ".ccroute").write_text("\n".join(tables))
        named = {**self.keyed, "LITELLM_API_KEY": KEY}
        del named["ANTHROPIC_AUTH_TOKEN"]
        return {**named, "CCWRAP_TRUST": ",".join(f"LITELLM_API_KEY@{url}/" for url in urls)}

    def routed(self, urls: Sequence[str], claude: str = "/bin/true") -> dict[str, str]:
        return {**self.keyed, "CCWRAP_URLS": ",".join(urls), "CCWRAP_CLAUDE": claude}

    def commands(self, claude: str) -> Iterator[tuple[str, Command]]:
        """Everything that is timed, by name."""
        prompt = [CCWRAP, "-p", "hello"]
        http, tls, silent, refusing = self.gateways
        yield BARE, Command([sys.executable, "-c", "pass"], self.plain)
        yield "pass-through (--version)", Command([CCWRAP, "--version"], self.plain)
        yield "nothing to route", Command(prompt, self.plain)
        yield "fresh memory, CCWRAP_URLS", Command(prompt, self.routed(tls[:3]))
        filed = self.filed(tls[:3], "project")
        yield "fresh memory, .ccroute", Command(prompt, filed, place="project")
        for name, urls in (("http", http), ("TLS", tls)):
            for count in COUNTS:
                yield f"cold, {count} {name}", Command(prompt, self.routed(urls[:count]), cold=True)
        for name, url in (("refuses", refusing), ("is silent", silent)):
            urls = [url, *tls[:2]]
            yield f"cold, the first {name}", Command(prompt, self.routed(urls), cold=True, every=4)
        if claude:
            at = {**self.keyed, "ANTHROPIC_BASE_URL": tls[0]}
            yield "claude -p", Command([claude, "-p", "hello"], at, every=4)
            routed = self.routed(tls[:3], claude)
            yield "ccwrap -p, fresh", Command(prompt, routed, every=4)
            yield "ccwrap -p, cold, 3 TLS", Command(prompt, routed, cold=True, every=4)

    def cost(self, command: Command) -> float:
        """Seconds of one run."""
        with self.environment(command) as environment:
            began = time.perf_counter()
            self.run(command, environment)
            return time.perf_counter() - began

    def peak(self, command: Command) -> float:
        """The largest resident memory of one run, MiB, of ccwrap or of what it becomes."""
        with self.environment(command) as environment:
            between = [sys.executable, "-I", "-S", "-c", PEAK, *command.arguments]
            said = self.run(command._replace(arguments=between), environment).splitlines()[-1]
        return int(said) / (1 << 20 if sys.platform == "darwin" else 1 << 10)

    @contextlib.contextmanager
    def environment(self, command: Command) -> Iterator[dict[str, str]]:
        with tempfile.TemporaryDirectory(dir=self.folder) as empty:
            yield {**command.variables, **({"XDG_STATE_HOME": empty} if command.cold else {})}

    def run(self, command: Command, environment: Mapping[str, str]) -> bytes:
        return subprocess.run(
            command.arguments,
            env=environment,
            cwd=self.folder / command.place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout


def main(rounds: int, claude: str) -> None:
    with tempfile.TemporaryDirectory() as folder, hosted(f"{folder}/ca.pem") as gateways:
        bench = Bench(Path(folder), gateways)
        commands = dict(bench.commands(claude))
        costs: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds):
            for name, command in commands.items():
                if number % command.every == 0:
                    costs[name].append(bench.cost(command))
        peaks = {name: bench.peak(command) for name, command in commands.items()}
    report(costs, peaks)


def report(costs: Mapping[str, Sequence[float]], peaks: Mapping[str, float]) -> None:
    """One line a command; ratios of minima, and of medians."""
    low = {name: min(found) for name, found in costs.items()}
    middle = {name: statistics.median(found) for name, found in costs.items()}
    print(f"{'':26} {'min ms':>8} {'x bare':>7} {'median ms':>10} {'x bare':>7} {'MiB':>6}")
    for name in costs:
        print(
            f"{name:26} {low[name] * 1e3:8.1f} {low[name] / low[BARE]:7.2f}"
            f" {middle[name] * 1e3:10.1f} {middle[name] / middle[BARE]:7.2f} {peaks[name]:6.0f}"
        )
    print(f"\na hundred TLS candidates: {low['cold, 100 TLS'] / low['cold, 3 TLS']:.2f} x three")
    silent = low["cold, the first is silent"] - low["cold, 3 TLS"]
    print(f"a first gateway that is silent: {silent:.2f} s more than three that are well")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2] if len(sys.argv) > 2 else "")
