"""kinds.toml holds what Kind knows, and is read table by table."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest

from ccwrap.gateways import kinds
from ccwrap.gateways.kinds import FILE, Kind

CATALOGUE = kinds.load()
TABLES = tomllib.loads(FILE.read_text())
NAMED = [
    "anthropic", "generic", "litellm", "openrouter", "vercel", "cloudflare", "portkey",
    "helicone", "bifrost", "databricks", "snowflake", "truefoundry", "ngrok", "envoy", "new-api",
    "claude-code-hub", "kimi", "zai", "deepseek", "minimax", "qwen", "siliconflow", "ollama",
    "lmstudio", "llamacpp", "vllm", "local", "bedrock", "vertex", "foundry",
]  # fmt: skip
TYPES: dict[Any, Any] = {str: str, bool: bool, int: int, tuple[str, ...]: list}


def fits(value: object, wanted: Any) -> bool:
    if wanted in TYPES:
        return type(value) is TYPES[wanted]
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def test_every_kind_has_its_table() -> None:
    assert sorted(CATALOGUE.names()) == sorted(NAMED)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_known_keys_of_the_right_types(name: str) -> None:
    hints = get_type_hints(Kind, localns={"Mapping": Mapping})
    wrong = {key for key, value in TABLES[name].items() if not fits(value, hints.get(key))}
    assert not wrong


@pytest.mark.parametrize("name", TABLES)
def test_reading_one_table_gives_what_the_whole_file_says(name: str) -> None:
    lists = {key: tuple(value) for key, value in TABLES[name].items() if isinstance(value, list)}
    assert CATALOGUE.get(name) == Kind(name, **(TABLES[name] | lists))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_makes_sense(name: str) -> None:
    kind = CATALOGUE.get(name)
    assert kind.title
    assert kind.auth in ("", "auth_token", "api_key", "ambient")
    assert set(kind.probe) <= {"count_tokens", "model", "models", "messages"}
    assert kind.tag_format in ("", "pairs", "json", "value")
    assert bool(kind.tag_format) == bool(kind.tag_header)
    assert bool(kind.mode) == bool(kind.provider) == (kind.auth == "ambient")
    assert bool(kind.placeholder) == kind.loopback
    assert not kind.url.endswith(("/", "/v1"))
    assert kind.url.startswith("https://") or not kind.url or "//localhost:" in kind.url
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", each) for each in (*kind.env, *kind.allows))


@pytest.mark.parametrize("name", TABLES)
def test_a_host_implies_its_kind(name: str) -> None:
    for host in TABLES[name].get("hosts", ()):
        assert (host, CATALOGUE.of_host(host)) == (host, name)


@pytest.mark.parametrize(
    "host", ["", "example.com", "evil-openrouter.ai", "openrouter.ai.evil.com", "openrouter", "."]
)
def test_any_other_host_implies_none(host: str) -> None:
    assert CATALOGUE.of_host(host) == ""


def test_a_host_is_the_same_in_capitals_and_with_a_last_dot() -> None:
    assert CATALOGUE.of_host("OpenRouter.AI.") == "openrouter"


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        CATALOGUE.get("nothing")
