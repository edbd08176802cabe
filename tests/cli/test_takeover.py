from __future__ import annotations

from pathlib import Path

import pytest

from ccwrap.claude.settings import Layer
from ccwrap.cli import granting, takeover, template
from ccwrap.gateways import kinds

CATALOGUE = kinds.load()
KEY = "sk-made-up-0123456789"
LITELLM = "https://llm.example.com"


def layer(name: str, **variables: str) -> Layer:
    return Layer(name, Path(f"/{name}/settings.json"), {"env": variables})


def said(**environment: str) -> dict[str, takeover.Said]:
    return takeover.said(environment, [], project=False)


def test_settings_files_outrank_the_environment_as_they_do_for_claude() -> None:
    layers = [layer("user", ANTHROPIC_BASE_URL="https://file.example.com")]
    found = takeover.said({"ANTHROPIC_BASE_URL": LITELLM}, layers, project=False)
    assert found["ANTHROPIC_BASE_URL"].value == "https://file.example.com"


@pytest.mark.parametrize("name", ["project", "local", "managed", "flag"])
def test_only_the_users_own_settings_count_unasked(name: str) -> None:
    layers = [layer(name, ANTHROPIC_BASE_URL="https://evil.example.com")]
    assert takeover.said({}, layers, project=False) == {}


def test_the_repositorys_settings_count_when_a_person_says_so() -> None:
    layers = [layer("project", ANTHROPIC_BASE_URL=LITELLM)]
    assert set(takeover.said({}, layers, project=True)) == {"ANTHROPIC_BASE_URL"}


@pytest.mark.parametrize(
    ("variable", "auth"),
    [("ANTHROPIC_AUTH_TOKEN", "auth_token"), ("ANTHROPIC_API_KEY", "api_key")],
)
def test_the_credential_keeps_the_header_that_it_was_sent_in(variable: str, auth: str) -> None:
    draft = takeover.draft(said(ANTHROPIC_BASE_URL=LITELLM, **{variable: KEY}), CATALOGUE)
    assert (draft.kind, draft.url, draft.auth, draft.credential) == (
        "generic",
        LITELLM,
        auth,
        variable,
    )


@pytest.mark.parametrize(
    ("kind", "url"),
    [("openrouter", ""), ("litellm", "https://other.example.com"), ("", "https://evil.example")],
)
def test_a_key_goes_to_no_other_host_than_it_was_found_with(kind: str, url: str) -> None:
    draft = takeover.draft(said(ANTHROPIC_API_KEY=KEY), CATALOGUE, kind, url)
    assert draft.credential != "ANTHROPIC_API_KEY"
    assert draft.loose == ()


def test_two_credentials_leave_the_primary_one_and_say_so() -> None:
    found = said(ANTHROPIC_BASE_URL=LITELLM, ANTHROPIC_API_KEY=KEY, ANTHROPIC_AUTH_TOKEN=KEY)
    draft = takeover.draft(found, CATALOGUE)
    assert draft.credential == "ANTHROPIC_AUTH_TOKEN"
    assert "ANTHROPIC_API_KEY was left out" in draft.notes[0]


def test_a_key_in_a_settings_file_gets_the_name_that_its_kind_uses() -> None:
    layers = [layer("user", ANTHROPIC_BASE_URL=LITELLM, ANTHROPIC_AUTH_TOKEN=KEY)]
    found = takeover.said({}, layers, project=False)
    draft = takeover.draft(found, CATALOGUE, "litellm")
    assert (draft.url, draft.credential) == (LITELLM, "LITELLM_API_KEY")
    assert draft.loose[0].file == Path("/user/settings.json")


def test_models_become_roles() -> None:
    found = said(ANTHROPIC_MODEL="claude-sonnet-5", CLAUDE_CODE_SUBAGENT_MODEL="claude-haiku-5")
    draft = takeover.draft(found, CATALOGUE)
    assert draft.models == (("default", "claude-sonnet-5"), ("subagent", "claude-haiku-5"))


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("X-Org-Route: prod", (("X-Org-Route", "prod"),)),
        (f"X-Edge: {KEY}", (("X-Edge", "${X_EDGE}"),)),
        ("X-Edge-Token: short", (("X-Edge-Token", "${X_EDGE_TOKEN}"),)),
        (f"Authorization: Bearer {KEY}", ()),
        (f"x-api-key: {KEY}", ()),
        ("no header", ()),
    ],
    ids=["plain", "looks secret", "named secret", "authorization", "x-api-key", "nonsense"],
)
def test_custom_headers_keep_what_is_no_secret(
    line: str, headers: tuple[tuple[str, str], ...]
) -> None:
    assert takeover.draft(said(ANTHROPIC_CUSTOM_HEADERS=line), CATALOGUE).headers == headers


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"https://anthropic.helicone.ai/{KEY}", "carries a key"),
        (f"https://llm.example.com/{KEY}", "carries a key"),
        ("https://llm.example.com/v1", "ends in /v1"),
        (f"https://user:{KEY}@llm.example.com", "user or password"),
    ],
    ids=["kind with a key in its path", "key in the path", "/v1", "user"],
)
def test_a_base_url_that_no_file_may_have_is_left_out_with_a_note(url: str, words: str) -> None:
    draft = takeover.draft(said(ANTHROPIC_BASE_URL=url, ANTHROPIC_API_KEY=KEY), CATALOGUE)
    assert words in draft.notes[0]
    assert KEY not in str(draft)
    assert draft.credential != "ANTHROPIC_API_KEY"


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_kind_makes_a_file_that_is_right(name: str) -> None:
    facts = CATALOGUE.get(name)
    url = "" if facts.url or facts.provider else "https://llm.example.com"
    draft = takeover.draft({}, CATALOGUE, name, url)
    text = template.whole(draft, facts)
    (route,) = granting.in_bytes(text.encode(), Path(".ccroute"), CATALOGUE)
    assert route.kind == name


def test_everything_that_was_taken_over_stands_in_the_file() -> None:
    found = said(
        ANTHROPIC_BASE_URL=LITELLM,
        ANTHROPIC_AUTH_TOKEN=KEY,
        ANTHROPIC_MODEL='a"b',
        ANTHROPIC_CUSTOM_HEADERS="X-Org-Route: prod",
    )
    draft = takeover.draft(found, CATALOGUE)
    text = template.whole(draft, CATALOGUE.get(draft.kind))
    (route,) = granting.in_bytes(text.encode(), Path(".ccroute"), CATALOGUE)
    assert KEY not in text
    assert (route.url, route.credential) == (LITELLM, "ANTHROPIC_AUTH_TOKEN")
    assert route.models.default == 'a"b'
    assert [(header.name, header.value) for header in route.headers] == [("X-Org-Route", "prod")]
