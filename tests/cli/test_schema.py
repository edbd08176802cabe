"""The schema and `ccroute validate` come from one table: they must agree."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from ccwrap.cli import granting
from ccwrap.errors import RouteFileError
from ccwrap.gateways import kinds
from ccwrap.routes import layers
from ccwrap.routes.schema import json_schema

if TYPE_CHECKING:
    from sandbox import Sandbox

CATALOGUE = kinds.load()
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob(".ccroute"))
URL = 'url = "https://llm.example.com"\nauth_token = "${LLM_KEY}"\n'
WHOLE = """
min_version = "0.1"
project = "acme"
policy = "ordered"
tags = { team = "core" }
require_route = true
hooks = false
x-note = "kept for others"

[probe]
depth = "free"
timeout = "2.5s"
fresh_for = 60

[[route]]
name = "eu"
kind = "litellm"
url = "https://llm.eu.example.com"
auth_token = "${LLM_KEY}"
headers = { X-Org-Route = "prod", X-Edge = "${EDGE_KEY}" }
models = { default = "claude-sonnet-5", haiku = "claude-haiku-5" }
env = { API_TIMEOUT_MS = "3000000" }
weight = 1
disabled = false

[[route]]
kind = "anthropic"
login = true

[[route]]
kind = "ollama"
models = "qwen3"
"""
SHAPE = {
    "unknown key": f"nonsense = 1\n[[route]]\n{URL}",
    "unknown route key": f"[[route]]\nbase_url = 1\n{URL}",
    "later policy": f'policy = "cheapest"\n[[route]]\n{URL}',
    "wrong type": f"require_route = 1\n[[route]]\n{URL}",
    "one table": f"[route]\n{URL}",
    "no such kind": '[[route]]\nkind = "nonsense"\n',
    "literal key": '[[route]]\nurl = "https://a.example"\nauth_token = "sk-made-up-0123456789"\n',
    "other spelling": '[[route]]\nurl = "https://a.example"\nauth_token = "$LLM_KEY"\n',
    "variable not on the list": f'[[route]]\n{URL}env = {{ HTTPS_PROXY = "http://x" }}\n',
    "variable that is a number": f"[[route]]\n{URL}env = {{ API_TIMEOUT_MS = 5 }}\n",
    "no such role": f'[[route]]\n{URL}models = {{ huge = "m" }}\n',
    "no such depth": f'[probe]\ndepth = "deep"\n[[route]]\n{URL}',
    "no duration": f'[probe]\ntimeout = "soon"\n[[route]]\n{URL}',
    "weight of nothing": f"[[route]]\n{URL}weight = 0\n",
    "empty name": f'[[route]]\n{URL}name = ""\n',
    "another layer's key": f"keep_headers = []\n[[route]]\n{URL}",
}
WHOLE_FILE = {
    "twin names": f"[[route]]\n{URL}[[route]]\n{URL}",
    "two credentials": f'[[route]]\n{URL}api_key = "${{KEY}}"\n',
    "no credential": '[[route]]\nurl = "https://a.example"\n',
    "plain http": '[[route]]\nurl = "http://a.example"\nauth_token = "${LLM_KEY}"\n',
    "too slow": f'[probe]\ntimeout = "11s"\n[[route]]\n{URL}',
}


def fits_schema(text: str) -> bool:
    validator: Any = jsonschema.Draft7Validator(json_schema(CATALOGUE))
    return bool(validator.is_valid(tomllib.loads(text)))


def validates(text: str) -> bool:
    try:
        granting.in_bytes(text.encode(), Path(".ccroute"), CATALOGUE)
    except RouteFileError:
        return False
    return True


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema(CATALOGUE))


@pytest.mark.parametrize("text", [WHOLE, f"[[route]]\n{URL}"], ids=["all of it", "a short one"])
def test_both_accept_what_is_right(text: str) -> None:
    assert (fits_schema(text), validates(text)) == (True, True)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_both_accept_the_examples(file: Path) -> None:
    text = file.read_text()
    assert (fits_schema(text), validates(text)) == (True, True)


@pytest.mark.parametrize("text", SHAPE.values(), ids=list(SHAPE))
def test_both_refuse_what_has_a_wrong_shape(text: str) -> None:
    assert (fits_schema(text), validates(text)) == (False, False)


@pytest.mark.parametrize("text", WHOLE_FILE.values(), ids=list(WHOLE_FILE))
def test_what_only_the_whole_file_tells_is_for_validate(text: str) -> None:
    assert (fits_schema(text), validates(text)) == (True, False)


CONFIG = """
locked = ["secrets"]
keep_headers = ["X-Mine"]
[secrets]
SSO = { command = ["sso", "token"], refresh = "50m" }
OP = { command = ["op", "read", "op://x"] }
RING = { keyring = "service/user" }
FILE = { file = "~/.keys/x" }
[trust]
"https://llm.example.com" = ["SSO"]
[[route]]
url = "https://llm.example.com"
auth_token = "${SSO}"
"""
WRONG = {
    "refresh without a command": 'A = { file = "/x", refresh = "5m" }',
    "no source": 'A = { refresh = "5m" }',
    "two sources": 'A = { file = "/x", keyring = "a/b" }',
    "a shell's line": 'A = { command = "op read" }',
    "the secret itself": 'A = "made-up"',
    "no duration": 'A = { command = ["x"], refresh = "soon" }',
}


def config_fits(text: str, folder: Path) -> tuple[bool, bool]:
    """Whether the schema, and `ccroute validate`, takes a machine's config.toml."""
    validator: Any = jsonschema.Draft7Validator(json_schema(CATALOGUE, config=True))
    file = folder / "config.toml"
    file.write_text(text)
    try:
        layers.check(file, CATALOGUE)
    except RouteFileError:
        return validator.is_valid(tomllib.loads(text)), False
    return validator.is_valid(tomllib.loads(text)), True


def test_a_config_has_a_schema_too(tmp_path: Path) -> None:
    jsonschema.Draft7Validator.check_schema(json_schema(CATALOGUE, config=True))
    assert config_fits(CONFIG, tmp_path) == (True, True)


def test_only_known_keys_can_be_locked(tmp_path: Path) -> None:
    assert config_fits('locked = ["min_version"]\n', tmp_path) == (False, False)


@pytest.mark.parametrize("line", WRONG.values(), ids=list(WRONG))
def test_which_refuses_what_validate_refuses(tmp_path: Path, line: str) -> None:
    assert config_fits(f"[secrets]\n{line}\n", tmp_path) == (False, False)


def test_the_command_prints_the_same_schema(bare_sandbox: Sandbox) -> None:
    assert bare_sandbox.run_ccroute("schema").expect().json == json_schema(CATALOGUE)
    whole = bare_sandbox.run_ccroute("schema", "--config").expect().json
    assert whole == json_schema(CATALOGUE, config=True)
