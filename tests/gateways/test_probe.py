"""What a probe sends, in which order, and what it never sends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from asking import KEY, KINDS, MODEL, SLACK, TIMEOUT, candidate, verdict
from ccwrap.gateways.probe import PACE, WAVE, probe
from ccwrap.gateways.road import Road
from ccwrap.gateways.simulated import (
    SILENT,
    Setup,
    redirects,
    refuses,
    slow,
)
from ccwrap.routes.validation import MOST_ROUTES
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from starting import StartGateway

SETUP = Setup(keys=(KEY,), models=(MODEL,))


def test_a_well_gateway_is_ok_and_no_model_has_worked(gateway: StartGateway) -> None:
    well = gateway(SETUP)
    found = verdict(candidate(well.url, "anthropic", bearer=None, key=Secret(KEY)))
    assert (found.name, found.detail, found.http_status) == ("ok", "key and model accepted", 200)
    assert found.latency_ms is not None
    assert 0 < found.latency_ms < TIMEOUT * 1000
    assert not any(request.is_prompt for request in well.log if "count" not in request.path)


@pytest.mark.parametrize("kind", [k for k in KINDS.names() if KINDS.get(k).auth != "ambient"])
def test_no_probe_of_any_kind_can_cost_money(kind: str, gateway: StartGateway) -> None:
    local = gateway(SETUP._replace(counting="local_estimate"))
    verdict(candidate(local.url, kind))
    assert {request.header("x-litellm-num-retries") for request in local.log} == {"0"}
    for request in local.log:
        assert request.data.get("max_tokens", 1) == 1
        assert not (request.route.endswith("/messages") and request.data.get("messages"))


def test_only_paid_asks_a_model_for_a_token(gateway: StartGateway) -> None:
    well = gateway(SETUP)
    found = verdict(candidate(well.url, depth="paid"))
    assert (found.name, found.phase) == ("ok", "paid")
    assert [request.data["max_tokens"] for request in well.log if request.is_prompt] == [1]


def test_without_a_known_model_nothing_is_paid(gateway: StartGateway) -> None:
    well = gateway(SETUP)
    found = verdict(candidate(well.url, depth="paid", model=""))
    assert (found.name, found.detail) == ("ok", "key accepted; no model was checked")
    assert not any(request.is_prompt for request in well.log)


def test_the_first_request_brings_no_key_and_no_header_of_the_route(gateway: StartGateway) -> None:
    well = gateway(SETUP)
    verdict(candidate(well.url, headers={"X-Edge": "canary"}))
    first, *others = well.log
    assert not first.credentialed
    assert first.header("x-edge") == ""
    assert others
    assert all(request.bearer == KEY and request.header("x-edge") == "canary" for request in others)
    assert {request.connection for request in well.log} == {first.connection}
    assert first.header("user-agent").startswith("ccwrap/")
    assert first.header("accept-encoding") == "identity"


def test_a_redirect_gets_no_key(gateway: StartGateway) -> None:
    target = gateway(SETUP)
    for behaviour in (redirects(target.url), redirects(target.url)._replace(on="credentialed")):
        source = gateway(SETUP, behaviour)
        assert verdict(candidate(source.url)).name in ("wrong_path", "not_a_gateway")
    assert not target.log


def test_a_key_is_sent_in_the_one_header_that_it_is_meant_for(gateway: StartGateway) -> None:
    well = gateway(SETUP, refuses(401))
    verdict(candidate(well.url))
    assert not any(request.key for request in well.log)
    well = gateway(SETUP, refuses(401))
    verdict(candidate(well.url, bearer=None, key=Secret(KEY)))
    assert not any(request.header("authorization") for request in well.log)


@pytest.mark.parametrize(
    ("more", "name", "detail"),
    [
        ({"depth": "reach"}, "inconclusive", "neither key nor model"),
        ({"login": True, "bearer": None}, "ok", "claude's to check"),
        ({"login": True, "bearer": None, "login_saved": True}, "ok", "claude's to check"),
    ],
    ids=["depth reach", "login", "saved login"],
)
def test_reach_sends_no_key(
    more: dict[str, Any], name: str, detail: str, gateway: StartGateway
) -> None:
    well = gateway(SETUP)
    found = verdict(candidate(well.url, **more))
    assert (found.name, found.phase) == (name, "reach")
    assert detail in found.detail
    assert len(well.log) == 1
    assert not well.log[0].credentialed


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"depth": "off"}, "inconclusive"),
        ({"login": True, "login_saved": False}, "no_credential"),
    ],
    ids=["depth off", "no login saved"],
)
def test_some_candidates_are_not_asked_at_all(
    more: dict[str, Any], name: str, gateway: StartGateway
) -> None:
    well = gateway(SETUP)
    assert verdict(candidate(well.url, **more)).name == name
    assert not well.log


def test_a_provider_without_a_url_is_claudes_to_check() -> None:
    found = verdict(candidate("", "bedrock", bearer=None, credential=""))
    assert (found.name, found.phase) == ("inconclusive", "")
    assert "aws" in found.detail


def test_a_provider_behind_a_gateway_is_reached_for(gateway: StartGateway) -> None:
    found = verdict(candidate(gateway(SETUP).url, "vertex", bearer=None, credential=""))
    assert (found.name, found.phase) == ("inconclusive", "reach")


def test_all_are_asked_at_once(gateway: StartGateway) -> None:
    asks = [candidate(gateway(SETUP, slow(0.3)).url) for _ in range(5)]
    began = time.monotonic()
    found = dict(probe([a._replace(timeout=9) for a in asks], Road.from_variables({}), 9))
    assert {each.name for each in found.values()} == {"ok"}
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert time.monotonic() - began < 5 * 0.6


def test_whoever_stands_behind_many_that_are_silent_is_asked_without_waiting_for_them(
    gateway: StartGateway,
) -> None:
    silent, well = gateway(SETUP, SILENT), gateway(SETUP)
    asks = [*[candidate(silent.url, timeout=10.0)] * 40, candidate(well.url, timeout=10.0)]
    first = next(iter(probe(asks, Road.from_variables({}), 10.0)))
    assert (first[0], first[1].name) == (40, "ok")


def test_all_that_a_file_can_name_are_under_way_within_a_third_of_a_second() -> None:
    pauses, asked = 0, WAVE
    while asked < MOST_ROUTES:
        pauses, asked = pauses + 1, asked + WAVE * 2 ** (pauses + 1)
    assert pauses * PACE <= 0.3 + 1e-9


def test_answers_come_as_they_come_in(gateway: StartGateway) -> None:
    asks = [candidate(gateway(SETUP, behaviour).url) for behaviour in (SILENT, refuses(401))]
    answers = probe(asks, Road.from_variables({}), TIMEOUT)
    began = time.monotonic()
    assert next(answers)[0] == 1
    assert time.monotonic() - began < TIMEOUT / 2


def test_the_time_for_all_together_holds(gateway: StartGateway) -> None:
    asks = [candidate(gateway(SETUP, SILENT).url, timeout=10) for _ in range(3)]
    began = time.monotonic()
    found = dict(probe(asks, Road.from_variables({}), 0.3))
    assert {each.name for each in found.values()} == {"unreachable"}
    assert time.monotonic() - began < 0.3 + SLACK


def test_a_placeholder_is_no_secret(refused_port: int) -> None:
    local = candidate(
        f"http://127.0.0.1:{refused_port}", "ollama", bearer=Secret("ollama"), credential=""
    )
    assert verdict(local).hint == "ollama serve"


def test_a_key_in_the_path_is_not_shown(refused_port: int, gateway: StartGateway) -> None:
    base = gateway(SETUP._replace(prefix="/elsewhere")).url.removesuffix("/elsewhere")
    found = verdict(candidate(f"{base}/canary-0123456789", "helicone"))
    assert found.name == "wrong_path"
    assert "canary" not in found.detail + found.hint


def test_a_fault_of_our_own_costs_its_candidate_alone(gateway: StartGateway) -> None:
    well = gateway(SETUP)
    asks = [candidate(well.url, headers={"x-edge": 5}), candidate(well.url)]
    found = dict(probe(asks, Road.from_variables({}), TIMEOUT))
    assert (found[0].name, found[1].name) == ("inconclusive", "ok")
    assert "AttributeError at connection.py:" in found[0].detail
