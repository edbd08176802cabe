"""Every mistake is named by file, line, key and mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from routefiles import HEAD, Project

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-7f3a91"


def route(line: str) -> str:
    """A route whose line 4 is `line`."""
    return HEAD + line + "\n"


@pytest.mark.parametrize(
    ("text", "line", "key", "what", "mend"),
    [
        ('policy = "cheapest"\n' + HEAD, 1, "policy", "not in this version", "ordered"),
        ('policy = "best"\n' + HEAD, 1, "policy", "none of the known words", "ordered"),
        (HEAD + "[failover]\nx = 1\n", 4, "failover", "not in this version", "remove"),
        (HEAD + "[budget]\nx = 1\n", 4, "budget", "not in this version", "remove"),
        (HEAD + "[route.price]\nx = 1\n", 4, "route.price", "not in this version", "remove"),
        ('[[route]]\nkind="zai"\nauth_token = ["${A}", "${B}"]', 3, "route.auth_token", "not in this version", "one"),
        (route('policy = "ordered"'), 4, "route.policy", "no key of a route", "`policy` belongs above the first [[route]]"),
        (route("probe = { depth = 'off' }"), 4, "route.probe", "no key", "[probe] belongs above"),
        ('url = "https://a.example.com"\n' + HEAD, 1, "url", "key of a route", "below a [[route]]"),
        (route('base_url = "https://a"'), 4, "route.base_url", "not a known key", "`url`"),
        (route('api_base = "https://a"'), 4, "route.api_base", "not a known key", "`url`"),
        (route('type = "litellm"'), 4, "route.type", "not a known key", "`kind`"),
        (route('provider = "litellm"'), 4, "route.provider", "not a known key", "`kind`"),
        (route('hedaers = { A = "b" }'), 4, "route.hedaers", "not a known key", "`headers`"),
        (route("qqqqqq = 1"), 4, "route.qqqqqq", "not a known key", "ccroute schema"),
        ("[[routes]]\nkind = 'zai'\n", 1, "routes", "not a known key", "[[route]]"),
        ("[route]\nkind = 'zai'\n", 1, "route", "one table", "[[route]]"),
        ("[probe]\ntimeout = '11s'\n" + HEAD, 2, "probe.timeout", "between", ""),
        ("[probe]\ntimeout = 'soon'\n" + HEAD, 2, "probe.timeout", "no duration", "2.5s"),
        ("[probe]\ntimeout = nan\n" + HEAD, 2, "probe.timeout", "between", ""),
        ("[probe]\ntimeout = true\n" + HEAD, 2, "probe.timeout", "must be a duration", ""),
        ("[probe]\ndepth = 'deep'\n" + HEAD, 2, "probe.depth", "none of the known", "free"),
        (HEAD + "\n" + HEAD, 5, "route", "a second route is called llm.example.com", "name of its own"),
        ('[[route]]\nurl = "https://llm.example.com"\n', 1, "route", "names no credential", "auth_token"),
        ('[[route]]\nkind = "litellm"\n', 1, "route.url", "is missing", "url ="),
        ('[[route]]\nkind = "litelm"\nurl = "https://a.example.com"\n', 2, "route.kind", "no kind", "litellm"),
        ('[[route]]\nkind = "hal9000"\n', 2, "route.kind", "no kind", "generic"),
        ("[[route]]\nweight = 1\n", 1, "route", "without name, kind and url", "kind"),
        (route('api_key = "${OTHER}"'), 4, "route.api_key", "auth_token and api_key", "keep one"),
        (route("login = true"), 4, "route.login", "auth_token and login", "keep one"),
        (route("login = 'yes'"), 4, "route.login", "true or false", "unquoted"),
        ('[[route]]\nkind="bedrock"\nauth_token="${A}"\n', 3, "route.auth_token", "brings its own", "remove"),
        ('[[route]]\nkind="ollama"\nurl="https://o.example.com"\n', 1, "route", "no credential", ""),
        ('[[route]]\nkind="ollama"\nurl="https://o.example.com"\nauth_token="ollama"\n', 4, "route.auth_token", "servers on this machine", ""),
        (route('env = { NODE_OPTIONS = "x" }'), 4, "route.env.NODE_OPTIONS", "not on the list", "remove"),
        (route('env = { ANTHROPIC_BASE_URL = "x" }'), 4, "route.env.ANTHROPIC_BASE_URL", "set by ccwrap", "url"),
        (route("env = { API_TIMEOUT_MS = 3000 }"), 4, "route.env.API_TIMEOUT_MS", "must be text", '"3000"'),
        (route('env = { AWS_REGION = "x" }'), 4, "route.env.AWS_REGION", "not on the list", ""),
        (route('models = { big = "x" }'), 4, "route.models.big", "no role", "opus"),
        (route('models = { opus = "a b" }'), 4, "route.models.opus", "space", "id"),
        (route("weight = 0"), 4, "route.weight", "above 0", ""),
        (route("weight = inf"), 4, "route.weight", "above 0", ""),
        (route("weight = true"), 4, "route.weight", "must be a number", ""),
        (route('name = "a b"'), 4, "route.name", "no name", "letters"),
        (route('name = ""'), 4, "route.name", "is empty", ""),
        (route("disabled = 1"), 4, "route.disabled", "true or false", ""),
        ("tags = { team = 3 }\n" + HEAD, 1, "tags.team", "must be text", "quotes"),
        ('tags = { team = "é" }\n' + HEAD, 1, "tags.team", "outside ASCII", ""),
        ("min_version = 1\n" + HEAD, 1, "min_version", "must be text", "quotes"),
        ("use = ['a']\n" + HEAD, 1, "use", "may not stand in a project's .ccroute", ".ccroute.local"),
        ("keep_headers = ['a']\n" + HEAD, 1, "keep_headers", "may not stand in", "config.toml"),
        ("[secrets]\nA = { command = ['x'] }\n" + HEAD, 1, "secrets", "may not stand in", "config.toml"),
        ("[trust]\n'https://a.example.com' = ['A']\n" + HEAD, 1, "trust", "may not stand in", "config.toml"),
        ('policy = "ordered"\n', 0, "", "names no route", "[[route]]"),
        ("", 0, "", "names no route", "[[route]]"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_its_mend(
    project: Project, text: str, line: int, key: str, what: str, mend: str
) -> None:
    project.write(text)
    problem = project.problems()[0]
    assert (problem.file, problem.line, problem.key) == (".ccroute", line, key)
    assert what in problem.what
    assert mend in problem.mend


@pytest.mark.parametrize(
    ("written", "what", "mend"),
    [
        (CANARY, "holds the secret itself", "ccroute secret set"),
        ("os.environ/LLM_KEY", "LiteLLM's spelling", '"${LLM_KEY}"'),
        ("$LLM_KEY", "in braces", '"${LLM_KEY}"'),
        ("${{ secrets.LLM_KEY }}", "GitHub's spelling", '"${LLM_KEY}"'),
        ("${LLM_KEY:-" + CANARY + "}", "has a default value", '"${LLM_KEY}"'),
        ("${env:LLM_KEY}", "editor's spelling", '"${LLM_KEY}"'),
        ("Bearer ${LLM_KEY}", "one ${NAME} and nothing else", '"${LLM_KEY}"'),
        ("${A}${B}", "one ${NAME} and nothing else", ""),
        ("${none}", "a word with a meaning of its own", "rename"),
    ],
)
@pytest.mark.parametrize("key", ["auth_token", "api_key"])
def test_a_credential_is_one_reference_and_never_quoted(
    project: Project, key: str, written: str, what: str, mend: str
) -> None:
    project.write(f'[[route]]\nkind = "zai"\n{key} = "{written}"\n')
    (problem,) = project.problems()
    assert problem.line == 3
    assert what in problem.what
    assert mend in problem.mend
    assert CANARY not in str(problem)


@pytest.mark.parametrize(
    ("header", "value", "what"),
    [
        ("Authorization", "x", "may not be set"),
        ("x-API-key", "x", "may not be set"),
        ("Proxy-Authorization", "x", "may not be set"),
        ("Cookie", "x", "may not be set"),
        ("Host", "evil.example.com", "belongs to the connection"),
        ("Connection", "X-Edge", "belongs to the connection"),
        ("Transfer-Encoding", "chunked", "belongs to the connection"),
        ("TE", "x", "belongs to the connection"),
        ("Upgrade", "x", "belongs to the connection"),
        ("Content-Length", "0", "belongs to the connection"),
        ("anthropic-beta", "x", "claude's own"),
        ("x-claude-code-session-id", "x", "claude's own"),
        ("X Y", "x", "no header's name"),
        ("X:Y", "x", "no header's name"),
        ("X\\r\\nY", "x", "control or invisible"),
        ("X-Edge", "a\\r\\nAuthorization: b", "control or invisible"),
        ("X-Edge", "a\\nb", "control or invisible"),
        ("X-Edge", "a\\u0000b", "control or invisible"),
        ("X-Edge", "a\\u202eb", "control or invisible"),
        ("X-Edge", "日本", "a header can't carry"),
        ("X-Edge", " a", "begins or ends with a space"),
        ("X-Edge", "a  b", "several spaces in a row"),
        ("X-Edge", "a\\u00a0b", "a header can't carry"),
        ("X-Edge", "sk-ant-api03-abcdefghijkl", "looks like a secret"),
        ("X-Edge", "Bearer abcdefgh", "looks like a secret"),
        ("X-Edge", "${A:-b}", "default value"),
        ("X-Edge", "${a b}", "is no ${NAME}"),
    ],
)
def test_a_header_that_could_do_harm_is_refused(
    project: Project, header: str, value: str, what: str
) -> None:
    project.write(HEAD + f'headers = {{ "{header}" = "{value}" }}\n')
    (problem,) = project.problems()
    assert problem.line == 4
    assert what in problem.what
    assert "\n" not in problem.key + problem.what


def test_headers_that_differ_in_case_alone_are_twins(project: Project) -> None:
    project.write(HEAD + 'headers = { X-A = "1", x-a = "2" }\n')
    (problem,) = project.problems()
    assert (problem.key, problem.what) == ("route.headers.x-a", "is there twice, in other letters")


def test_all_mistakes_of_all_files_are_named_at_once_in_order(project: Project) -> None:
    project.write('policy = 1\n[[route]]\nbase_url = "x"\nweight = "heavy"\n')
    project.write('colour = "red"\n', ".ccroute.local")
    assert [(problem.file, problem.line) for problem in project.problems()] == [
        (".ccroute.local", 1), (".ccroute", 1), (".ccroute", 3), (".ccroute", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[route]]\nkind = litellm\n", 2),
        ("[[route]]\n\n\nkind\n", 4),
        ('[[route]]\nkind = "a"\nkind = "b"\n', 3),
        ("a = [1,\n2,\n", 2),
        ('a = "x\n', 1),
        ("\x00", 1),
    ],
)
def test_broken_toml_is_an_error_with_its_line(project: Project, text: str, line: int) -> None:
    project.write(text)
    (problem,) = project.problems()
    assert (problem.file, problem.line) == (".ccroute", line)
    assert "no valid TOML" in problem.what


def test_broken_toml_names_the_mark_that_is_missing(project: Project) -> None:
    project.write("[[route]\n")
    (problem,) = project.problems()
    assert problem.what == "no valid TOML: expected ]] at the end of an array declaration"


def test_lines_hold_through_multi_line_values_and_comments(project: Project) -> None:
    project.write(
        '# a [[route]] in a comment\nx-a = """\n[[route]]\n\\""" """\nx-b = [\n  "]", # [\n]\n'
        "x-c = '''\n'''\n[[route]] # one\nurl = \"https://a.example.com\"\n"
        'auth_token = "${A}"\nheaders."X-A" = 3\n'
    )
    (problem,) = project.problems()
    assert (problem.line, problem.key) == (13, "route.headers.X-A")


def test_a_file_elsewhere_is_named_by_its_whole_path(project: Project, tmp_path: Path) -> None:
    project.write("x")
    below = project.folder / "src"
    below.mkdir()
    project.folder = below
    assert project.problems()[0].file == str(tmp_path / "home" / "acme" / ".ccroute")
