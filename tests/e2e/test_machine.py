"""The machine's config.toml: what it says holds, and what it locks nobody else decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from ccwrap.gateways.simulated import Setup
from routing import table
from running import script

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import SimulatedGateway
    from machine import Machine
    from running import Ran
    from sandbox import Sandbox
    from standin import StandIn
    from starting import StartGateway

TOKEN: Final = "token-of-the-house-01"
STRAY: Final = "stray-token-0123456789"
CONFIG: Final = "/etc/ccwrap/config.toml"
HELLO: Final = ("-p", "hello")


class House:
    """An organisation's machine, one of its projects, and a gateway that is none of its."""

    def __init__(self, sandbox: Sandbox, machine: Machine, start: StartGateway) -> None:
        self.sandbox, self.machine = sandbox, machine
        self.standin: StandIn = sandbox.stand_in()
        self.own: SimulatedGateway = start(Setup(keys=(TOKEN,)))
        self.other: SimulatedGateway = start()
        machine.write("sso", f"#!/bin/sh\necho {TOKEN}\n", 0o755)

    def config(self, *locked: str, more: str = "", routes: str = "") -> None:
        """Its config.toml: a route, where the key comes from, and what is locked."""
        route = routes or table("house", self.own.url, 'models = "claude-sonnet-5"')
        self.machine.config(
            f"locked = {json.dumps(locked)}\n{more}\n"
            '[secrets]\nLLM_KEY = { command = ["/etc/sso"], refresh = "50m" }\n'
            f'[trust]\n"{self.own.url}" = ["LLM_KEY"]\n{route}'
        )

    def ccwrap(self, *arguments: str, **env: str) -> Ran:
        return self.machine.run(self.sandbox, "ccwrap", *(arguments or HELLO), env=env)

    def ccroute(self, *arguments: str, input: str = "", **env: str) -> Ran:  # noqa: A002
        return self.machine.run(self.sandbox, "ccroute", *arguments, env=env, input=input)

    def explained(self, **env: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.ccroute("explain", "--json", **env).expect().json
        return answer

    def ignored(self, **env: str) -> dict[str, list[str]]:
        """What explain says is said in vain."""
        locked = self.explained(**env)["locked"]
        assert locked["file"] == CONFIG
        return {one["where"]: one["keys"] for one in locked["ignored"]}

    @property
    def url(self) -> str:
        """Where the last claude was sent."""
        return self.standin.reports[-1].environment["ANTHROPIC_BASE_URL"]

    def token(self) -> str:
        """What the last claude would send, asked as it would ask."""
        overlay = self.standin.reports[-1].overlay
        assert overlay
        line = overlay["apiKeyHelper"]
        return self.machine.run(self.sandbox, "sh", "-c", line).expect().out.strip()


@pytest.fixture
def house(bare_sandbox: Sandbox, machine: Machine, gateway: StartGateway) -> House:
    return House(bare_sandbox, machine, gateway)


def test_its_routes_secrets_and_tags_hold_where_no_project_says_anything(house: House) -> None:
    house.config(more='tags = { cost = "42" }\nkeep_headers = ["X-Kept"]')
    kept = {"ANTHROPIC_CUSTOM_HEADERS": "X-Kept: mine\nX-Lost: mine"}
    house.ccwrap(**kept).expect()
    environment = house.standin.report.environment
    assert (house.url, house.token()) == (house.own.url, TOKEN)
    assert environment["ANTHROPIC_CUSTOM_HEADERS"] == "X-Kept: mine"
    assert "cost=42" in environment["OTEL_RESOURCE_ATTRIBUTES"]


def test_its_trust_lets_every_project_send_there(house: House) -> None:
    house.config()
    house.sandbox.ccroute(table("eu", house.own.url))
    house.ccwrap().expect()
    assert (house.url, house.token()) == (house.own.url, TOKEN)
    house.sandbox.ccroute(table("evil", house.other.url))
    house.ccwrap().expect(77)
    assert house.other.connections == 0


def test_without_a_lock_a_user_s_own_word_is_nearer(house: House) -> None:
    house.config()
    house.sandbox.config('[secrets]\nLLM_KEY = { command = ["echo", "mine-0123456789"] }\n')
    house.own.setup = house.own.setup._replace(keys=None)
    house.ccwrap().expect()
    assert house.standin.report.environment["ANTHROPIC_AUTH_TOKEN"] == "mine-0123456789"
    assert house.explained()["locked"] == {"file": None, "keys": [], "ignored": []}


def test_a_locked_route_is_the_only_one(house: House) -> None:
    house.config("route")
    mine = table("house", house.other.url) + table("mine", house.other.url)
    local = house.sandbox.write(".ccroute.local", f'use = ["mine"]\nprefer = ["mine"]\n{mine}')
    file = house.sandbox.ccroute(table("house", house.other.url))
    own = house.sandbox.config(mine)
    env = {"CCWRAP_URLS": house.other.url, "ANTHROPIC_AUTH_TOKEN": STRAY}
    house.ccwrap(**env).expect()
    assert (house.url, house.token(), house.other.connections) == (house.own.url, TOKEN, 0)
    assert house.ignored(**env) == {
        str(local): ["use", "prefer", "route"],
        str(file): ["route"],
        str(own): ["route"],
        "CCWRAP_URLS": ["route"],
    }
    named = house.sandbox.write("other.toml", table("house", house.other.url))
    assert str(named) in house.ignored(CCWRAP_FILE="other.toml")
    out = house.ccroute("explain", **env).expect().out
    assert f"  locked    route by {CONFIG}\n" in out
    assert "  ignored   ~/work/acme/.ccroute.local  use, prefer, route\n" in out
    assert "            CCWRAP_URLS  route\n" in out


def test_locked_routes_need_a_route(house: House) -> None:
    house.config("route", routes="\n")
    house.sandbox.ccroute(table("mine", house.other.url))
    ran = house.ccwrap().expect(78)
    assert f"{CONFIG}:1: locked: locks `route`, and this file names none" in ran.err


def test_a_locked_policy_is_kept(house: House) -> None:
    house.config("policy", more='policy = "balanced"')
    house.sandbox.config('policy = "fastest"\n')
    env = {"CCWRAP_POLICY": "ordered"}
    assert house.explained(**env)["reason"].startswith("balanced")
    assert list(house.ignored(**env).values()) == [["policy"], ["policy"]]


def test_a_locked_secret_comes_from_its_source_alone(house: House) -> None:
    """At the launch and when claude asks again."""
    house.config("secrets")
    own = house.sandbox.config(f'[secrets]\nLLM_KEY = {{ command = ["echo", "{STRAY}"] }}\n')
    house.sandbox.write(".env.local", f"LLM_KEY={STRAY}\n")
    house.sandbox.ccroute(table("eu", house.own.url))
    env = {"LLM_KEY": STRAY}
    house.ccwrap(**env).expect()
    assert house.token() == TOKEN
    overlay = house.standin.report.overlay
    assert overlay
    again = house.machine.run(house.sandbox, "sh", "-c", overlay["apiKeyHelper"], env=env)
    assert again.expect().out == f"{TOKEN}\n"
    assert {request.bearer for request in house.own.log} == {"", TOKEN}
    assert house.ignored(**env) == {str(own): ["secrets"], "LLM_KEY": ["secrets"]}
    assert "LLM_KEY (command)" in house.ccroute("trust", **env).out


def test_where_secrets_are_locked_none_is_put_where_nobody_looks(house: House) -> None:
    house.config("secrets")
    ran = house.ccroute("secret", "set", "OTHER_KEY", input=STRAY).expect(78)
    assert f"{CONFIG} locks `secrets`" in ran.err
    assert "fix: export OTHER_KEY, or put it into .env.local" in ran.err
    assert not list(house.sandbox.home.rglob("config.toml"))


def test_locked_trust_is_nobody_s_to_widen(house: House) -> None:
    house.config("trust")
    own = house.sandbox.config(f'[trust]\n"{house.other.url}" = ["LLM_KEY"]\n')
    house.sandbox.ccroute(table("evil", house.other.url))
    env = {"CCWRAP_TRUST": f"LLM_KEY@{house.other.url}"}
    assert f"{CONFIG} alone allows" in house.ccwrap(**env).expect(77).err
    assert f"{CONFIG} locks `trust`" in house.ccroute("trust", "--yes", **env).expect(77).err
    house.sandbox.run_ccroute("trust", "--yes").expect()
    house.ccwrap(**env).expect(77)
    assert (house.other.connections, house.standin.reports) == (0, [])
    locked = house.ccroute("explain", "--json", **env).expect(77).json["locked"]
    assert {one["where"] for one in locked["ignored"]} == {str(own), "CCWRAP_TRUST"}
    house.sandbox.ccroute(table("evil", house.other.url) + table("eu", house.own.url))
    ran = house.ccwrap(**env).expect()
    assert f"left out, not allowed yet: evil ({CONFIG} locks trust)" in ran.err
    assert house.url == house.own.url


def test_locked_trust_is_not_asked_about(house: House) -> None:
    house.config("trust")
    house.sandbox.ccroute(table("evil", house.other.url))
    program, *inside = house.machine.command
    with house.sandbox.terminal(program, *inside, script("ccwrap")) as terminal:
        assert terminal.wait() == 77
        assert "Allow?" not in terminal.text


@pytest.mark.parametrize(
    ("key", "machines", "others"),
    [
        ("tags", 'tags = { cost = "42" }', 'tags = { cost = "0", team = "a" }'),
        ("probe", '[probe]\ndepth = "free"', '[probe]\ndepth = "off"'),
        ("keep_headers", 'keep_headers = ["X-Kept"]', 'keep_headers = ["X-Lost"]'),
    ],
)
def test_other_locked_keys(house: House, key: str, machines: str, others: str) -> None:
    house.config(key, more=machines)
    own = house.sandbox.config(f"{others}\n")
    house.ccwrap(ANTHROPIC_CUSTOM_HEADERS="X-Lost: mine").expect()
    environment = house.standin.report.environment
    assert "X-Lost" not in environment.get("ANTHROPIC_CUSTOM_HEADERS", "")
    if key == "tags":
        assert "cost=42" in environment["OTEL_RESOURCE_ATTRIBUTES"]
        assert "team" not in environment["OTEL_RESOURCE_ATTRIBUTES"]
    assert house.own.log, "it was asked, whatever the user's file says"
    assert house.ignored() == {str(own): [key]}


def test_locked_tags_are_neither_a_variable_s_nor_a_header_s_to_change(house: House) -> None:
    more = f'kind = "litellm"\nurl = "{house.own.url}"\nauth_token = "${{LLM_KEY}}"\n'
    house.config("tags", more='tags = { cost = "42" }')
    house.sandbox.ccroute(f'[[route]]\n{more}headers = {{ X-LiteLLM-Tags = "cost:0" }}\n')
    house.sandbox.allow(f"header:X-LiteLLM-Tags@{house.own.url}")
    house.ccwrap(OTEL_RESOURCE_ATTRIBUTES="cost=0,site=mine").expect()
    environment = house.standin.report.environment
    assert "x-litellm-tags: project:acme,cost:42" in environment["ANTHROPIC_CUSTOM_HEADERS"]
    assert "cost:0" not in environment["ANTHROPIC_CUSTOM_HEADERS"]
    assert set(environment["OTEL_RESOURCE_ATTRIBUTES"].split(",")) == {
        "site=mine", "project=acme", "cost=42"
    }  # fmt: skip


def test_doctor_says_what_is_locked_and_what_is_ignored(house: House) -> None:
    house.config("route", "secrets")
    file = house.sandbox.ccroute(table("mine", house.other.url))
    env = {"CCWRAP_URLS": house.other.url, "LLM_KEY": STRAY, "ANTHROPIC_AUTH_TOKEN": STRAY}
    checks = house.ccroute("doctor", "--json", **env).json["checks"]
    found = [(one["level"], one["text"], one["fix"]) for one in checks if one["check"] == "locks"]
    assert str(file).endswith("/work/acme/.ccroute")
    assert found == [
        ("note", f"{CONFIG} locks route, secrets", ""),
        ("note", "~/work/acme/.ccroute: route there is ignored", ""),
        ("note", "CCWRAP_URLS is ignored: route is locked", "unset CCWRAP_URLS"),
        ("note", "LLM_KEY is ignored: secrets is locked", "unset LLM_KEY"),
    ]


def test_doctor_does_not_take_the_user_s_trust_for_the_machine_s(house: House) -> None:
    house.sandbox.ccroute(table("mine", house.other.url))
    house.sandbox.allow(f"LLM_KEY@{house.other.url}")
    house.config("trust")
    checks = house.ccroute("doctor", "--json").expect(1).json["checks"]
    (found,) = [one for one in checks if one["check"] == "trust"]
    assert found["text"] == "~/work/acme/.ccroute: not allowed yet: mine"
    assert found["fix"].startswith("ask whoever manages this machine")


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_one_that_others_may_write_stops_every_launch(house: House, mode: int) -> None:
    house.config("route")
    (house.machine.etc / "ccwrap" / "config.toml").chmod(mode)
    assert f"{CONFIG}: others may write it" in house.ccwrap().expect(78).err
    assert house.standin.reports == []
    checks = house.ccroute("doctor", "--json").expect(1).json["checks"]
    assert any("others may write it" in one["text"] for one in checks)


def test_a_linked_one_is_refused(house: House) -> None:
    house.config("route")
    file = house.machine.etc / "ccwrap" / "config.toml"
    file.rename(file.with_name("other.toml"))
    file.symlink_to("other.toml")
    assert "is a symbolic link" in house.ccwrap().expect(78).err
