from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ccwrap.claude.injection import Injection
from ccwrap.cli import explain
from ccwrap.gateways.simulated import Setup
from routing import KEY, routed, table

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

MODEL = 'models = "claude-sonnet-5"'
OTHER = "another-made-up-key-0123"


def test_it_says_what_a_launch_would_do(
    bare_sandbox: Sandbox, gateway: StartGateway, refused_port: int
) -> None:
    bare_sandbox.stand_in()
    well = gateway(Setup(keys=[KEY]))
    routed(
        bare_sandbox,
        {"dead": f"http://127.0.0.1:{refused_port}", "eu": well.url, "us": well.url},
        more=MODEL,
    )
    bare_sandbox.settings("user", {"env": {"ANTHROPIC_BASE_URL": "https://elsewhere.example"}})
    env = {"ANTHROPIC_API_KEY": OTHER, "ANTHROPIC_AUTH_TOKEN": OTHER}
    ran = bare_sandbox.run_ccroute("explain", "--", "-p", "it's", env=env).expect()
    lines = ran.out.splitlines()
    assert lines[0] == f"eu  {well.url}  (generic)"
    assert "  why       ordered: " in ran.out
    assert "  not       dead unreachable" in ran.out
    assert "  key       LLM_KEY from " in ran.out
    assert "+ANTHROPIC_BASE_URL" in ran.out
    assert "~ANTHROPIC_AUTH_TOKEN" in ran.out
    assert "-ANTHROPIC_API_KEY" in ran.out
    assert "  beaten    ~/.claude/settings.json  env.ANTHROPIC_BASE_URL\n" in ran.out
    assert "  effects   no server-managed settings; MCP tool search off" in ran.out
    runs = " ".join(ran.out.partition("  runs ")[2].split())
    assert runs == f"{bare_sandbox.claude} --settings <overlay> -p 'it'\"'\"'s'"
    assert max(len(line) for line in lines if str(bare_sandbox.claude) not in line) <= 80
    assert KEY not in ran.out + ran.err
    assert OTHER not in ran.out + ran.err


def test_nothing_is_launched_and_no_overlay_written(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    standin = bare_sandbox.stand_in()
    routed(bare_sandbox, {"eu": gateway().url}, more=MODEL)
    bare_sandbox.run_ccroute("explain", "--", "-p", "x").expect()
    assert standin.reports == []
    assert not list(bare_sandbox.home.rglob("overlays"))


def test_the_json_names_what_a_launch_then_does(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    standin = bare_sandbox.stand_in()
    well = gateway(Setup(keys=[KEY]))
    routed(bare_sandbox, {"eu": well.url}, more=MODEL)
    bare_sandbox.settings("local", {"env": {"ANTHROPIC_AUTH_TOKEN": OTHER}})
    arguments = ["-p", "", "--", "--json", "zwei\nzeilen", "ü"]
    ran = bare_sandbox.run_ccroute("explain", "--json", "--", *arguments).expect()
    answer = ran.json
    assert list(answer) == [
        "version", "action", "reason", "route", "url", "argv", "env", "overlay", "beaten",
        "considered", "notes", "locked", "refresh_s", "stale",
    ]  # fmt: skip
    assert (answer["version"], answer["action"], answer["route"]) == (1, "route", "eu")
    assert answer["url"] == well.url
    assert [(one["name"], one["verdict"]) for one in answer["considered"]] == [("eu", "ok")]
    local = str(bare_sandbox.project / ".claude" / "settings.local.json")
    assert [one["file"] for one in answer["beaten"]] == [local]
    assert KEY not in ran.out

    bare_sandbox.run_ccwrap(*arguments).expect()
    report = standin.report
    place = report.argv.index("--settings") + 1
    shown = [*report.argv[:place], "<overlay>", *report.argv[place + 1 :]]
    assert answer["argv"] == [str(bare_sandbox.claude), *shown]
    filled = {name for name in answer["env"]["set"] if not report.environment.get(name)}
    assert filled == set()
    gone = set(answer["env"]["unset"]) - {
        "CCWRAP_CHAIN",
        "CCWRAP_LAUNCH",
    }  # a launch sets them anew
    assert not {name for name in gone if report.environment.get(name)}
    assert report.overlay is not None
    assert set(answer["overlay"]) == set(report.overlay)
    assert set(answer["overlay"]["env"]) == set(report.overlay["env"])


@pytest.mark.parametrize(
    ("arguments", "env", "reason"),
    [
        (["-p", "x"], {}, "no .ccroute here"),
        (["mcp", "list"], {}, "upkeep"),
        (["-p", "x"], {"CCWRAP_DISABLE": "1"}, "CCWRAP_DISABLE"),
    ],
    ids=["no file", "maintenance", "disabled"],
)
def test_what_passes_through_is_explained_too(
    bare_sandbox: Sandbox, arguments: list[str], env: dict[str, str], reason: str
) -> None:
    bare_sandbox.stand_in()
    ran = bare_sandbox.run_ccroute("explain", "--json", "--", *arguments, env=env).expect()
    answer = ran.json
    assert (answer["action"], answer["route"], answer["url"]) == ("passthrough", None, None)
    assert reason in answer["reason"]
    assert answer["argv"] == [str(bare_sandbox.claude), *arguments]
    assert answer["env"] == {"set": [], "unset": []}
    shown = bare_sandbox.run_ccroute("explain", "--", *arguments, env=env).expect().out
    assert reason in shown


@pytest.mark.parametrize("spelling", ["two words", "one word"])
def test_settings_that_stand_in_the_arguments_are_not_shown(
    bare_sandbox: Sandbox, spelling: str
) -> None:
    bare_sandbox.stand_in()
    given = json.dumps({"env": {"ANTHROPIC_AUTH_TOKEN": OTHER}})
    options = ["--settings", given] if spelling == "two words" else [f"--settings={given}"]
    for flags in (["--json"], []):
        ran = bare_sandbox.run_ccroute("explain", *flags, "--", *options, "-p", "x").expect()
        assert OTHER not in ran.out + ran.err
        assert "<settings>" in ran.out


def test_a_launch_that_is_not_trusted_is_explained_and_exits_77(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    bare_sandbox.stand_in()
    well = gateway()
    bare_sandbox.ccroute(table("eu", well.url))
    ran = bare_sandbox.run_ccroute("explain", "--json").expect(77)
    assert [one["verdict"] for one in ran.json["considered"]] == ["untrusted"]
    assert (ran.json["route"], ran.json["argv"]) == (None, [])
    assert "ccroute trust" in ran.err
    assert well.connections == 0
    assert "eu untrusted" in bare_sandbox.run_ccroute("explain").expect(77).out


def test_a_launch_without_a_usable_route_is_explained_and_exits_69(
    bare_sandbox: Sandbox, refused_port: int
) -> None:
    bare_sandbox.stand_in()
    routed(bare_sandbox, {"dead": f"http://127.0.0.1:{refused_port}"})
    ran = bare_sandbox.run_ccroute("explain", "--json").expect(69)
    assert [one["verdict"] for one in ran.json["considered"]] == ["unreachable"]


def test_a_file_that_cant_be_used_exits_78(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute("[[route]]\nbase_url = 1\n")
    ran = bare_sandbox.run_ccroute("explain", "--json").expect(78)
    assert ran.out == ""


def test_without_a_claude_the_rest_is_explained_and_it_exits_127(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    routed(bare_sandbox, {"eu": gateway().url}, more=MODEL)
    env = {"PATH": "/nowhere"}
    for options in ((), ("--json",)):
        ran = bare_sandbox.run_ccroute("explain", *options, env=env).expect(127)
        assert "eu" in ran.out
        assert ran.err.startswith("ccroute: no claude on PATH")


@pytest.mark.parametrize(
    ("variables", "effects"),
    [
        ({}, []),
        ({"ANTHROPIC_BASE_URL": "https://api.anthropic.com"}, []),
        (
            {"ANTHROPIC_BASE_URL": "https://llm.example.com"},
            ["no server-managed settings", "MCP tool search off", "Remote Control off"],
        ),
        (
            {"ANTHROPIC_BASE_URL": "https://llm.example.com", "ENABLE_TOOL_SEARCH": "true"},
            ["no server-managed settings", "Remote Control off"],
        ),
        ({"CLAUDE_CODE_USE_BEDROCK": "1"}, ["no server-managed settings"]),
        ({"CLAUDE_CODE_USE_BEDROCK": ""}, []),
    ],
    ids=["a login", "first party", "gateway", "tool search forced", "provider", "blank mode"],
)
def test_effects_are_what_claude_switches_off_by_itself(
    variables: dict[str, str], effects: list[str]
) -> None:
    injection = Injection(variables, (), {})
    assert list(explain.side_effects(injection, {})) == effects


def test_changes_are_new_changed_and_gone() -> None:
    before = {"SAME": "1", "OLD": "1", "GONE": "1"}
    injection = Injection({"SAME": "1", "OLD": "2", "NEW": "1"}, ("GONE", "NEVER_THERE"), {})
    assert list(explain.changes(injection, before)) == ["+NEW", "~OLD", "-GONE"]


def test_what_is_not_allowed_stands_under_its_route(bare_sandbox: Sandbox) -> None:
    headers = 'headers = { X-Org = "prod" }'
    bare_sandbox.ccroute(
        table("eu", "https://eu.example.com", headers) + table("local", "http://127.0.0.1:9")
    )
    assert bare_sandbox.run_ccroute("explain").expect(77).err.splitlines()[:5] == [
        "ccroute: ~/work/acme/.ccroute: nothing of it is allowed for ~/work/acme",
        "",
        "  eu     LLM_KEY to https://eu.example.com/",
        "         the header X-Org: prod to https://eu.example.com/",
        "  local  LLM_KEY to http://127.0.0.1:9/",
    ]
