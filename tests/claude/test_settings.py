"""Claude Code's settings layers: which files count, and who would win."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ccwrap.claude import invocation, settings
from ccwrap.claude.settings import Beaten, Layer, Logins, Settings
from ccwrap.errors import SettingError


class Machine:
    """A home, a repository and a folder for managed settings."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.project = self.home / "acme"
        self.managed = root / "managed"
        self.deep = self.project / "src" / "deep"
        self.deep.mkdir(parents=True)
        (self.project / ".git").mkdir()

    def put(self, file: Path, data: object) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
        return file

    def user(self, data: object) -> Path:
        return self.put(self.home / ".claude" / "settings.json", data)

    def repository(self, data: object, name: str = "settings.json") -> Path:
        return self.put(self.project / ".claude" / name, data)

    def read(self, *argv: str, cwd: Path | None = None, **environment: str) -> Settings:
        run = invocation.read(argv, environment)
        return settings.read(cwd or self.project, environment, self.home, run, self.managed)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def says(value: str) -> dict[str, object]:
    return {"env": {"ANTHROPIC_BASE_URL": value}}


def test_layers_stand_strongest_first(machine: Machine) -> None:
    machine.user(says("user"))
    machine.repository(says("project"))
    machine.repository(says("local"), "settings.local.json")
    machine.put(machine.managed / "managed-settings.json", says("managed"))
    machine.put(machine.managed / "managed-settings.d" / "10-a.json", says("first"))
    machine.put(machine.managed / "managed-settings.d" / "20-b.json", says("second"))
    layers = machine.read("--settings", json.dumps(says("flag"))).layers
    assert [(layer.name, layer.variables()["ANTHROPIC_BASE_URL"]) for layer in layers] == [
        ("managed", "second"),
        ("managed", "first"),
        ("managed", "managed"),
        ("flag", "flag"),
        ("local", "local"),
        ("project", "project"),
        ("user", "user"),
    ]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param((), ["local", "project", "user"], id="all of them by default"),
        pytest.param(("--setting-sources", "user"), ["user"], id="the user's alone"),
        pytest.param(("--setting-sources=project, local",), ["local", "project"], id="with blanks"),
        pytest.param(("--setting-sources", ""), [], id="none"),
    ],
)
def test_setting_sources_selects_the_file_layers(
    machine: Machine, arguments: tuple[str, ...], names: list[str]
) -> None:
    machine.user(says("user"))
    machine.repository(says("project"))
    machine.repository(says("local"), "settings.local.json")
    assert [layer.name for layer in machine.read(*arguments).layers] == names


def test_claude_config_dir_moves_the_users_settings(machine: Machine, tmp_path: Path) -> None:
    machine.user(says("home"))
    machine.put(tmp_path / "moved" / "settings.json", says("moved"))
    read = machine.read(CLAUDE_CONFIG_DIR=str(tmp_path / "moved"))
    assert read.variable("ANTHROPIC_BASE_URL") == "moved"


def test_settings_json_is_the_working_directorys_own(machine: Machine) -> None:
    machine.repository(says("root"))
    assert machine.read(cwd=machine.deep).layers == ()
    machine.put(machine.deep / ".claude" / "settings.json", says("deep"))
    assert machine.read(cwd=machine.deep).variable("ANTHROPIC_BASE_URL") == "deep"


def test_settings_local_json_is_the_main_checkouts(machine: Machine) -> None:
    machine.put(machine.deep / ".claude" / "settings.local.json", says("deep"))
    assert machine.read(cwd=machine.deep).variable("ANTHROPIC_BASE_URL") == "deep"
    machine.repository(says("root"), "settings.local.json")
    assert machine.read(cwd=machine.deep).variable("ANTHROPIC_BASE_URL") == "root"


def test_a_worktree_has_its_main_checkouts_local_settings(machine: Machine) -> None:
    machine.repository(says("main"), "settings.local.json")
    inner = machine.project / ".git" / "worktrees" / "wt"
    machine.put(inner / "commondir", b"../..\n")
    worktree = machine.home / "wt"
    machine.put(worktree / ".git", f"gitdir: {inner}\n".encode())
    assert machine.read(cwd=worktree).variable("ANTHROPIC_BASE_URL") == "main"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"{nope", id="not JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b'{"env": {"X": 1e999}}', id="a number without end"),
        pytest.param(b'{"env": 5}', id="env of another type"),
        pytest.param(b'{"env": {"ANTHROPIC_BASE_URL": {}}}', id="a value of another type"),
        pytest.param(b" " * (3 << 20), id="larger than 2 MiB"),
    ],
)
def test_a_broken_file_counts_as_empty(machine: Machine, data: bytes) -> None:
    machine.user(data)
    machine.repository(data)
    machine.put(machine.managed / "managed-settings.json", data)
    read = machine.read()
    assert [layer.variables() for layer in read.layers] == [{}, {}, {}]
    assert settings.managed_routing(read) == ""


def test_a_fifo_is_not_waited_for(machine: Machine) -> None:
    (machine.project / ".claude").mkdir()
    os.mkfifo(machine.project / ".claude" / "settings.json")
    assert machine.read().layers[0].data == {}


def test_values_of_env_become_text_as_in_claude(machine: Machine) -> None:
    machine.user({"env": {"A": True, "B": 5, "C": "x", "D": None, "E": {}, "F": ""}})
    assert machine.read().layers[0].variables() == {"A": "true", "B": "5", "C": "x", "F": ""}


LAYERS = Settings(
    tuple(
        Layer(name, Path(f"/{name}"), {"env": values})
        for name, values in (
            ("managed", {"M": "managed"}),
            ("flag", {"F": "flag", "M": "flag"}),
            ("local", {"P": "local", "U": "local"}),
            ("project", {"P": "project", "BLANK": ""}),
            ("user", {"U": "user", "F": "user", "BLANK": "user", "OFF": ""}),
        )
    )
)
ENVIRONMENT = {"E": "environment", "U": "environment", "P": "environment", "OFF": "environment"}


@pytest.mark.parametrize(
    ("name", "own", "effective"),
    [
        ("E", "environment", "environment"),
        ("U", "user", "local"),
        ("F", "flag", "flag"),
        ("M", "managed", "managed"),
        ("P", "environment", "local"),
        ("BLANK", "user", ""),
        ("OFF", None, ""),
        ("NOWHERE", None, ""),
    ],
)
def test_a_project_has_no_say_in_the_users_own_value(
    name: str, own: str | None, effective: str
) -> None:
    found = settings.own_variables(LAYERS, ENVIRONMENT, [name])
    assert (found.get(name), settings.effective(LAYERS, ENVIRONMENT, name)) == (own, effective)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"env": {"ANTHROPIC_BASE_URL": "https://x"}}, "sets ANTHROPIC_BASE_URL"),
        ({"env": {"ANTHROPIC_AUTH_TOKEN": "x"}}, "sets ANTHROPIC_AUTH_TOKEN"),
        ({"env": {"CLAUDE_CODE_USE_VERTEX": 1}}, "sets CLAUDE_CODE_USE_VERTEX"),
        ({"apiKeyHelper": "/bin/key"}, "sets apiKeyHelper"),
        ({"forceLoginMethod": "claudeai"}, "sets forceLoginMethod"),
        ({"forceLoginOrgUUID": ["x"]}, "sets forceLoginOrgUUID"),
        ({"allowedProviders": ["anthropic"]}, "leaves customEndpoint out of allowedProviders"),
        ({"allowedProviders": ["customEndpoint"]}, ""),
        ({"env": {"ANTHROPIC_BASE_URL": "", "HTTPS_PROXY": "http://x"}, "apiKeyHelper": ""}, ""),
        ({"permissions": {"deny": ["Bash"]}}, ""),
    ],
)
def test_managed_settings_that_choose_the_gateway_say_why(
    machine: Machine, data: dict[str, object], reason: str
) -> None:
    file = machine.put(machine.managed / "managed-settings.json", data)
    assert settings.managed_routing(machine.read()) == (reason and f"{file} {reason}")


def test_only_managed_settings_choose_the_gateway(machine: Machine) -> None:
    machine.user(says("https://x"))
    machine.repository({"apiKeyHelper": "x", "forceLoginMethod": "console"})
    assert settings.managed_routing(machine.read()) == ""


def test_what_is_said_in_vain_is_named_with_its_file(machine: Machine) -> None:
    user = machine.user({**says("https://x"), "apiKeyHelper": "x"})
    machine.repository({"env": {"ANTHROPIC_BASE_URL": "", "OTHER": "1"}})
    read = machine.read("--settings", json.dumps({"env": {"ANTHROPIC_API_KEY": "k"}}))
    assert settings.beaten(read, ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"]) == (
        Beaten("--settings", "env.ANTHROPIC_API_KEY"),
        Beaten(str(user), "env.ANTHROPIC_BASE_URL"),
        Beaten(str(user), "apiKeyHelper"),
    )


@pytest.mark.parametrize("form", ["--settings {}", "--settings={}"])
def test_a_settings_file_of_the_users_is_found_from_the_working_directory(
    machine: Machine, form: str
) -> None:
    file = machine.put(machine.project / "mine.json", says("flag"))
    (layer,) = machine.read(*form.format("mine.json").split()).layers
    assert (layer.name, layer.file, layer.data) == ("flag", file, says("flag"))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{nope}", "Invalid JSON provided to --settings"),
        ('{"env": {"K": "canary"}', "Invalid JSON provided to --settings"),
        ("nope.json", "Settings file not found: {project}/nope.json"),
        ("[]", "Settings file not found: {project}/[]"),
        ("~/nope.json", "Settings file not found: {project}/~/nope.json"),
        ("src", "Cannot use settings file ("),
        ("/dev/null", "Cannot use settings file (Not a regular file"),
        ("large.json", "Settings file exceeds the 2MiB limit: {project}/large.json"),
        ("list.json", "Settings file {project}/list.json is no JSON object"),
        ("a\0b", "Cannot use settings file ("),
    ],
)
def test_settings_of_the_users_that_claude_refuses_are_refused_in_its_words(
    machine: Machine, value: str, said: str
) -> None:
    machine.put(machine.project / "large.json", b" " * (3 << 20))
    machine.put(machine.project / "list.json", [])
    with pytest.raises(SettingError) as refused:
        machine.read("--settings", value)
    assert refused.value.message.startswith(said.format(project=machine.project))


@pytest.mark.parametrize("value", ["", " {} ", '\n{"env":{}}\n'])
def test_settings_that_claude_takes_are_taken(machine: Machine, value: str) -> None:
    assert all(not layer.variables() for layer in machine.read("--settings", value).layers)


def test_saved_logins_are_seen(machine: Machine) -> None:
    assert settings.logins({}, machine.home, "linux") == Logins(claude_ai=False, console=False)
    machine.put(
        machine.home / ".claude" / ".credentials.json", {"claudeAiOauth": {"accessToken": "x"}}
    )
    machine.put(machine.home / ".claude.json", {"primaryApiKey": "x"})
    assert settings.logins({}, machine.home, "linux") == Logins(claude_ai=True, console=True)
    moved = {"CLAUDE_CONFIG_DIR": str(machine.home / "moved")}
    assert settings.logins(moved, machine.home, "linux") == Logins(claude_ai=False, console=False)
    machine.put(machine.home / "moved" / ".claude.json", {"primaryApiKey": "x"})
    assert settings.logins(moved, machine.home, "linux").console is True


def test_what_can_not_be_seen_is_not_known(machine: Machine) -> None:
    assert settings.logins({}, machine.home, "darwin") == Logins(claude_ai=None, console=None)
    machine.put(machine.home / ".claude.json", b'{"primaryApiKey": ')
    assert settings.logins({}, machine.home, "linux").console is None


def test_a_login_from_the_environment_is_one(machine: Machine) -> None:
    given = {"CLAUDE_CODE_OAUTH_TOKEN": "x"}
    assert settings.logins(given, machine.home, "linux").claude_ai is True
