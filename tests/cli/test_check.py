from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccwrap.cli import render
from ccwrap.gateways.simulated import ECHO_AUTH, Setup, refuses, slow
from routing import KEY, routed, table

if TYPE_CHECKING:
    from running import Ran
    from sandbox import Sandbox
    from starting import StartGateway

MODEL = 'models = "claude-sonnet-5"'
KEYS = {
    "name", "url", "kind", "verdict", "usable", "detail", "hint", "http_status", "latency_ms",
    "phase", "credential", "age_s", "until",
}  # fmt: skip


def verdicts(ran: Ran) -> dict[str, str]:
    return {route["name"]: route["verdict"] for route in ran.json["routes"]}


def test_one_table_shows_every_gateway_and_who_would_run(
    bare_sandbox: Sandbox, gateway: StartGateway, refused_port: int
) -> None:
    well, wrong = gateway(Setup(keys=[KEY])), gateway(Setup(keys=["another"]))
    dead = f"http://127.0.0.1:{refused_port}"
    routed(bare_sandbox, {"dead": dead, "wrong": wrong.url, "well": well.url}, more=MODEL)
    out = bare_sandbox.run_ccroute("check").expect().out
    lines = out.splitlines()
    assert lines[0] == "acme · ordered · claude-sonnet-5 · ~/work/acme/.ccroute"
    assert lines[2] == "  ROUTE  VERDICT             RTT  WHY"
    assert [line[:8] for line in lines if line[:1] == ">"] == ["> well  "]
    assert "unreachable" in out
    assert "auth_failed" in out
    assert lines[-1].startswith("well would run. 3 of 3 asked in ")
    assert lines[-1].endswith(" s, nothing billed.")
    assert "\x1b" not in out
    assert max(map(len, lines)) <= 80
    assert (well.served, wrong.served) == (0, 0)


def test_every_gateway_is_waited_for(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    first, second = gateway(), gateway(behaviour=slow(0.5))
    routed(bare_sandbox, {"first": first.url, "second": second.url}, more=MODEL)
    ran = bare_sandbox.run_ccroute("check", "--json").expect()
    assert verdicts(ran) == {"first": "ok", "second": "ok"}
    assert ran.json["chosen"] == "first"


def test_the_json_has_its_keys_and_nothing_else(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    well = gateway(Setup(keys=[KEY]))
    routed(bare_sandbox, {"eu": well.url}, more=MODEL)
    answer = bare_sandbox.run_ccroute("check", "--json").expect().json
    assert set(answer) == {"version", "routes", "chosen"}
    assert answer["version"] == 1
    (route,) = answer["routes"]
    assert set(route) == KEYS
    assert (route["url"], route["kind"], route["credential"]) == (well.url, "generic", "LLM_KEY")
    assert (route["verdict"], route["usable"]) == ("ok", True)
    assert route["latency_ms"] > 0
    assert (route["age_s"], route["until"]) == (0.0, None)


def test_nothing_allowed_asks_nobody_and_exits_77(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    well = gateway()
    bare_sandbox.ccroute(table("eu", well.url))
    ran = bare_sandbox.run_ccroute("check", "--json", env={"LLM_KEY": KEY}).expect(77)
    assert verdicts(ran) == {"eu": "untrusted"}
    assert ran.json["chosen"] is None
    assert well.connections == 0
    shown = bare_sandbox.run_ccroute("check").expect(77)
    assert "fix: ccroute trust eu" in shown.out


def test_some_allowed_and_none_of_them_usable_exits_69(
    bare_sandbox: Sandbox, gateway: StartGateway, refused_port: int
) -> None:
    stranger = gateway()
    routed(bare_sandbox, {"dead": f"http://127.0.0.1:{refused_port}"})
    text = (bare_sandbox.project / ".ccroute").read_text() + table("new", stranger.url)
    bare_sandbox.ccroute(text)
    ran = bare_sandbox.run_ccroute("check", "--json").expect(69)
    assert verdicts(ran) == {"dead": "unreachable", "new": "untrusted"}
    assert stranger.connections == 0
    assert "None would run. 1 of 2 asked" in bare_sandbox.run_ccroute("check").expect(69).out


def test_where_there_is_no_file_it_says_how_to_begin(bare_sandbox: Sandbox) -> None:
    ran = bare_sandbox.run_ccroute("check", "--json").expect(69)
    assert ran.json == {"version": 1, "routes": [], "chosen": None}
    assert "fix: ccroute init" in ran.err


def test_only_the_named_routes_are_asked(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    first, second = gateway(), gateway()
    routed(bare_sandbox, {"first": first.url, "second": second.url}, more=MODEL)
    ran = bare_sandbox.run_ccroute("check", "--json", "second").expect()
    assert verdicts(ran) == {"second": "ok"}
    assert first.connections == 0


def test_an_unknown_name_is_a_usage_error_that_lists_the_routes(bare_sandbox: Sandbox) -> None:
    routed(bare_sandbox, {"eu": "http://127.0.0.1:9"})
    ran = bare_sandbox.run_ccroute("check", "us").expect(2)
    assert "no route is called 'us'; there is only eu" in ran.err


def test_a_pin_keeps_nobody_from_being_asked(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    first, second = gateway(), gateway()
    routed(bare_sandbox, {"first": first.url, "second": second.url}, more=MODEL)
    ran = bare_sandbox.run_ccroute("check", "--json", env={"CCWRAP_ROUTE": "second"}).expect()
    assert verdicts(ran) == {"first": "ok", "second": "ok"}
    assert ran.json["chosen"] == "second"


def test_paid_lets_the_model_answer_for_this_once(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    well = gateway(Setup(keys=[KEY]))
    routed(bare_sandbox, {"eu": well.url}, more=MODEL)
    out = bare_sandbox.run_ccroute("check", "--paid").expect().out
    assert "about a token each billed" in out
    assert well.served == 1
    bare_sandbox.run_ccroute("check").expect()
    assert well.served == 1


def test_a_gateway_that_echoes_the_key_shows_it_to_nobody(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    routed(bare_sandbox, {"eu": gateway(behaviour=ECHO_AUTH).url}, more=MODEL)
    for arguments in (["check"], ["check", "--json"]):
        ran = bare_sandbox.run_ccroute(*arguments)
        assert KEY not in ran.out + ran.err


class TestOnATerminal:
    def test_rows_appear_as_answers_come_in_and_one_table_stays(
        self, bare_sandbox: Sandbox, gateway: StartGateway
    ) -> None:
        first, second = gateway(), gateway(behaviour=slow(0.7))
        routed(bare_sandbox, {"first": first.url, "second": second.url}, more=MODEL)
        with bare_sandbox.terminal("ccroute", "check") as terminal:
            terminal.expect("second  asking …")
            terminal.expect("first would run. 2 of 2 asked")
            assert terminal.wait() == 0
        assert "\x1b[32m" in terminal.raw

    def test_no_color_is_heeded(self, bare_sandbox: Sandbox, gateway: StartGateway) -> None:
        routed(bare_sandbox, {"eu": gateway().url}, more=MODEL)
        with bare_sandbox.terminal("ccroute", "check", env={"NO_COLOR": "1"}) as terminal:
            terminal.expect("eu would run")
            terminal.wait()
        assert "m" not in {
            part[-1:] for part in terminal.raw.split("\x1b[")[1:] if part[0] in "0123"
        }

    @pytest.mark.parametrize("size", [(40, 40), (3, 80)], ids=["narrow", "low"])
    def test_a_small_terminal_still_gets_the_answer(
        self, bare_sandbox: Sandbox, gateway: StartGateway, size: tuple[int, int]
    ) -> None:
        limited = gateway(behaviour=refuses(429, retry_after="17"))
        routed(bare_sandbox, {"limited": limited.url, "well": gateway().url}, more=MODEL)
        with bare_sandbox.terminal("ccroute", "check", size=size) as terminal:
            terminal.expect("well would run")
            assert terminal.wait() == 0


def test_an_ignored_file_names_the_way_back(bare_sandbox: Sandbox, gateway: StartGateway) -> None:
    routed(bare_sandbox, {"eu": gateway().url})
    bare_sandbox.run_ccroute("trust", "--ignore").expect()
    err = bare_sandbox.run_ccroute("check").expect(69).err
    assert err == (
        "ccroute: you chose to ignore ~/work/acme/.ccroute; plain claude would run\n"
        "  fix: ccroute trust\n"
    )


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    assert render.wrap("asked too often; retry in 17 s", 28) == [
        "asked too often; retry in",
        "17 s",
    ]
