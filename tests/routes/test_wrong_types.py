"""Any value where another belongs is a mistake with its line, never a fault."""

from __future__ import annotations

import contextlib
from typing import Final

import pytest

from ccwrap.claude import invocation, settings, usersettings
from ccwrap.errors import CcwrapError
from ccwrap.routes import keys
from ccwrap.routes.trust import Trust
from routefiles import HEAD, Project

VALUES: Final = (
    "1", "-1", "0.5", "nan", "inf", "true", '""', '"x"', '"\\u0000"', "[]", "[1]", '["a"]', "[[]]",
    "{}", "{a=1}", '{a="b"}', "{a={b=1}}", "[{a=1}]", "1979-05-27", "07:32:00",
    "1979-05-27T07:32:00Z", "9223372036854775808", "1" * 400, f'"{"a" * 5000}"',
)  # fmt: skip
JSON: Final = (
    "1", "null", "true", '"x"', "[]", "[1]", "{}", '{"a": 1}', '{"a": {"b": [1]}}', "1e999",
    '"\\ud800"', '{"\\u0000": "\\u0000"}', "[[[[]]]]", "9" * 3000,
)  # fmt: skip
VARIABLES: Final = (
    ",", "http://", "http://a:b", "http://[", "a@b@c", "\udcff", "@", "x@http://[::1", "/", ".", "~/",
    "nan", "1 2 3@x 4@nan", "http://127.0.0.1:99999", "http://127.0.0.1:0", "header:@http://x", "1 " * 5000,
)  # fmt: skip


def refused_at_most() -> contextlib.suppress:
    """An error of ours is as good as none; anything else is a fault."""
    return contextlib.suppress(CcwrapError)


@pytest.mark.parametrize("key", [*keys.TOP, "route", "probe", "x-own", "unknown"])
@pytest.mark.parametrize("file", [".ccroute", ".ccroute.local", "config.toml"])
def test_at_the_top_of_a_file(project: Project, file: str, key: str) -> None:
    project.write(HEAD)
    for value in VALUES:
        text = f"{key} = {value}\n{HEAD}"
        if file == "config.toml":
            project.config(text)
            project.places.config.chmod(0o600)
        else:
            project.write(text, file)
        with refused_at_most():
            project.found()


@pytest.mark.parametrize("key", [*keys.ROUTE, "x-own", "unknown"])
@pytest.mark.parametrize("head", [HEAD, '[[route]]\nkind = "openrouter"\n', '[[route]]\nkind = "bedrock"\n'], ids=["url", "known", "provider"])  # fmt: skip
def test_in_a_route(project: Project, head: str, key: str) -> None:
    for value in VALUES:
        project.write(f"{head}{key} = {value}\n")
        with refused_at_most():
            project.found()


@pytest.mark.parametrize("key", [*keys.PROBE, "unknown"])
def test_in_the_probe(project: Project, key: str) -> None:
    for value in VALUES:
        project.write(f"[probe]\n{key} = {value}\n{HEAD}")
        with refused_at_most():
            project.found()


@pytest.mark.parametrize(
    "line",
    [
        *(f"[secrets]\nLLM_KEY = {{{how} = {{}}}}" for how in ("command", "keyring", "file", "x")),
        "[secrets]\nLLM_KEY = {}",
        '[trust]\n"https://x.example" = {}',
    ],
)
def test_in_the_users_own_tables(project: Project, line: str) -> None:
    project.write(HEAD)
    for value in VALUES:
        project.config(line.replace("{}", value))
        project.places.config.chmod(0o600)
        with refused_at_most():
            project.found()


@pytest.mark.parametrize(
    "name", ["CCWRAP_URLS", "CCWRAP_ROUTE", "CCWRAP_POLICY", "CCWRAP_FILE", "CCWRAP_TRUST"]
)
def test_in_a_variable(project: Project, name: str) -> None:
    project.write(HEAD)
    for value in VARIABLES:
        project.environment = {name: value, "ANTHROPIC_AUTH_TOKEN": "x"}
        with refused_at_most():
            project.found()
        with refused_at_most():
            Trust.read(project.places, project.environment, {})


@pytest.mark.parametrize(
    "key", ["env", "apiKeyHelper", "forceLoginMethod", "allowedProviders", "hooks", "permissions", "sandbox"]
)  # fmt: skip
def test_in_claudes_own_settings(project: Project, key: str) -> None:
    own = project.home / ".claude"
    (project.folder / ".claude").mkdir()
    own.mkdir()
    for value in JSON:
        text = f'{{"{key}": {value}}}'
        for file in (own / "settings.json", project.folder / ".claude" / "settings.local.json"):
            file.write_text(text)
        for file, saved in ((own / ".credentials.json", "claudeAiOauth"), (project.home / ".claude.json", "primaryApiKey")):  # fmt: skip
            file.write_text(f'{{"{saved}": {value}}}')
        settings.logins({}, project.home)
        with refused_at_most():
            run = invocation.read(["--settings", text], {})
            layers = settings.read(project.folder, {}, project.home, run, own / "none")
            settings.managed_routing(layers)
            settings.beaten(layers, ["A"])
            settings.own_variables(layers, {}, ["A"])
            usersettings.fitted(layers.layers[0].data)
