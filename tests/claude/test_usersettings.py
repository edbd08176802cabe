"""The user's own --settings: nothing that would cost the overlay is merged."""

from __future__ import annotations

import json

import pytest

from ccwrap.claude.usersettings import fitted

HOOK = {"type": "command", "command": "true", "async": True, "timeout": 5}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"somethingNew": {"of": ["any", None, 1.5]}}, id="a key that claude ignores"),
        pytest.param({"model": "opus", "verbose": True, "cleanupPeriodDays": 5.0}, id="plain"),
        pytest.param(
            {"permissions": {"allow": ["Bash(ls)"], "defaultMode": "plan", "new": 1}},
            id="permissions",
        ),
        pytest.param(
            {"hooks": {"Stop": [{"matcher": "*", "hooks": [HOOK]}], "NewEvent": []}}, id="hooks"
        ),
        pytest.param(
            {"hooks": {"Stop": [{"hooks": [{"type": "http", "url": "http://127.0.0.1:80/x"}]}]}},
            id="a hook on the web",
        ),
        pytest.param({"statusLine": {"type": "command", "command": "x", "padding": 0}}, id="line"),
        pytest.param({"enabledPlugins": {"a@b": True, "c@d": [">=1"]}}, id="plugins"),
        pytest.param({"sandbox": {"network": {"allowedDomains": ["x"], "new": 1}}}, id="sandbox"),
        pytest.param({"env": {"A": "x", "B": 5, "C": False}}, id="env"),
    ],
)
def test_what_fits_is_kept_as_it_is(given: dict[str, object]) -> None:
    assert fitted(given) == (given, ())


@pytest.mark.parametrize(
    ("given", "kept", "why"),
    [
        ({"model": 5}, {}, "model: expected a string"),
        ({"model": None}, {}, "model: expected a string"),
        ({"statusLine": 3}, {}, "statusLine: expected an object"),
        ({"statusLine": {"type": "command"}}, {}, "statusLine.command: is missing"),
        (
            {"statusLine": {"type": "command", "command": "x", "padding": "a"}},
            {"statusLine": {"type": "command", "command": "x"}},
            "statusLine.padding: expected a number",
        ),
        (
            {"permissions": {"allow": "x", "deny": ["Bash"]}},
            {"permissions": {"deny": ["Bash"]}},
            "permissions.allow: expected a list",
        ),
        (
            {"permissions": {"allow": [5, "Bash"]}},
            {"permissions": {"allow": ["Bash"]}},
            "permissions.allow[0]: expected a string",
        ),
        (
            {"permissions": {"disableAutoMode": True}},
            {"permissions": {}},
            "permissions.disableAutoMode: expected one of disable",
        ),
        ({"verbose": "yes"}, {}, "verbose: expected true or false"),
        ({"cleanupPeriodDays": True}, {}, "cleanupPeriodDays: expected a whole number from 1"),
        ({"cleanupPeriodDays": 1.5}, {}, "cleanupPeriodDays: expected a whole number from 1"),
        ({"cleanupPeriodDays": 2**60}, {}, "cleanupPeriodDays: expected a whole number from 1"),
        (
            {"hooks": {"Stop": [{"hooks": [{"type": "zz"}]}]}},
            {"hooks": {"Stop": [{"hooks": []}]}},
            "hooks.Stop[0].hooks[0].type: expected one of command, prompt, agent, mcp_tool, http",
        ),
        ({"hooks": {"Stop": "x"}}, {"hooks": {}}, "hooks.Stop: expected a list"),
        (
            {"enabledPlugins": {"a@b": 5}},
            {"enabledPlugins": {}},
            "enabledPlugins.a@b: expected true or false",
        ),
        (
            {"sandbox": {"network": {"allowedDomains": "x"}}},
            {"sandbox": {"network": {}}},
            "sandbox.network.allowedDomains: expected a list",
        ),
        ({"env": {"A": {}, "B": "x"}}, {"env": {"B": "x"}}, "env.A: expected a string"),
        ({"env": []}, {}, "env: expected an object"),
        ({"sshConfigs": []}, {}, "sshConfigs: is not taken over"),
    ],
)
def test_what_does_not_fit_is_left_out_and_named(
    given: dict[str, object], kept: dict[str, object], why: str
) -> None:
    assert fitted(given) == (kept, (why,))


def test_no_value_stands_in_what_is_said() -> None:
    secret = "sk-canary-0123456789"
    given = {"model": [secret], "permissions": {"defaultMode": secret}, "env": {"A": [secret]}}
    _, dropped = fitted(given)
    assert len(dropped) == 3
    assert secret not in json.dumps(dropped)
