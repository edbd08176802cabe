from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways import kinds

if TYPE_CHECKING:
    from sandbox import Sandbox

URL = "https://llm.example.com"
FIRST = '# ours\npolicy = "ordered" # for now\n\n[[route]]\nkind = "openrouter" # best\n'


def state(sandbox: Sandbox) -> dict[str, bool]:
    answer = sandbox.run_ccroute("trust", "--json").json
    return {route["name"]: route["allowed"] for route in answer["routes"]}


def test_a_route_is_appended_and_all_else_stays(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.ccroute(FIRST)
    out = bare_sandbox.run_ccroute("add", "anthropic").expect().out
    assert file.read_text().startswith(f'{FIRST}\n[[route]]\nkind = "anthropic"\n')
    assert "added anthropic to ~/work/acme/.ccroute\n" in out
    assert "wants ANTHROPIC_API_KEY: " in out
    assert "\n  ccroute secret set ANTHROPIC_API_KEY\n" in out
    assert max(map(len, out.splitlines())) <= 80
    bare_sandbox.run_ccroute("validate").expect()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "# no line end", "tags = { a = 'b' }\n\n"])
def test_a_file_without_routes_gets_its_first(bare_sandbox: Sandbox, text: str) -> None:
    file = bare_sandbox.ccroute(text)
    bare_sandbox.run_ccroute("add", "anthropic").expect()
    assert file.read_text().startswith(text)
    assert state(bare_sandbox) == {"anthropic": False}


@pytest.mark.parametrize("kind", kinds.load().names())
def test_every_kind_can_be_added(bare_sandbox: Sandbox, kind: str) -> None:
    facts = kinds.load().get(kind)
    url = () if facts.url or facts.provider else ("--url", "https://llm.example.com/path")
    bare_sandbox.ccroute(FIRST)
    bare_sandbox.run_ccroute("add", kind, *url, "--name", "new").expect()
    assert list(state(bare_sandbox)) == ["openrouter", "new"]


def test_a_name_and_a_url_can_be_given(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.ccroute(FIRST)
    arguments = ("add", "generic", "--url", "https://llm.example.com/", "--name", "eu")
    out = bare_sandbox.run_ccroute(*arguments).expect().out
    assert 'name = "eu"\nkind = "generic"\nurl = "https://llm.example.com/"\n' in file.read_text()
    assert "wants LLM_KEY" in out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("nonsense",), 2, "no such kind"),
        (("openruter",), 2, "did you mean openrouter?"),
        (("litellm",), 2, "--url"),
        (("openrouter",), 2, "ccroute add openrouter --name NAME"),
        (("anthropic", "--name", "openrouter"), 2, "has a route 'openrouter' already"),
        (("generic", "--url", "http://llm.example.com"), 2, "https"),
        (("generic", "--url", 'https://a.example"\nx = "'), 2, "URL"),
        (
            ("litellm", "--url", f"{URL}/v1"),
            2,
            f"ends in /v1, which claude adds by itself\n  fix: write {URL}\n",
        ),
        (("generic", "--url", "https://a.example", "--name", "a b"), 78, "name"),
    ],
    ids=[
        "unknown kind",
        "misspelt kind",
        "no url",
        "same kind",
        "same name",
        "plain http",
        "quote",
        "version",
        "bad name",
    ],
)
def test_what_would_not_be_right_is_not_written(
    bare_sandbox: Sandbox, arguments: tuple[str, ...], status: int, words: str
) -> None:
    file = bare_sandbox.ccroute(FIRST)
    assert words in bare_sandbox.run_ccroute("add", *arguments).expect(status).err
    assert file.read_text() == FIRST


def test_a_file_with_mistakes_is_left_alone(bare_sandbox: Sandbox) -> None:
    file = bare_sandbox.ccroute("nonsense = 1\n" + FIRST)
    bare_sandbox.run_ccroute("add", "anthropic").expect(78)
    assert file.read_text() == "nonsense = 1\n" + FIRST


def test_without_a_file_it_points_to_init(bare_sandbox: Sandbox) -> None:
    err = bare_sandbox.run_ccroute("add", "ollama").expect(2).err
    assert "ccroute init --kind ollama" in err
    assert "did you mean ollama?" in bare_sandbox.run_ccroute("add", "olama").expect(2).err


def test_it_is_allowed_where_all_others_are(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(FIRST)
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    assert "allowed, as the others are" in bare_sandbox.run_ccroute("add", "anthropic").expect().out
    assert state(bare_sandbox) == {"openrouter": True, "anthropic": True}


def test_it_is_not_allowed_where_one_other_is_not(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(FIRST + '[[route]]\nkind = "vercel"\n')
    bare_sandbox.run_ccroute("trust", "openrouter", "--yes").expect()
    out = bare_sandbox.run_ccroute("add", "anthropic").expect().out
    assert "next: ccroute trust anthropic" in out
    assert state(bare_sandbox)["anthropic"] is False


def test_what_a_local_file_makes_of_it_is_not_allowed_along(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(FIRST)
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    evil = '[[route]]\nkind = "anthropic"\nurl = "https://evil.example"\n'
    bare_sandbox.write(".ccroute.local", evil)
    bare_sandbox.run_ccroute("add", "anthropic").expect()
    assert state(bare_sandbox)["anthropic"] is False


def test_the_help_names_every_kind(bare_sandbox: Sandbox) -> None:
    out = bare_sandbox.run_ccroute("add", "--help").expect().out
    assert all(f"\n  {kind} " in out for kind in kinds.load().names())
