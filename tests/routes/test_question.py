"""What a person is asked before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ccwrap.routes import trust
from ccwrap.routes.schema import Header, Route
from ccwrap.routes.trust import Grant, Trust

if TYPE_CHECKING:
    from routefiles import Project

URL = "https://llm.example.com"
HERE = Path("/home/ann/acme")
EU = Route("eu", "litellm", URL, "auth_token", "LLM_KEY")
HEADERS = (Header("X-Org-Route", "prod", ()), Header("X-Edge", "e ${EDGE}", ("EDGE",)))
FULL = EU._replace(headers=HEADERS)


def read(project: Project) -> Trust:
    return Trust.read(project.places, {}, {})


DESIGN = """\
ccwrap: ~/work/acme/.ccroute wants to send

  eu          LLM_KEY (keyring)      to https://llm.eu.example.com/
  openrouter  OPENROUTER_KEY (env)   to https://openrouter.ai/api   NEW

Your prompts and this repository's code go there too.
y this repository  a every repository  r route by route
i ignore the file, plain claude        N stop
Allow? [y/a/r/i/N] """


def ask(*routes: Route, granted: Trust, origins: dict[str, str] | None = None) -> str:
    return trust.question(
        Path("/home/ann/work/acme/.ccroute"),
        Path("/home/ann"),
        routes,
        lambda route: granted.missing(HERE, route),
        origins or {},
    )


def test_the_question_is_the_one_that_design_shows(project: Project) -> None:
    eu = EU._replace(url="https://llm.eu.example.com")
    router = Route(
        "openrouter", "openrouter", "https://openrouter.ai/api", "auth_token", "OPENROUTER_KEY"
    )
    trust.allow(project.places, HERE, trust.wanted(eu))
    origins = {"LLM_KEY": "keyring", "OPENROUTER_KEY": "env"}
    text = ask(eu, router, granted=read(project), origins=origins)
    assert text == DESIGN


def test_nothing_is_new_where_nothing_is_allowed_yet(project: Project) -> None:
    assert "NEW" not in ask(EU, EU._replace(name="us"), granted=read(project))


def test_headers_logins_and_missing_keys_are_said_in_plain_words(project: Project) -> None:
    text = ask(
        FULL,
        EU._replace(name="me", auth="login", credential=""),
        Route("v", "vertex", "", "ambient", provider="gcp", env=(("CLOUD_ML_REGION", "x"),)),
        granted=read(project),
        origins={"EDGE": ".env.local"},
    )
    for words in (
        "LLM_KEY (not set)",
        "header X-Org-Route: prod",
        "header X-Edge: e ${EDGE} (EDGE .env.local)",
        "your claude.ai login",
        "your Google Cloud credentials",
        "to vertex",
        "with CLOUD_ML_REGION=x",
    ):
        assert words in text


def test_a_long_address_is_shown_to_its_end_in_eighty_columns(project: Project) -> None:
    url = "https://" + ".".join(["llm"] * 40) + ".evil.example"
    text = ask(EU._replace(url=url), granted=read(project))
    assert max(map(len, text.splitlines())) <= 80
    assert url in "".join(line.strip() for line in text.splitlines())


def test_what_has_scrolled_away_is_said_again_at_the_end(project: Project) -> None:
    secret = EU._replace(name="first", credential="AWS_SECRET_ACCESS_KEY")
    others = [EU._replace(name=f"eu{n}", url=f"https://eu{n}.example.com") for n in range(40)]
    text = ask(secret, *others, granted=read(project))
    end = " ".join(text.partition("eu39.example.com/")[2].split())
    assert end.startswith("In all 41 lines: AWS_SECRET_ACCESS_KEY, LLM_KEY, to 41 base URLs. Your")
    assert "In all" not in ask(secret, *others[:9], granted=read(project))
    many = [EU._replace(name=f"eu{n}", credential=f"KEY_{n}") for n in range(40)]
    assert "40 different credentials, to 1 base URL." in ask(*many, granted=read(project))


def test_no_folder_s_name_writes_on_the_terminal(project: Project) -> None:
    file = Path("/home/ann/a\x1b[8m\n\u202eb/.ccroute")
    text = trust.question(file, Path("/home/ann"), [EU], lambda _: (), {})
    first = text.splitlines()[0]
    assert first == "ccwrap: ~/a\\x1b[8m\\n\\u202eb/.ccroute wants to send"


def test_a_host_that_looks_like_a_key_is_shown_as_any_other(project: Project) -> None:
    url = "https://key-gateway.eu.llm.example.com.evil.example"
    assert f"to {url}/" in ask(EU._replace(url=url), granted=read(project))
    assert trust.plain(Grant(url, "LLM_KEY")) == f"LLM_KEY to {url}/"


def test_the_difference_names_what_a_pull_request_newly_asks_for() -> None:
    new = EU._replace(headers=(Header("X-New", "a", ()),))
    other = EU._replace(name="us", url="https://us.example.com")
    assert trust.difference([EU], [new, other]) == (
        (new, (Grant(URL, "header:X-New", "a"),)),
        (other, (Grant("https://us.example.com", "LLM_KEY"),)),
    )
    assert trust.difference([EU], [EU._replace(weight=9)]) == ()
