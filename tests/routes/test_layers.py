"""Finding the route file, and the layers around it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccwrap.errors import SettingError
from ccwrap.routes import files, layers
from routefiles import HEAD, Project, catalogue

EU = '[[route]]\nname = "eu"\nurl = "https://eu.example.com"\nauth_token = "${EU_KEY}"\n'
US = '[[route]]\nname = "us"\nurl = "https://us.example.com"\napi_key = "${US_KEY}"\n'
MINE = '[[route]]\nname = "mine"\nurl = "https://mine.example.com"\nauth_token = "${MY_KEY}"\n'


def repository(folder: Path) -> Path:
    (folder / ".git").mkdir(parents=True)
    return folder


def test_nobody_said_anything_about_routes(project: Project) -> None:
    assert project.found() is None


def test_the_nearest_file_up_to_the_home_directory_holds(project: Project) -> None:
    deep = project.folder / "a" / "b"
    deep.mkdir(parents=True)
    (project.home / ".ccroute").write_text(HEAD)
    assert files.find(deep, project.home) == project.home / ".ccroute"
    project.write(HEAD)
    assert files.find(deep, project.home) == project.file


def test_above_the_home_directory_nothing_is_looked_at(project: Project, tmp_path: Path) -> None:
    (tmp_path / ".ccroute").write_text(HEAD)
    assert files.find(project.folder, project.home) is None


def test_outside_home_the_walk_ends_at_the_repository(tmp_path: Path) -> None:
    home = tmp_path / "home"
    top = repository(tmp_path / "srv" / "acme")
    (top / "src").mkdir()
    (tmp_path / "srv" / ".ccroute").write_text(HEAD)
    assert files.find(top / "src", home) is None
    (top / ".ccroute").write_text(HEAD)
    assert files.find(top / "src", home) == top / ".ccroute"


def test_outside_home_and_any_repository_only_the_folder_itself_counts(tmp_path: Path) -> None:
    below = tmp_path / "tmp" / "x"
    below.mkdir(parents=True)
    (below.parent / ".ccroute").write_text(HEAD)
    assert files.find(below, tmp_path / "home") is None
    (below / ".ccroute").write_text(HEAD)
    assert files.find(below, tmp_path / "home") == below / ".ccroute"


def test_a_linked_home_is_still_home(project: Project, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(project.home)
    (project.home / ".ccroute").write_text(HEAD)
    assert files.find(project.folder, tmp_path / "alias") == project.home / ".ccroute"


def test_a_persons_own_file_changes_routes_key_by_key(project: Project) -> None:
    project.write('tags = { team = "core" }\n' + EU + 'env = { API_TIMEOUT_MS = "1" }\n' + US)
    project.write(
        'prefer = ["us"]\ntags = { user = "ann" }\n[probe]\ntimeout = 1\n'
        '[[route]]\nname = "eu"\napi_key = "${MY_KEY}"\nenv = { MAX_THINKING_TOKENS = "0" }\n',
        ".ccroute.local",
    )
    found = project.load()
    us, eu = found.routes
    assert (us.name, eu.name) == ("us", "eu")
    assert (eu.url, eu.auth, eu.credential) == ("https://eu.example.com", "api_key", "MY_KEY")
    assert dict(eu.env) == {"API_TIMEOUT_MS": "1", "MAX_THINKING_TOKENS": "0"}
    assert dict(found.tags) == {"team": "core", "user": "ann"}
    assert (found.probe.timeout, found.probe.depth) == (1.0, "free")
    assert found.sources == (project.folder / ".ccroute.local", project.file)
    assert not eu.own


def test_a_nearer_string_of_models_replaces_every_role(project: Project) -> None:
    project.write(EU + 'models = { opus = "a", haiku = "b" }\n')
    project.write('[[route]]\nname = "eu"\nmodels = "c"\n', ".ccroute.local")
    assert set(project.route().models) == {"c"}


def test_new_routes_of_the_local_file_come_after_the_projects(project: Project) -> None:
    project.write(EU)
    project.write(US, ".ccroute.local")
    assert project.names() == ["eu", "us"]


def test_routes_of_the_users_own_serve_where_no_project_names_any(project: Project) -> None:
    project.config('policy = "ordered"\nkeep_headers = ["X-Mine"]\n' + MINE)
    project.machine(US)
    found = project.load()
    assert [(route.name, route.own) for route in found.routes] == [("mine", True), ("us", True)]
    assert (found.file, found.folder, found.keep_headers) == (None, project.folder, ("X-Mine",))


def test_they_are_never_a_gateway_beside_those_that_the_project_named(project: Project) -> None:
    project.config(MINE)
    project.write(EU)
    assert project.names() == ["eu"]


def test_a_person_may_use_them_in_a_project(project: Project) -> None:
    project.config(MINE)
    project.write(EU)
    project.write('use = ["mine"]\nprefer = ["mine"]\n', ".ccroute.local")
    assert [(route.name, route.own) for route in project.load().routes] == [
        ("mine", True),
        ("eu", False),
    ]


def test_what_a_project_changes_in_them_is_no_longer_the_users_own(project: Project) -> None:
    project.config(MINE)
    project.write(EU + '[[route]]\nname = "mine"\nurl = "https://evil.example.com"\n')
    project.write('use = ["mine"]\n', ".ccroute.local")
    changed = {route.name: route for route in project.load().routes}["mine"]
    assert (changed.url, changed.credential, changed.own) == (
        "https://evil.example.com",
        "MY_KEY",
        False,
    )


@pytest.mark.parametrize("said", ['models = "a/b"', "disabled = false", "weight = 9"])
def test_not_even_in_which_model_it_asks(project: Project, said: str) -> None:
    project.config(MINE)
    project.write(f'{EU}[[route]]\nname = "mine"\n{said}\n')
    project.write('use = ["mine"]\n', ".ccroute.local")
    assert [(route.name, route.own) for route in project.load().routes] == [
        ("eu", False),
        ("mine", False),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('use = ["nobody"]\n', "names a route that config.toml doesn't have"),
        ('prefer = ["nobody"]\n', "names a route that isn't there"),
    ],
)
def test_names_that_nobody_has_are_mistakes(project: Project, text: str, what: str) -> None:
    project.write(EU)
    project.write(text, ".ccroute.local")
    (problem,) = project.problems()
    assert (problem.file, problem.line, problem.what) == (".ccroute.local", 1, what)


def test_what_the_machine_locks_nobody_else_decides(project: Project) -> None:
    project.machine('locked = ["tags", "keep_headers"]\ntags = { cost = "42" }\n')
    project.config('keep_headers = ["X-Mine"]\n')
    project.write('tags = { cost = "0", team = "a" }\n' + EU)
    found = project.load()
    assert (found.tags, found.keep_headers) == ((("cost", "42"),), ())


def test_locked_routes_are_the_machines_alone(project: Project) -> None:
    project.machine('locked = ["route"]\n' + MINE)
    project.write(EU)
    project.environment = {"CCWRAP_URLS": "https://ci.example.com", "ANTHROPIC_API_KEY": "x"}
    assert [(route.name, route.own) for route in project.load().routes] == [("mine", True)]


def test_in_root_s_folder_the_machine_s_file_is_root_s(project: Project) -> None:
    """In a folder of one's own it may be one's own."""
    mine = files.administrators(project.places._replace(machine=project.home / "config.toml"))
    roots = files.administrators(project.places._replace(machine=Path("/usr/config.toml")))
    assert (set(mine or ()), roots) == ({os.geteuid(), 0}, (0,))


def test_only_known_keys_can_be_locked(project: Project) -> None:
    project.machine('locked = ["min_version"]\n')
    assert project.problems()[0].what == "names a key that can't be locked"


def test_secrets_and_trust_come_from_the_configs(project: Project) -> None:
    project.config(
        '[secrets]\nA = { command = ["op", "read", "op://x"] }\nB = { keyring = "svc/me" }\n'
        '[trust]\n"https://LLM.example.com/" = ["A"]\n'
    )
    project.machine(
        '[secrets]\nA = { file = "/run/a" }\nC = { file = "~/c" }\n'
        '[trust]\n"https://llm.example.com" = "B"\n"bedrock:" = ["aws"]\n'
    )
    project.write(EU)
    found = project.load()
    assert found.secrets == {
        "A": {"command": ("op", "read", "op://x")},
        "B": {"keyring": "svc/me"},
        "C": {"file": "~/c"},
    }
    assert {url: set(names) for url, names in found.trusted.items()} == {
        "https://llm.example.com": {"A", "B"},
        "bedrock:": {"aws"},
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[secrets]\nA = "canary"\n', "holds the secret itself"),
        ('[secrets]\nA = { command = "op read" }\n', "a line for a shell"),
        ("[secrets]\nA = { command = [] }\n", "is empty"),
        ('[secrets]\nA = { env = "B" }\n', "names no source"),
        ('[secrets]\nA = { keyring = "x" }\n', "a service and a user"),
        ('[secrets]\nA = { file = "x" }\n', "an absolute path"),
        ('[secrets]\nA = { refresh = "50m" }\n', "names no source"),
        ('[secrets]\nA = { file = "/x", refresh = "50m" }\n', "goes with a command only"),
        ('[secrets]\nA = { keyring = "a/b", refresh = 9 }\n', "goes with a command only"),
        ('[secrets]\nA = { command = ["x"], refresh = "soon" }\n', "is no duration"),
        ('[secrets]\nA = { command = ["x"], refresh = 0 }\n', "between 1s and 86400s"),
        ('[secrets]\nA = { command = ["x"], refresh = "2d" }\n', "between 1s and 86400s"),
        ('[secrets]\nA = { command = ["x"], refresh = true }\n', "must be a duration"),
        ('[secrets]\nA = { command = ["x"], reload = "5m" }\n', "names no source"),
        ('[trust]\n"http://llm.example.com" = ["A"]\n', "in the clear"),
        ('project = "x"\n', "may not stand in the user's config.toml"),
        ('locked = ["tags"]\n', "may not stand in the user's config.toml"),
    ],
)
def test_mistakes_in_the_config_are_named(project: Project, text: str, what: str) -> None:
    project.config(text)
    (problem,) = project.problems()
    assert what in problem.what
    assert problem.file == str(project.places.config)
    assert "canary" not in str(problem)


@pytest.mark.parametrize(
    "text", ['refresh = "50m", command = ["x"]', 'command = ["x"], refresh = 3000']
)
def test_a_command_s_value_may_expire(project: Project, text: str) -> None:
    project.config(f"[secrets]\nA = {{ {text} }}\n")
    project.write(EU)
    assert project.load().secrets == {"A": {"command": ("x",), "refresh": 3000.0}}


def test_a_mistake_in_it_is_found_on_its_line(project: Project) -> None:
    project.config(
        '[secrets]\nB = { file = "/b" }\n\n[secrets.A]\ncommand = ["x"]\nrefresh = "soon"\n'
    )
    (problem,) = project.problems()
    assert (problem.line, problem.key) == (6, "secrets.A.refresh")


def test_a_config_that_others_may_write_is_refused(project: Project) -> None:
    project.config(MINE)
    project.places.config.chmod(0o666)
    with pytest.raises(SettingError, match="others may write"):
        project.load()


def test_a_linked_config_is_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(MINE)
    project.places.config.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingError, match="symbolic link"):
        project.load()


def test_urls_of_the_environment_come_first_and_are_its_own(project: Project) -> None:
    project.write(EU)
    project.environment = {
        "CCWRAP_URLS": "https://a.example.com/, https://b.example.com:1/x,https://b.example.com/y",
        "ANTHROPIC_AUTH_TOKEN": "k",
        "CCWRAP_POLICY": "ordered",
    }
    routes = project.load().routes
    assert [(r.name, r.url, r.own) for r in routes] == [
        ("a.example.com", "https://a.example.com", True),
        ("b.example.com:1", "https://b.example.com:1/x", True),
        ("b.example.com", "https://b.example.com/y", True),
        ("eu", "https://eu.example.com", False),
    ]
    assert {(r.auth, r.credential) for r in routes[:3]} == {("auth_token", "ANTHROPIC_AUTH_TOKEN")}


def test_a_projects_route_of_the_same_name_adds_nothing_to_them(project: Project) -> None:
    project.write(
        '[[route]]\nurl = "https://a.example.com"\napi_key = "${X}"\nheaders = { X-A = "b" }\n'
    )
    project.environment = {"CCWRAP_URLS": "https://a.example.com", "ANTHROPIC_API_KEY": "k"}
    assert (project.route().credential, project.route().headers) == ("ANTHROPIC_API_KEY", ())


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"CCWRAP_URLS": "https://a.example.com"}, "neither"),
        (
            {
                "CCWRAP_URLS": "https://a.example.com",
                "ANTHROPIC_API_KEY": "a",
                "ANTHROPIC_AUTH_TOKEN": "b",
            },
            "both set",
        ),
        ({"CCWRAP_URLS": "http://a.example.com", "ANTHROPIC_API_KEY": "a"}, "in the clear"),
        (
            {"CCWRAP_URLS": "https://u:canary@a.example.com", "ANTHROPIC_API_KEY": "a"},
            "user or pass",
        ),
        ({"CCWRAP_POLICY": "cheapest"}, "not in this version"),
        ({"CCWRAP_FILE": "missing.toml"}, "CCWRAP_FILE=missing.toml: it isn't there"),
    ],
)
def test_a_variable_that_makes_no_sense_is_an_error(
    project: Project, environment: dict[str, str], message: str
) -> None:
    project.write(EU)
    project.environment = environment
    with pytest.raises(SettingError, match=message) as caught:
        project.load()
    assert "canary" not in str(caught.value)


def test_empty_variables_are_unset(project: Project) -> None:
    project.write(EU)
    project.environment = dict.fromkeys(("CCWRAP_URLS", "CCWRAP_POLICY", "CCWRAP_FILE"), "")
    assert project.names() == ["eu"]


@pytest.mark.parametrize("written", ["other.toml", "~/acme/other.toml", "./../acme/other.toml"])
def test_a_file_can_be_named_outright(project: Project, written: str) -> None:
    project.write(EU)
    other = project.write(US, "other.toml")
    project.environment = {"CCWRAP_FILE": written}
    assert (project.load().file, project.names()) == (other, ["us"])


def test_one_file_is_checked_by_itself(project: Project) -> None:
    project.config("broken")
    assert [r.name for r in layers.check(project.write(EU), catalogue()).routes] == ["eu"]


def test_a_local_file_is_checked_without_the_file_that_it_changes(project: Project) -> None:
    text = 'prefer = ["eu"]\nuse = ["mine"]\n[[route]]\nname = "eu"\nweight = 2\n' + US
    found = layers.check(project.write(text, ".ccroute.local"), catalogue())
    assert [route.name for route in found.routes] == ["us"]
