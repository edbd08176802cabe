"""`ccroute check --watch`: in place on a terminal, until Ctrl-C, with a summary."""

from __future__ import annotations

import re
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from ccwrap.cli.render import columns
from ccwrap.gateways.simulated import WELL, Setup, refuses
from routing import KEY, routed
from running import script

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

EVERY = ("check", "--watch", "--every", "1s")


def test_the_table_is_redrawn_until_ctrl_c_and_summed_up(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    one, two = gateway(Setup(keys=(KEY,))), gateway(Setup(keys=(KEY,)), refuses(401))
    routed(bare_sandbox, {"one": one.url, "two": two.url})
    with bare_sandbox.terminal("ccroute", *EVERY) as screen:
        screen.expect("auth_failed")
        screen.expect("one would run")
        two.behaviour = WELL
        screen.expect("> one ok")
        screen.expect("two ok")
        screen.send("\x03")
        assert screen.wait() == 0
    assert "\x1b[J" in screen.raw
    asked, first, second = screen.text.rstrip().splitlines()[-3:]
    assert asked.startswith("Asked ")
    assert first.split()[:2] == ["one", "ok"]
    assert re.search(r"auth_failed \d+ · ok \d+", second)
    assert first.endswith(" ms")


def test_the_exit_code_is_that_of_the_last_round(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    routed(bare_sandbox, {"one": gateway(behaviour=refuses(401)).url})
    with bare_sandbox.terminal("ccroute", *EVERY) as screen:
        screen.expect("None would run")
        screen.send("\x03")
        assert screen.wait() == 69


@pytest.mark.parametrize("size", [(40, 40), (40, 24), (9, 40)], ids=str)
def test_on_a_narrow_terminal_each_round_takes_the_place_of_the_last(
    bare_sandbox: Sandbox, gateway: StartGateway, size: tuple[int, int]
) -> None:
    """As many rows are gone up as the lines have taken: a long one takes several."""
    routed(bare_sandbox, {"one": gateway(Setup(keys=(KEY,))).url, "two": "http://127.0.0.1:1"})
    with bare_sandbox.terminal("ccroute", *EVERY, size=size) as screen:
        screen.expect("unreachable")
        screen.expect("unreachable")
        screen.send("\x03")
        screen.wait()
    first, rest = re.split(r"\x1b\[\d+A\x1b\[J", screen.raw, maxsplit=1)
    (up,) = re.findall(r"\x1b\[(\d+)A\x1b\[J", screen.raw)[:1]
    del rest
    rows = [max(-(-columns(line) // size[1]), 1) for line in first.splitlines()]
    assert int(up) == sum(rows) < size[0]


def test_without_a_terminal_each_round_is_printed(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    routed(bare_sandbox, {"one": gateway(Setup(keys=(KEY,))).url})
    with subprocess.Popen(
        [script("ccroute"), *EVERY],
        env=bare_sandbox.environment,
        cwd=bare_sandbox.project,
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout
        rounds = 0
        for line in watching.stdout:
            rounds += line.startswith("one would run")
            if rounds == 2:
                break
        watching.send_signal(signal.SIGINT)
        rest = watching.stdout.read()
    assert watching.returncode == 0
    assert "Asked " in rest
    assert "\x1b" not in rest


def test_nothing_to_ask_ends_it(bare_sandbox: Sandbox) -> None:
    ran = bare_sandbox.run_ccroute(*EVERY)
    assert ran.status == 69
    assert "ccroute init" in ran.err


@pytest.mark.parametrize("option", ["--paid", "--json"])
def test_it_is_neither_billed_nor_json(bare_sandbox: Sandbox, option: str) -> None:
    bare_sandbox.run_ccroute(*EVERY, option).expect(2)


def test_a_pause_without_rounds_is_a_slip(bare_sandbox: Sandbox) -> None:
    ran = bare_sandbox.run_ccroute("check", "--every", "1s").expect(2)
    assert ran.err == "ccroute: --every goes with --watch\n"
