"""What a route file may say, and what it becomes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jsonschema
import pytest

from ccwrap.routes.schema import Header, Models, ProbeSettings, json_schema
from routefiles import HEAD, Project, catalogue

if TYPE_CHECKING:
    from ccwrap.routes.schema import RouteFile

EVERYTHING = """\
min_version = "0.1"
project = "acme"
policy = "ordered"
tags = { team = "core" }
require_route = true
x-note = "ours"

[probe]
depth = "reach"
timeout = "1.5s"
fresh_for = 90

[[route]]
name = "eu"
kind = "litellm"
url = "https://LLM.eu.example.com:443/"
auth_token = "${LLM_KEY}"
headers = { X-Org-Route = "prod", X-Edge = "Edge ${EDGE_KEY}" }
models = "claude-sonnet-5"
env = { API_TIMEOUT_MS = "3000000" }
weight = 2
disabled = true
x-owner = ["anybody"]
"""


@pytest.mark.parametrize("policy", ["ordered", "fastest", "balanced"])
def test_each_policy_is_read_and_hooks_can_be_left_out(project: Project, policy: str) -> None:
    project.write(
        f'policy = "{policy}"\nhooks = false\n{EVERYTHING[EVERYTHING.index("[probe]") :]}'
    )
    assert (project.load().policy, project.load().hooks) == (policy, False)


def test_all_that_design_shows_is_read(project: Project) -> None:
    project.write(EVERYTHING)
    found = project.load()
    assert (found.project, found.policy, found.tags) == ("acme", "ordered", (("team", "core"),))
    assert found.require_route
    assert found.probe == ProbeSettings("reach", 1.5, 90.0)
    assert (found.file, found.folder, found.sources) == (
        project.file,
        project.folder,
        (project.file,),
    )
    route = project.route()
    assert (route.name, route.kind, route.url) == ("eu", "litellm", "https://llm.eu.example.com")
    assert (route.auth, route.credential, route.names()) == (
        "auth_token",
        "LLM_KEY",
        ("LLM_KEY", "EDGE_KEY"),
    )
    assert route.headers == (
        Header("X-Org-Route", "prod", ()),
        Header("X-Edge", "Edge ${EDGE_KEY}", ("EDGE_KEY",)),
    )
    assert route.models == Models(*["claude-sonnet-5"] * 6)
    assert (route.env, route.weight, route.disabled) == (
        (("API_TIMEOUT_MS", "3000000"),),
        2.0,
        True,
    )
    assert (route.own, route.place.line) == (False, 13)


def test_a_known_kind_brings_its_url_and_the_name_of_its_key(project: Project) -> None:
    project.write('[[route]]\nkind = "openrouter"\n\n[[route]]\nkind = "anthropic"\n')
    assert [(r.name, r.url, r.auth, r.credential) for r in project.load().routes] == [
        ("openrouter", "https://openrouter.ai/api", "auth_token", "OPENROUTER_API_KEY"),
        ("anthropic", "https://api.anthropic.com", "api_key", "ANTHROPIC_API_KEY"),
    ]


def test_an_exactly_known_host_implies_its_kind(project: Project) -> None:
    project.write('[[route]]\nurl = "https://openrouter.ai/api"\n')
    assert (project.route().name, project.route().kind) == ("openrouter", "openrouter")


def test_any_other_host_is_generic_and_gives_the_name(project: Project) -> None:
    project.write(HEAD)
    assert (project.route().name, project.route().kind) == ("llm.example.com", "generic")


def test_a_placeholder_stands_for_a_key_on_this_machine(project: Project) -> None:
    project.write(
        '[[route]]\nkind = "ollama"\n\n[[route]]\nname="b"\nkind = "ollama"\nauth_token="ollama"\n'
    )
    for route in project.load().routes:
        assert (route.auth, route.credential, route.placeholder) == ("auth_token", "", "ollama")


def test_a_login_is_the_users_own(project: Project) -> None:
    project.write('[[route]]\nkind = "anthropic"\nlogin = true\n')
    assert (project.route().auth, project.route().names()) == ("login", ())
    project.write('[[route]]\nkind = "anthropic"\nlogin = false\napi_key = "${A}"\n')
    assert (project.route().auth, project.route().names()) == ("api_key", ("A",))


@pytest.mark.parametrize(
    ("kind", "provider"), [("bedrock", "aws"), ("vertex", "gcp"), ("foundry", "azure")]
)
def test_a_provider_uses_its_ambient_credential(project: Project, kind: str, provider: str) -> None:
    project.write(f'[[route]]\nkind = "{kind}"\n')
    route = project.route()
    assert (route.auth, route.provider, route.url, route.names()) == ("ambient", provider, "", ())


def test_models_may_differ_by_role(project: Project) -> None:
    project.write(HEAD + 'models = { opus = "a/b:c", haiku = "d[1m]" }\n')
    assert project.route().models == Models(opus="a/b:c", haiku="d[1m]")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [('"2.5s"', 2.5), ('"250ms"', 0.25), ("3", 3.0), ("0.5", 0.5), ('"10 s"', 10.0)],
)
def test_a_duration_is_text_or_a_number_of_seconds(
    project: Project, written: str, seconds: float
) -> None:
    project.write(f"[probe]\ntimeout = {written}\n{HEAD}")
    assert project.load().probe.timeout == seconds


@pytest.mark.parametrize(
    ("data"),
    [
        b"\xef\xbb\xbf" + HEAD.encode(),
        HEAD.replace("\n", "\r\n").encode(),
        HEAD.strip().encode(),
        b"route = [{kind = 'openrouter'}]",
    ],
    ids=["byte order mark", "Windows line ends", "no last line end", "inline"],
)
def test_every_spelling_of_toml_is_read(project: Project, data: bytes) -> None:
    project.write(data)
    assert len(project.load().routes) == 1


def test_the_toml_ending_is_for_editors(project: Project) -> None:
    project.write(HEAD, ".ccroute.toml")
    assert project.load().file == project.folder / ".ccroute.toml"


def test_both_spellings_of_the_name_are_one_too_many(project: Project) -> None:
    project.write(HEAD)
    project.write(HEAD, ".ccroute.toml")
    assert [problem.what for problem in project.problems()] == [
        "there is a .ccroute.toml beside it"
    ]


def test_a_newer_file_says_only_which_ccwrap_it_needs(project: Project) -> None:
    project.write('min_version = "9.1"\nhologram = true\n')
    ((file, line, key, what, mend),) = project.problems()
    assert (file, line, key) == (".ccroute", 1, "min_version")
    assert what.startswith("this file needs ccwrap 9.1")
    assert "upgrade" in mend


def test_the_schema_for_editors_accepts_what_is_valid_and_names_what_is_not() -> None:
    import tomllib  # noqa: PLC0415

    schema = json_schema(catalogue())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    assert not list(validator.iter_errors(tomllib.loads(EVERYTHING)))
    for wrong in (
        'polcy = "x"',
        "[[route]]\nbase_url = 'https://a.example.com'",
        "[[route]]\nauth_token = 'sk-secret'",
        "[[route]]\nenv = { NODE_OPTIONS = 'x' }",
        "[[route]]\nkind = 'nonsense'",
        "prefer = ['a']",
    ):
        assert list(validator.iter_errors(tomllib.loads(wrong))), wrong


def fastest(project: Project) -> tuple[float, RouteFile]:
    times = []
    for _ in range(5):
        start = time.process_time()
        found = project.load()
        times.append(time.process_time() - start)
    return min(times), found


def test_ten_routes_take_a_few_milliseconds(project: Project) -> None:
    one = EVERYTHING[EVERYTHING.index("[[route]]") :]
    project.write("\n".join(one.replace('"eu"', f'"r{n}"') for n in range(10)))
    seconds, found = fastest(project)
    assert len(found.routes) == 10
    assert seconds < 0.05
