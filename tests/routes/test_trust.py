"""What needs leave, and what gives it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.errors import SettingError
from ccwrap.routes import project as projects
from ccwrap.routes import trust
from ccwrap.routes.schema import Header, Route
from ccwrap.routes.trust import Grant, Trust

if TYPE_CHECKING:
    from routefiles import Project

URL = "https://llm.example.com"
HERE = Path("/home/ann/acme")
EU = Route("eu", "litellm", URL, "auth_token", "LLM_KEY")
HEADERS = (Header("X-Org-Route", "prod", ()), Header("X-Edge", "e ${EDGE}", ("EDGE",)))


def read(project: Project, variable: str = "", **trusted: tuple[str, ...]) -> Trust:
    config = {url.replace("_", "https://llm.example.com"): what for url, what in trusted.items()}
    return Trust.read(project.places, {"CCWRAP_TRUST": variable}, config)


@pytest.mark.parametrize(
    ("route", "wanted"),
    [
        (EU, [(URL, "LLM_KEY", "")]),
        (EU._replace(auth="login", credential=""), [(URL, "login", "")]),
        (EU._replace(credential="", placeholder="ollama"), [(URL, "none", "")]),
        (
            EU._replace(headers=HEADERS),
            [
                (URL, "LLM_KEY", ""),
                (URL, "header:X-Org-Route", "prod"),
                (URL, "EDGE", ""),
                (URL, "header:X-Edge", "e ${EDGE}"),
            ],
        ),
        (
            Route("b", "bedrock", "", "ambient", provider="aws", env=(("AWS_REGION", "x"),)),
            [("bedrock:", "aws", ""), ("bedrock:", "env:AWS_REGION", "x")],
        ),
        (EU._replace(env=(("API_TIMEOUT_MS", "1"),)), [(URL, "LLM_KEY", "")]),
    ],
)
def test_a_grant_is_what_goes_where(route: Route, wanted: list[tuple[str, str, str]]) -> None:
    assert [tuple(grant) for grant in trust.wanted(route)] == wanted


def test_nothing_is_allowed_at_first(project: Project) -> None:
    assert read(project).missing(HERE, EU) == (Grant(URL, "LLM_KEY"),)


def test_the_users_own_routes_need_no_leave(project: Project) -> None:
    assert read(project).missing(HERE, EU._replace(own=True)) == ()


def test_what_is_allowed_holds_for_that_project_alone(project: Project) -> None:
    trust.allow(project.places, HERE, trust.wanted(EU))
    assert read(project).missing(HERE, EU) == ()
    assert read(project).missing(Path("/home/ann/other"), EU)


def test_every_repository_means_every_one(project: Project) -> None:
    trust.allow(project.places, None, trust.wanted(EU))
    assert read(project).missing(Path("/anywhere"), EU) == ()


FULL = EU._replace(headers=HEADERS)


@pytest.mark.parametrize(
    "changed",
    [
        FULL._replace(name="renamed", weight=5, disabled=True, kind="generic"),
        FULL._replace(env=(("API_TIMEOUT_MS", "1"),)),
        FULL._replace(auth="api_key"),
        FULL._replace(headers=HEADERS[:1]),
        FULL._replace(headers=(HEADERS[0]._replace(name="x-org-route"), HEADERS[1])),
    ],
    ids=["name and weight", "env", "other header for the key", "header gone", "header's case"],
)
def test_a_harmless_edit_needs_no_new_leave(project: Project, changed: Route) -> None:
    trust.allow(project.places, HERE, trust.wanted(FULL))
    assert read(project).missing(HERE, changed) == ()


@pytest.mark.parametrize(
    "changed",
    [
        FULL._replace(url=f"{URL}/a"),
        FULL._replace(url=f"{URL}:8443"),
        FULL._replace(url="https://llm.example.com.evil.example"),
        FULL._replace(url="https://evil.example"),
        FULL._replace(credential="AWS_SECRET_ACCESS_KEY"),
        FULL._replace(auth="login", credential=""),
        FULL._replace(headers=(*HEADERS, Header("X-New", "a", ()))),
        FULL._replace(headers=(HEADERS[0]._replace(value="other"), HEADERS[1])),
        FULL._replace(headers=(HEADERS[0], Header("X-Edge", "${HOME_KEY}", ("HOME_KEY",)))),
        Route("b", "vertex", "", "ambient", provider="gcp"),
    ],
    ids=lambda route: f"{route.url}-{route.credential}",
)
def test_whatever_is_sent_elsewhere_or_more_needs_leave(project: Project, changed: Route) -> None:
    trust.allow(project.places, HERE, trust.wanted(FULL))
    assert read(project).missing(HERE, changed)


def test_leave_for_a_path_covers_neither_what_is_below_nor_what_is_above(project: Project) -> None:
    trust.allow(project.places, HERE, trust.wanted(EU._replace(url=f"{URL}/a")))
    for path in ("", "/a/b", "/ab", "/A"):
        assert read(project).missing(HERE, EU._replace(url=URL + path)), path


def test_a_providers_project_is_part_of_what_is_allowed(project: Project) -> None:
    route = Route("v", "vertex", "", "ambient", provider="gcp")
    ours = route._replace(env=(("ANTHROPIC_VERTEX_PROJECT_ID", "ours"),))
    theirs = route._replace(env=(("ANTHROPIC_VERTEX_PROJECT_ID", "theirs"),))
    trust.allow(project.places, HERE, trust.wanted(ours))
    assert read(project).missing(HERE, ours) == ()
    assert read(project).missing(HERE, theirs)


def test_leave_can_be_taken_back_in_part_and_whole(project: Project) -> None:
    trust.allow(project.places, HERE, trust.wanted(FULL))
    trust.forget(project.places, HERE, [Grant(URL, "EDGE")])
    assert read(project).missing(HERE, FULL) == (Grant(URL, "EDGE"),)
    trust.forget(project.places, HERE)
    assert len(read(project).missing(HERE, FULL)) == 4


def test_a_no_is_remembered_until_it_is_a_yes(project: Project) -> None:
    trust.decline(project.places, HERE, trust.wanted(EU))
    assert (read(project).undecided(HERE, EU), len(read(project).missing(HERE, EU))) == ((), 1)
    assert read(project).undecided(Path("/other"), EU)
    trust.allow(project.places, HERE, trust.wanted(EU))
    assert read(project).missing(HERE, EU) == ()


def test_a_file_can_be_ignored_and_heeded_again(project: Project) -> None:
    trust.ignore(project.places, project.file)
    assert read(project).ignores(project.file)
    assert not read(project).ignores(project.home / ".ccroute")
    trust.heed(project.places, project.file)
    assert not read(project).ignores(project.file)


@pytest.mark.parametrize(
    "variable",
    [
        f"LLM_KEY@{URL}/, EDGE@{URL}, header:X-Org-Route@{URL}/, header:x-edge@{URL}",
        trust.as_variable(trust.wanted(FULL)),
        f"  {trust.as_variable(trust.wanted(FULL))} ,, ",
    ],
)
def test_a_job_says_what_it_allows(project: Project, variable: str) -> None:
    assert read(project, variable).missing(HERE, FULL) == ()
    assert read(project, variable).missing(HERE, FULL._replace(url=f"{URL}/a"))


def test_a_pinned_header_holds_for_any_literal_but_its_variables_are_named(
    project: Project,
) -> None:
    variable = f"LLM_KEY@{URL}, header:X-Edge@{URL}"
    literal = EU._replace(headers=(Header("X-Edge", "any", ()),))
    reference = EU._replace(headers=(Header("X-Edge", "${OTHER}", ("OTHER",)),))
    assert read(project, variable).missing(HERE, literal) == ()
    assert read(project, variable).missing(HERE, reference) == (Grant(URL, "OTHER"),)


@pytest.mark.parametrize(
    ("route", "variable"),
    [
        (EU, "LLM_KEY@https://llm.example.com/"),
        (EU._replace(url=f"{URL}/a"), "LLM_KEY@https://llm.example.com/a"),
        (EU._replace(auth="login", credential=""), "login@https://llm.example.com/"),
        (EU._replace(credential=""), "none@https://llm.example.com/"),
        (Route("b", "bedrock", "", "ambient", provider="aws"), "aws@bedrock"),
        (
            Route("v", "vertex", "", "ambient", provider="gcp", env=(("CLOUD_ML_REGION", "x"),)),
            "gcp@vertex, env:CLOUD_ML_REGION@vertex",
        ),
    ],
)
def test_what_is_printed_for_a_job_is_understood_there(
    project: Project, route: Route, variable: str
) -> None:
    assert trust.as_variable(trust.wanted(route)) == variable
    assert read(project, variable).missing(HERE, route) == ()


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("LLM_KEY", "without @"),
        ("@https://llm.example.com", "names nothing"),
        ("LLM KEY@https://llm.example.com", "names nothing"),
        ("*@https://llm.example.com", "names nothing"),
        ("LLM_KEY@*", "is no URL"),
        ("LLM_KEY@http://llm.example.com", "in the clear"),
        ("header:Authorization@https://llm.example.com", "may not be set"),
        ("header:@https://llm.example.com", "is empty"),
        ("path:x@https://llm.example.com", "names nothing"),
    ],
)
def test_nonsense_allows_nothing_and_is_an_error(
    project: Project, variable: str, message: str
) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        read(project, variable)
    assert "CCWRAP_TRUST" in str(caught.value)


def test_the_config_allows_for_every_project(project: Project) -> None:
    assert read(project, _=("LLM_KEY",)).missing(HERE, EU) == ()
    assert read(project, _=("OTHER",)).missing(HERE, EU)
    with pytest.raises(SettingError, match="names nothing"):
        read(project, _=("a b",))


def test_a_url_that_carries_a_key_is_recorded_without_it(project: Project) -> None:
    project.write(
        '[[route]]\nkind = "helicone"\nurl = "https://anthropic.helicone.ai/canary-key"\n',
        ".ccroute.local",
    )
    project.write('[[route]]\nkind = "zai"\n')
    route = next(route for route in project.load().routes if route.kind == "helicone")
    trust.allow(project.places, HERE, trust.wanted(route))
    assert read(project).missing(HERE, route) == ()
    assert read(project).missing(HERE, route._replace(url=route.url + "2"))
    assert "canary" not in (project.places.state / "trust.json").read_text()
    assert "canary" not in trust.as_variable(trust.wanted(route)) + trust.plain(
        trust.wanted(route)[0]
    )
    assert "canary" not in route.shown


def test_such_a_url_may_not_stand_in_a_committed_file(project: Project) -> None:
    project.write(
        '[[route]]\nkind = "helicone"\nurl = "https://anthropic.helicone.ai/canary-key"\n'
    )
    (problem,) = project.problems()
    assert "is a key, and this file is committed" in problem.what
    assert "canary" not in str(problem)


def test_a_worktree_shares_the_grants_of_its_main_checkout(project: Project) -> None:
    main, tree = project.home / "main", project.home / "tree"
    worktree(main, tree)
    trust.allow(project.places, projects.root(main, None), trust.wanted(EU))
    assert read(project).missing(projects.root(tree, None), EU) == ()


def worktree(main: Path, tree: Path) -> Path:
    """A linked worktree, written as git writes it."""
    inside = main / ".git" / "worktrees" / "tree"
    inside.mkdir(parents=True)
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {inside}\n")
    (inside / "gitdir").write_text(f"{tree / '.git'}\n")
    (inside / "commondir").write_text("../..\n")
    return inside
