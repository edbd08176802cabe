from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ccwrap.claude import binary, versions
from ccwrap.claude.settings import Layer, Settings
from ccwrap.cli import doctor_machine, doctor_settings
from ccwrap.cli.finding import Machine
from ccwrap.gateways import kinds
from ccwrap.places import places
from routing import routed, table

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

KEY = "sk-made-up-0123456789"
GREEN = versions.GREEN[-1]


@pytest.fixture
def healthy(bare_sandbox: Sandbox) -> Sandbox:
    """A world without any problem: a claude that was tested, and an allowed route file."""
    bare_sandbox.stand_in(says=f"{GREEN} (Claude Code)\n")
    routed(bare_sandbox, {"eu": "https://eu.example.com"})
    return bare_sandbox


def findings(sandbox: Sandbox, status: int = 0, **environment: str) -> dict[str, list[str]]:
    """`level: text` by check; no finding may show the key."""
    ran = sandbox.run_ccroute("doctor", "--json", env=environment).expect(status)
    assert KEY not in ran.out + ran.err
    found: dict[str, list[str]] = {}
    for one in ran.json["checks"]:
        found.setdefault(one["check"], []).append(f"{one['level']}: {one['text']}")
    return found


def test_a_healthy_machine_has_no_problem_and_exits_0(healthy: Sandbox) -> None:
    found = findings(healthy)
    assert found["claude"] == [f"ok: claude {GREEN} at {healthy.claude} (PATH)"]
    assert found["trust"] == ["ok: ~/work/acme/.ccroute: 1 route, allowed"]
    assert found["python"][0].startswith("ok: ccwrap ")
    assert "settings" not in found
    assert healthy.run_ccroute("doctor").expect().out.endswith("\nno problems\n")


def test_the_json_has_its_keys(healthy: Sandbox) -> None:
    answer = healthy.run_ccroute("doctor", "--json").expect().json
    assert set(answer) == {"version", "problems", "fixed", "checks"}
    assert (answer["version"], answer["problems"], answer["fixed"]) == (1, 0, [])
    said = {"check", "level", "text", "fix", "fixable", "place", "routed", "by", "file"}
    assert all(set(one) == said for one in answer["checks"])
    plain = [one for one in answer["checks"] if one["place"] is None]
    assert {one["check"] for one in plain} >= {"claude", "python", "trust", "keys"}
    assert all((one["routed"], one["by"], one["file"]) == (None,) * 3 for one in plain)


def test_no_claude_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "PLACES", ())
    seen = Machine(
        {"PATH": str(tmp_path)},
        tmp_path,
        places({"HOME": str(tmp_path)}),
        kinds.load(),
        Settings(()),
        tmp_path,
    )
    (found,) = doctor_machine.claude(seen)
    assert (found.level, found.text) == (
        "problem",
        "no claude on PATH or in the usual install places",
    )
    assert found.fix.startswith("npm install")


def test_a_claude_that_is_named_and_gone_is_a_problem(healthy: Sandbox) -> None:
    gone = {"CCWRAP_CLAUDE": "/nowhere/claude"}
    (only,) = findings(healthy, 1, **gone)["claude"]
    assert only == "problem: CCWRAP_CLAUDE=/nowhere/claude: there is no such file"
    out = healthy.run_ccroute("doctor", env=gone).expect(1).out
    assert "fix: npm install" in out
    assert out.endswith("1 problem\n")


@pytest.mark.parametrize(
    ("says", "words"),
    [("1.0.0 (Claude Code)", "is older"), ("99.0.0 (Claude Code)", "is newer")],
)
def test_a_version_that_was_not_tested_is_noted(healthy: Sandbox, says: str, words: str) -> None:
    healthy.claude.unlink()
    healthy.write(healthy.claude, f"#!/bin/sh\necho '{says}'\n", 0o755)
    first, second = findings(healthy)["claude"]
    assert first.startswith("ok: ")
    assert words in second
    assert GREEN in second


@pytest.mark.parametrize(
    "script_text",
    ["#!/bin/sh\nexit 3\n", "#!/bin/sh\nprintf '\\033[2Jnonsense'\n", "#!/nowhere\n"],
    ids=["fails", "says something else", "can't be run"],
)
def test_a_claude_without_a_version_is_a_problem(healthy: Sandbox, script_text: str) -> None:
    healthy.claude.unlink()
    healthy.write(healthy.claude, script_text, 0o755)
    assert "doesn't say its version" in findings(healthy, 1)["claude"][0]


def test_settings_that_set_routing_are_named_and_never_their_values(healthy: Sandbox) -> None:
    variables = {"ANTHROPIC_BASE_URL": "https://x.example", "ANTHROPIC_API_KEY": KEY, "OTHER": "1"}
    healthy.settings("user", {"env": variables, "apiKeyHelper": f"echo {KEY}"})
    healthy.settings("project", {"env": {"HTTPS_PROXY": f"http://u:{KEY}@p.example"}})
    names = "ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, apiKeyHelper"
    assert findings(healthy)["settings"] == [
        "note: ~/work/acme/.claude/settings.json sets HTTPS_PROXY; a route outranks it",
        f"note: ~/.claude/settings.json sets {names}; a route outranks it",
    ]


def test_hooks_and_helpers_of_the_project_are_named_and_never_their_commands(
    healthy: Sandbox,
) -> None:
    hook = {"hooks": [{"type": "command", "command": f"echo {KEY}"}]}
    healthy.settings("project", {"hooks": {"SessionStart": [hook]}, "apiKeyHelper": f"echo {KEY}"})
    servers = {"files": {"command": "node", "env": {"K": KEY}}}
    healthy.write(".mcp.json", json.dumps({"mcpServers": servers}))
    runs = "hooks.SessionStart, apiKeyHelper; these can read the route's key"
    assert findings(healthy)["hooks"] == [
        f"note: ~/work/acme/.claude/settings.json runs {runs}",
        "note: ~/work/acme/.mcp.json starts MCP servers: files",
    ]


def test_a_file_that_switches_our_hooks_off_is_named(healthy: Sandbox) -> None:
    assert "reports" not in findings(healthy)
    healthy.settings("user", {"disableAllHooks": True})
    assert findings(healthy)["reports"] == [
        "note: ~/.claude/settings.json sets disableAllHooks: ccwrap doesn't hear of failed requests"
    ]
    healthy.settings("project", {"disableAllHooks": False})
    assert "reports" not in findings(healthy)


@pytest.mark.parametrize("text", ["[]", "{", "\x1b[2J", " " * (2 << 20) + "{}"])
def test_a_settings_file_that_claude_passes_over_is_told(healthy: Sandbox, text: str) -> None:
    file = healthy.settings("user", {})
    file.write_text(text)
    (only,) = findings(healthy, 1)["settings"]
    assert only.startswith("problem: ~/.claude/settings.json ")
    assert only.endswith(": claude passes over all of it")
    file.write_text("{}")
    healthy.settings("project", {}).write_text(text)
    (only,) = findings(healthy)["settings"]
    assert only.startswith("note: ~/work/acme/.claude/settings.json ")


def test_each_key_is_told_with_its_source_and_never_its_value(healthy: Sandbox) -> None:
    assert findings(healthy)["keys"] == ["ok: keys: LLM_KEY (env)"]
    del healthy.environment["LLM_KEY"]
    assert findings(healthy, 1)["keys"] == ["problem: LLM_KEY is not set: eu can't be used"]
    healthy.write(".env.local", f"LLM_KEY={KEY}\n")
    assert findings(healthy)["keys"] == ["ok: keys: LLM_KEY (.env.local)"]
    healthy.git("add", "-f", ".env.local")
    (only,) = findings(healthy, 1)["keys"]
    assert only == "problem: LLM_KEY: .env.local is not read: git tracks it: eu can't be used"


def test_a_route_less_for_want_of_a_key_is_a_note(healthy: Sandbox) -> None:
    urls = {"eu": "https://eu.example.com", "us": "https://us.example.com"}
    healthy.ccroute("".join((table("eu", urls["eu"]), table("us", urls["us"]))).replace(
        "LLM_KEY", "US_KEY", 1
    ))  # fmt: skip
    healthy.allow(f"US_KEY@{urls['eu']}", f"LLM_KEY@{urls['us']}")
    assert findings(healthy)["keys"] == [
        "ok: keys: LLM_KEY (env)",
        "note: US_KEY is not set: eu can't be used",
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('{ command = ["no-such-program", "x"] }', "no-such-program can't be found"),
        ('{ file = "~/gone" }', "~/gone is not there"),
    ],
)
def test_a_source_that_can_not_answer_is_told_and_not_asked(
    healthy: Sandbox, source: str, words: str
) -> None:
    del healthy.environment["LLM_KEY"]
    healthy.config(f"[secrets]\nLLM_KEY = {source}\n")
    assert findings(healthy, 1)["keys"] == [f"problem: LLM_KEY: {words}: eu can't be used"]


def test_a_source_is_not_asked(healthy: Sandbox, tmp_path: Path) -> None:
    del healthy.environment["LLM_KEY"]
    healthy.config(f'[secrets]\nLLM_KEY = {{ command = ["touch", "{tmp_path / "ran"}"] }}\n')
    assert findings(healthy)["keys"] == ["ok: keys: LLM_KEY (command)"]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"mcpServers": 5}', '{"mcpServers": {"\\u001b[2J": 1}}']
)
def test_a_hostile_mcp_file_does_no_harm(healthy: Sandbox, text: str) -> None:
    healthy.write(".mcp.json", text)
    assert "\x1b" not in healthy.run_ccroute("doctor").expect().out


def test_saved_logins_are_noted(healthy: Sandbox) -> None:
    login = {"claudeAiOauth": {"accessToken": KEY}}
    healthy.write(healthy.home / ".claude" / ".credentials.json", json.dumps(login))
    healthy.write(healthy.home / ".claude.json", json.dumps({"primaryApiKey": KEY}))
    first, second = findings(healthy)["logins"]
    assert first.startswith("note: a claude.ai login is saved")
    assert second.startswith("note: a Console key is saved")


def test_the_road_is_shown_without_its_passwords(healthy: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    found = findings(
        healthy,
        HTTPS_PROXY=f"http://user:{KEY}@proxy.example:8080",
        ALL_PROXY=f"user:{KEY}@proxy.example:8080",
        NODE_EXTRA_CA_CERTS=str(tmp_path / "ca.pem"),
        CLAUDE_CODE_CLIENT_KEY_PASSPHRASE=KEY,
    )
    assert found["road"] == [
        "note: HTTPS_PROXY=http://proxy.example:8080",
        "note: ALL_PROXY=***@proxy.example:8080",
        f"note: NODE_EXTRA_CA_CERTS={tmp_path / 'ca.pem'}",
        "note: CLAUDE_CODE_CLIENT_KEY_PASSPHRASE=***",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("NODE_EXTRA_CA_CERTS", "/nowhere/ca.pem"), ("NODE_TLS_REJECT_UNAUTHORIZED", "0")],
)
def test_a_road_that_can_not_be_or_is_not_safe_is_a_problem(
    healthy: Sandbox, name: str, value: str
) -> None:
    (only,) = findings(healthy, 1, **{name: value})["road"]
    assert only.startswith(f"problem: {name}")


def test_a_ccwrap_claude_that_leads_back_is_a_problem(healthy: Sandbox) -> None:
    wrapper = healthy.write(healthy.home / "bin/claude", '#!/bin/sh\nexec ccwrap "$@"\n', 0o755)
    (only,) = findings(healthy, 1, CCWRAP_CLAUDE=str(wrapper))["wrappers"]
    assert only == f"problem: CCWRAP_CLAUDE={wrapper} is ccwrap itself"


def test_a_state_folder_that_others_may_read_is_a_problem(healthy: Sandbox) -> None:
    folder = healthy.home / ".local" / "state" / "ccwrap"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    assert "others may look into it" in findings(healthy, 1)["state"][0]


def test_a_record_that_others_may_write_is_a_problem(healthy: Sandbox) -> None:
    healthy.run_ccroute("trust", "--yes").expect()
    (healthy.home / ".local/state/ccwrap/trust.json").chmod(0o666)
    found = findings(healthy, 1)
    assert any("others may write it" in one for one in found["state"])


def test_a_config_with_mistakes_is_a_problem(healthy: Sandbox) -> None:
    healthy.config("nonsense = 1\n")
    assert findings(healthy, 1)["trust"][0].startswith("problem: ")


def test_each_mistake_of_the_route_file_is_a_finding_with_its_fix(healthy: Sandbox) -> None:
    healthy.ccroute('[[route]]\nkind = "anthropic"\ntype = "x"\nbase_url = "y"\n')
    assert findings(healthy, 1)["trust"] == [
        "problem: .ccroute:3: route.type: is not a known key",
        "problem: .ccroute:4: route.base_url: is not a known key",
    ]
    ran = healthy.run_ccroute("doctor").expect(1)
    assert "fix: did you mean `kind`?\n" in ran.out


def test_the_trust_state_is_told(healthy: Sandbox) -> None:
    del healthy.environment["CCWRAP_TRUST"]
    assert findings(healthy, 1)["trust"] == ["problem: ~/work/acme/.ccroute: not allowed yet: eu"]
    healthy.run_ccroute("trust", "--ignore").expect()
    assert findings(healthy)["trust"] == ["note: ~/work/acme/.ccroute is ignored by you"]
    (healthy.project / ".ccroute").unlink()
    assert findings(healthy)["trust"] == ["note: no .ccroute here: ccwrap starts plain claude"]


def test_switches_are_told_by_name(healthy: Sandbox) -> None:
    found = findings(healthy, CCWRAP_DISABLE="1", CCWRAP_ROUTE="eu")
    assert found["variables"] == [
        "note: CCWRAP_DISABLE is set: ccwrap starts plain claude",
        "note: set in the environment: CCWRAP_ROUTE, CCWRAP_TRUST",
    ]


@pytest.mark.timeout(120)
def test_the_real_claude_is_found_and_was_tested(sandbox: Sandbox) -> None:
    routed(sandbox, {"eu": "https://eu.example.com"})
    assert findings(sandbox)["claude"] == [
        f"ok: claude {versions.PINNED} at {sandbox.claude} (PATH)"
    ]


@pytest.mark.parametrize(
    ("data", "count"),
    [({"env": {"ANTHROPIC_BASE_URL": "https://corp.example"}}, 2), ({"model": "opus"}, 1)],
    ids=["choose the gateway", "don't"],
)
def test_managed_settings_are_told(tmp_path: Path, data: dict[str, object], count: int) -> None:
    layers = Settings((Layer("managed", tmp_path / "managed-settings.json", data),))
    machine = Machine({}, tmp_path, places({"HOME": str(tmp_path)}), kinds.load(), layers, tmp_path)
    found = list(doctor_settings.managed(machine))
    assert [one.level for one in found] == ["note"] * count
    assert ("choose the gateway" in found[-1].text) is (count == 2)


def test_managed_settings_that_allow_no_other_hooks_are_told(tmp_path: Path) -> None:
    data = {"allowManagedHooksOnly": True}
    layers = Settings((Layer("managed", tmp_path / "managed-settings.json", data),))
    machine = Machine({}, tmp_path, places({"HOME": str(tmp_path)}), kinds.load(), layers, tmp_path)
    (found,) = doctor_settings.reports(machine)
    assert "sets allowManagedHooksOnly" in found.text
