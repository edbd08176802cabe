"""A real LiteLLM in front of simulated providers: its verdicts, and that nothing is billed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import pytest

from asking import KINDS, verdict
from ccwrap.gateways.probe import Ask
from ccwrap.gateways.simulated import Setup, SimulatedGateway, refuses
from ccwrap.secret import Secret
from litellm_proxy import MASTER_KEY, LiteLLM, binary, litellm_proxy
from ports import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox

UPSTREAM_KEY = "made-up-upstream-key"
MODEL = "claude-sonnet-5"
BEFORE = dict(os.environ)


class World(NamedTuple):
    """A proxy, and the provider behind those of its models that are well."""

    proxy: LiteLLM
    upstream: SimulatedGateway


def entry(name: str, url: str, key: str = UPSTREAM_KEY) -> dict[str, object]:
    """One of the proxy's models: `name` to its users, MODEL at its provider."""
    return {
        "model_name": name,
        "litellm_params": {"model": f"anthropic/{MODEL}", "api_base": url, "api_key": key},
    }


@pytest.fixture(scope="session")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Started once: it takes some ten seconds."""
    offer = Setup(keys=(UPSTREAM_KEY,), models=(MODEL,), text="from behind LiteLLM")
    with (
        SimulatedGateway(offer) as well,
        SimulatedGateway(offer, refuses(529)) as busy,
        SimulatedGateway(offer, refuses(429, retry_after="17")) as limited,
        SimulatedGateway(offer, refuses(400, "Your credit balance is too low")) as poor,
        SimulatedGateway(Setup(keys=(UPSTREAM_KEY,), models=())) as bare,
        refused() as nobody,
    ):
        models = [
            entry(MODEL, well.url),
            entry("badly-keyed", well.url, "a-wrong-key"),
            entry("busy", busy.url),
            entry("limited", limited.url),
            entry("poor", poor.url),
            entry("withdrawn", bare.url),
            entry("down", f"http://127.0.0.1:{nobody}"),
        ]
        folder = tmp_path_factory.mktemp("litellm")
        with litellm_proxy(binary(BEFORE), folder, models) as proxy:
            verdict(question(proxy.url))
            yield World(proxy, well)


def question(
    url: str, model: str = MODEL, key: str = MASTER_KEY, header: str = "auth_token"
) -> Ask:
    secret = Secret(key)
    return Ask(
        url,
        KINDS.get("litellm"),
        bearer=secret if header == "auth_token" else None,
        key=secret if header == "api_key" else None,
        model=model,
        timeout=15,
        credential="LLM_KEY",
    )


@pytest.mark.parametrize("header", ["auth_token", "api_key"])
@pytest.mark.parametrize(
    ("model", "key", "name", "detail"),
    [
        (MODEL, MASTER_KEY, "ok", "key and model accepted"),
        (MODEL, "sk-wrong-0123456789", "auth_failed", "LLM_KEY was refused"),
        (MODEL, "no-sk-0123456789", "auth_failed", "LLM_KEY was refused"),
        ("unknown-model", MASTER_KEY, "model_missing", "unknown-model is not served here"),
        ("", MASTER_KEY, "ok", "key accepted; no model was checked"),
        ("", "sk-wrong-0123456789", "auth_failed", "LLM_KEY was refused"),
        ("busy", MASTER_KEY, "overloaded", "its provider is overloaded"),
        ("down", MASTER_KEY, "overloaded", "its provider doesn't answer"),
        ("limited", MASTER_KEY, "rate_limited", "asked too often"),
        ("poor", MASTER_KEY, "no_credit", "the gateway's provider wants to be paid"),
    ],
)
def test_a_verdict_on_litellm(
    litellm: World, model: str, key: str, name: str, detail: str, header: str
) -> None:
    found = verdict(question(litellm.proxy.url, model, key, header))
    assert (found.name, found.usable) == (name, name in ("ok", "overloaded", "rate_limited"))
    assert detail in found.detail
    assert key not in found.detail + found.hint


@pytest.mark.parametrize(
    ("model", "name", "detail"),
    [
        ("badly-keyed", "upstream_auth", "refused the gateway's own key"),
        ("withdrawn", "model_missing", "withdrawn is not served here"),
    ],
)
def test_a_fault_behind_litellm_is_told_from_its_own(
    litellm: World, model: str, name: str, detail: str
) -> None:
    """Asked once: a refusal puts the deployment into LiteLLM's cooldown."""
    found = verdict(question(litellm.proxy.url, model))
    assert found.name == name
    assert detail in found.detail


def test_a_base_url_that_ends_in_v1_is_a_wrong_path(litellm: World) -> None:
    found = verdict(question(litellm.proxy.url + "/v1"))
    assert (found.name, "/v1 off" in found.hint) == ("wrong_path", True)


def test_the_free_probe_bills_the_provider_nothing(litellm: World) -> None:
    litellm.upstream.clear()
    assert verdict(question(litellm.proxy.url)).name == "ok"
    assert litellm.upstream.log
    assert not litellm.upstream.prompts
    assert litellm.upstream.served == 0


def test_the_paid_probe_costs_one_token(litellm: World) -> None:
    litellm.upstream.clear()
    found = verdict(question(litellm.proxy.url)._replace(depth="paid"))
    assert (found.name, found.phase) == ("ok", "paid")
    assert [prompt.data["max_tokens"] for prompt in litellm.upstream.prompts] == [1]


def test_claude_is_answered_through_litellm(litellm: World, sandbox: Sandbox) -> None:
    litellm.upstream.clear()
    url = litellm.proxy.url
    sandbox.ccroute(
        f'tags = {{ team = "core" }}\n[[route]]\nkind = "litellm"\nurl = "{url}"\n'
        f'auth_token = "${{LLM_KEY}}"\nmodels = "{MODEL}"\n'
    )
    sandbox.allow(f"LLM_KEY@{url}")
    sandbox.environment["LLM_KEY"] = MASTER_KEY
    assert "from behind LiteLLM" in sandbox.run_ccwrap("-p", "hello").expect().out
    assert {prompt.model for prompt in litellm.upstream.prompts} == {MODEL}
    assert MASTER_KEY not in str(litellm.upstream.log)


def test_litellm_itself_being_down_is_unreachable(
    litellm: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    models = [entry(MODEL, litellm.upstream.url)]
    folder = tmp_path_factory.mktemp("stopped")
    with litellm_proxy(binary(BEFORE), folder, models) as proxy:
        proxy.stop()
        found = verdict(question(proxy.url))
    assert (found.name, found.phase) == ("unreachable", "connect")
