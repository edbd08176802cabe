"""A route file from somebody who means harm: an error at once, and nothing has happened."""

from __future__ import annotations

import os
import time

import pytest

from ccwrap.errors import RouteFileError
from ccwrap.routes import document, locate, validation
from routefiles import HEAD, Project, catalogue

FULL = document.LIMIT


def repeated(unit: str) -> str:
    return unit * (FULL // len(unit))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[route]]\n" * 10_000, "more than 256 routes"),
        (repeated("[[route]]\n"), "more than 256 routes"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("x = " + "{a=" * 30_000, "nested too deeply"),
        ("x = " + "9" * 100_000, "too many digits"),
        (".".join(["a"] * 100_000) + " = 1", "too many dotted keys"),
        (repeated(".".join(["a"] * 200) + " = 1\n"), "too many dotted keys"),
        (
            "".join(f"[{'.'.join([f'k{n}', *['a'] * 39])}]\n" for n in range(3000)),
            "too many dotted keys",
        ),
        ("".join(f"k{n} = 1\n" for n in range(20_000)), "not a known key"),
        ("é\n" * 80_000, "no valid TOML"),
        ("x = '" + "a" * 200_000, "no valid TOML"),
        ('policy = """' + "\\\n" * 100_000 + '"""', "is empty"),
        ('policy = "' + "a" * 200_000 + '"', "none of the known words"),
        ("use = [" + '"a",' * 60_000 + "]", "may not stand in"),
        (
            HEAD + "headers = {" + ", ".join(f"X-{n} = 'a'" for n in range(5000)) + "}",
            "more than 32",
        ),
        (HEAD + "env = {" + ", ".join(f"A{n} = 'a'" for n in range(5000)) + "}", "more than 64"),
        ("'" + "a" * 200_000 + "' = 1", "not a known key"),
        ("[[route]]\n'kınd' = 'x'", "not a known key"),
        ("route = [[[]]]", "must be a table"),
        ("route = 3", "is one table"),
        ("probe = 3", "must be a table"),
        ("[[route]]\nurl = 1979-05-27", "must be text, not a date"),
    ],
    ids=range(22),
)
def test_a_hostile_file_costs_little(project: Project, text: str, what: str) -> None:
    project.write(text)
    start = time.process_time()
    problems = project.problems()
    assert time.process_time() - start < 2
    assert any(what in problem.what for problem in problems)
    assert len(problems) <= 51


@pytest.mark.parametrize(
    "field",
    [
        'policy = "a{}b"', 'project = "a{}b"', 'tags = {{ a = "a{}b" }}', 'tags = {{ "a{}b" = "x" }}',
        '"a{}b" = 1', '[[route]]\nname = "a{}b"', '[[route]]\nkind = "a{}b"',
        '[[route]]\nurl = "https://a{}b.example.com"', '[[route]]\nauth_token = "a{}b"',
        '[[route]]\nauth_token = "${{A{}B}}"', '[[route]]\nheaders = {{ "a{}b" = "x" }}',
        '[[route]]\nheaders = {{ X = "a{}b" }}', '[[route]]\nmodels = "a{}b"',
        '[[route]]\nenv = {{ API_TIMEOUT_MS = "a{}b" }}', '[[route]]\nenv = {{ "a{}b" = "x" }}',
        '[[route]]\n"a{}b" = "x"', '[probe]\ntimeout = "a{}b"', '[probe]\ndepth = "a{}b"',
        'min_version = "a{}b"',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "char",
    ["\\u001b", "\\u0000", "\\u0007", "\\n", "\\r", "\\u009b", "\\u202e", "\\u2066", "\\u200b"],
)
def test_control_and_invisible_characters_are_refused_everywhere(
    project: Project, field: str, char: str
) -> None:
    project.write(field.format(char))
    text = str(RouteFileError(project.problems()))
    assert not [c for c in text if c != "\n" and (ord(c) < 32 or c in "\x9b\u202e\u2066\u200b")]


def test_a_fifo_is_not_waited_for(project: Project) -> None:
    os.mkfifo(project.file)
    assert [problem.what for problem in project.problems()] == ["is not a regular file"]


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/tty"])
def test_a_device_is_not_opened(project: Project, target: str) -> None:
    project.file.symlink_to(target)
    assert [problem.what for problem in project.problems()] == ["is not a regular file"]


def test_a_folder_is_an_error(project: Project) -> None:
    project.file.mkdir()
    assert [problem.what for problem in project.problems()] == ["is a folder"]


def test_a_dangling_link_is_an_error_and_no_missing_file(project: Project) -> None:
    project.file.symlink_to("nowhere")
    assert [problem.what for problem in project.problems()] == ["No such file or directory"]


def test_a_hundred_megabytes_are_refused_unread(project: Project) -> None:
    with project.file.open("wb") as file:
        file.truncate(100 << 20)
    start = time.process_time()
    assert [problem.what for problem in project.problems()] == ["is larger than 256 KiB"]
    assert time.process_time() - start < 0.1


def test_what_is_no_utf8_is_an_error_with_its_line(project: Project) -> None:
    project.write(b"# fine\n\xff\xfe\n")
    ((_, line, _, what, _),) = project.problems()
    assert (line, what) == (2, "is not UTF-8")


def test_a_linked_file_is_read(project: Project) -> None:
    project.write(HEAD, "shared.toml")
    project.file.symlink_to("shared.toml")
    assert project.names() == ["llm.example.com"]


@pytest.mark.parametrize(
    "contents",
    [
        "canary_key = 1\n",
        "canary\n",
        "[canary]\n[canary]\n",
        '[[route]]\nurl = "https://canary.example.com?x"\n',
        '[[route]]\nurl = "https://a.example.com"\nauth_token = "canary"\n',
        '[[route]]\nurl = "https://a.example.com"\n"canary" = "x"\n',
        "[[route]]\nkind = 'litellm'\nname = 'canary'\n",
        "[[route]]\nkind = 'zai'\nname = 'canary'\n[[route]]\nkind = 'zai'\nname = 'canary'\n",
        "machine a login b password canary\n",
        b"canary\xff",
    ],
    ids=range(10),
)
def test_nothing_of_a_linked_file_is_quoted(project: Project, contents: str | bytes) -> None:
    secret = project.write(contents, "secret")
    project.file.symlink_to(secret)
    (problem,) = project.problems()
    assert "canary" not in str(problem)
    assert problem.mend == f"ccroute validate {secret}"


@pytest.mark.parametrize(
    "text",
    [
        "[canary]\n[canary]\n",
        "canary = 1\ncanary = 2\n",
        'a = "\\canary"\n',
        "[[route]]\nauth_token = 'canary'\n",
        "[[route]]\nurl = 'https://u:canary@a.example.com'\n",
        "[[route]]\nurl = 'https://a.example.com/?canary'\n",
        "[[route]]\nheaders = { X-A = 'sk-canary-canary-canary' }\n",
        "tags = { a = 'canary\u202e' }\n",
    ],
)
def test_no_value_is_quoted_in_an_error(project: Project, text: str) -> None:
    project.write(text)
    assert "canary" not in str(RouteFileError(project.problems()))


def test_a_local_file_that_is_a_fifo_is_an_error_too(project: Project) -> None:
    project.write(HEAD)
    os.mkfifo(project.folder / ".ccroute.local")
    assert [p.file for p in project.problems()] == [".ccroute.local"]


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\nb = [\n 1,\n 2]\nc = {x = {y = 'z'}}\n[t]\nd = '''\n]'''\n[t.u]\ne = 1\n",
        '[[r]]\na = """x\n"""\n[[r.s]]\nb = 1\n[[r.s]]\nb = 2\n[[r]]\n"q.r" = 1\n[[r.s]]\nb = 3\n',
        'a."b c".d = 1 # " [[\n\'e\' = """""""" # x\n',
    ],
)
def test_every_key_of_a_valid_file_has_a_line(text: str) -> None:
    import tomllib  # noqa: PLC0415

    def paths(value: object, above: locate.Path) -> list[locate.Path]:
        pairs = (
            list(value.items()) if isinstance(value, dict)
            else list(enumerate(value)) if isinstance(value, list) else []
        )  # fmt: skip
        return [p for key, item in pairs for p in [(*above, key), *paths(item, (*above, key))]]

    wanted = [path for path in paths(tomllib.loads(text), ()) if isinstance(path[-1], str)]
    found = locate.lines(text, wanted)
    written = text.split("\n")
    for path in wanted:
        assert str(path[-1]).split(".")[0] in "\n".join(written[found[path] - 1 :]), path
    assert len(set(found.values())) > 1


def test_a_document_that_was_valid_stays_so_under_its_own_bytes() -> None:
    """What is trusted is what is parsed: a document holds the text that it was made from."""
    made = document.parse(HEAD.encode(), None, ".ccroute", "project", linked=False)
    assert made.text == HEAD
    assert len(validation.read(made, catalogue()).routes) == 1
