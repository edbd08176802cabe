"""Gateways of every kind of ill will, over real sockets. The time limit holds for all."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from asking import KEY, KINDS, MODEL, SLACK, TIMEOUT, candidate, verdict
from ccwrap.gateways.probe import probe
from ccwrap.gateways.road import Road
from ccwrap.gateways.simulated import (
    CUT,
    DRIP,
    ECHO_AUTH,
    ENDLESS,
    ESCAPES,
    GZIP_BOMB,
    HTML,
    SILENT,
    Behaviour,
    Setup,
    redirects,
    refuses,
    slow,
)
from ccwrap.secret import Secret
from raw import raw_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccwrap.gateways.verdict import Verdict
    from proxy import ListeningProxy
    from starting import StartGateway

SETUP = Setup(keys=(KEY,), models=(MODEL,))

ILL: dict[str, tuple[Behaviour, str, str]] = {
    "accepts and says nothing": (SILENT, "unreachable", "reach"),
    "too slow": (slow(5), "unreachable", "reach"),
    "slow only once it sees a key": (Behaviour("silent", "credentialed"), "unreachable", "auth"),
    "401": (refuses(401), "auth_failed", "auth"),
    "402": (refuses(402), "no_credit", "auth"),
    "403": (refuses(403), "auth_failed", "auth"),
    "404 for the model": (refuses(404, f"model: {MODEL}"), "model_missing", "model"),
    "404 for the path": (refuses(404, on="all"), "wrong_path", "reach"),
    "429": (refuses(429, retry_after="17"), "rate_limited", "auth"),
    "500": (refuses(500), "overloaded", "auth"),
    "503": (refuses(503), "overloaded", "auth"),
    "529": (refuses(529), "overloaded", "auth"),
    "a web page": (HTML, "not_a_gateway", "reach"),
    "a redirect to another host": (redirects("https://elsewhere.example"), "not_a_gateway", "reach"),
    "a redirect to itself": (redirects("/"), "wrong_path", "reach"),
    "a cut connection": (CUT, "unreachable", "reach"),
    "an echo of the key": (ECHO_AUTH, "auth_failed", "auth"),
    "terminal escapes": (ESCAPES, "inconclusive", "auth"),
    "a gzip bomb": (GZIP_BOMB, "inconclusive", "auth"),
    "an endless body": (ENDLESS, "not_a_gateway", "reach"),
    "a slow drip": (DRIP, "unreachable", "reach"),
}  # fmt: skip


def safe(found: Verdict) -> bool:
    """No secret, no control character, nothing endless."""
    shown = found.detail + found.hint
    return KEY[7:] not in shown and shown.isprintable() and len(shown) <= 400


@pytest.mark.parametrize("case", ILL)
def test_an_ill_gateway_gets_its_verdict_in_time(case: str, gateway: StartGateway) -> None:
    behaviour, name, phase = ILL[case]
    found = verdict(candidate(gateway(SETUP, behaviour).url))
    assert (found.name, found.phase) == (name, phase)
    assert safe(found)


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


def test_a_refused_connection_says_what_to_start(refused_port: int) -> None:
    found = verdict(candidate(f"http://127.0.0.1:{refused_port}", "ollama"))
    assert (found.name, found.phase, found.hint) == ("unreachable", "connect", "ollama serve")
    assert f"127.0.0.1:{refused_port}" in found.detail


def test_a_black_hole_is_given_up_in_time(black_hole_port: int) -> None:
    found = verdict(candidate(f"http://127.0.0.1:{black_hole_port}"))
    assert (found.name, found.phase) == ("unreachable", "connect")


def test_a_name_that_isnt_there_is_a_dns_failure() -> None:
    found = verdict(candidate("https://no-such-host.invalid"))
    assert (found.name, found.phase) == ("unreachable", "dns")
    assert "no-such-host.invalid" in found.detail


def test_a_resolver_that_hangs_is_left_behind(gateway: StartGateway) -> None:
    well, stuck, began = gateway(SETUP), threading.Event(), time.monotonic()

    def resolve(host: str, port: int, *, type: int) -> list[tuple[object, ...]]:  # noqa: A002
        if host == "slow.test":
            stuck.wait(30)
        return list(socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM))

    asks = [candidate("http://slow.test"), candidate(well.url)]
    answers = probe(asks, Road.from_variables({}), TIMEOUT, resolve=resolve)
    assert next(answers)[0] == 1
    index, late = next(answers)
    assert (index, late.name, late.phase) == (0, "unreachable", "dns")
    assert time.monotonic() - began < TIMEOUT + SLACK
    stuck.set()


def test_a_dead_address_leaves_time_for_the_next_one(
    gateway: StartGateway, refused_port: int
) -> None:
    well = gateway(SETUP)

    def resolve(host: str, port: int, *, type: int) -> list[tuple[object, ...]]:  # noqa: A002
        return [(2, type, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    found = verdict(candidate(well.url.replace("127.0.0.1", "two.test")), resolve=resolve)
    assert found.name == "ok"


def _send(*pieces: bytes, repeat: int = 1) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for _ in range(repeat):
            for piece in pieces:
                connection.sendall(piece)

    return answer


def _send_and_close(data: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    return answer


def _drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        connection.sendall(b"y")
        time.sleep(0.02)


OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
WIRE: dict[str, tuple[Callable[[socket.socket], None], set[str]]] = {
    "one header of a megabyte": (_send(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 2**20), {"unreachable"}),
    "headers without end": (_send(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 10**5), {"unreachable"}),
    "headers that drip": (_drip_headers, {"unreachable"}),
    "a flood of 1xx": (
        _send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 1000, repeat=1000),
        {"not_a_gateway", "unreachable"},
    ),
    "a body shorter than it says": (
        _send_and_close(OK + b"content-length: 1000\r\n\r\n{}"),
        {"not_a_gateway", "unreachable"},
    ),
    "a body longer than it says": (_send(OK + b"content-length: 2\r\n\r\n{}{}{}"), {"not_a_gateway", "unreachable"}),
    "two lengths": (_send(OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}"), {"unreachable"}),
    "a length that is no number": (_send(OK + b"content-length: -1\r\n\r\n"), {"unreachable"}),
    "chunks that are none": (
        _send(OK + b"transfer-encoding: chunked\r\n\r\nzzzz\r\n"),
        {"not_a_gateway", "unreachable"},
    ),
    "no HTTP": (_send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), {"unreachable"}),
    "noise": (_send(bytes(range(256)) * 100), {"unreachable"}),
    "an answer cut in its headers": (_send_and_close(b"HTTP/1.1 200 OK\r\nx"), {"unreachable"}),
    "JSON without bottom": (
        _send(OK + b"content-length: 60000\r\n\r\n" + b"[" * 60000),
        {"not_a_gateway"},
    ),
    "headers in no encoding": (
        _send(b"HTTP/1.1 401 \xff\xfe\r\nx: \xff\xfe\x9b\r\ncontent-length: 0\r\n\r\n"),
        {"auth_failed"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WIRE)
def test_bytes_that_are_no_answer_break_nothing(case: str) -> None:
    answer, names = WIRE[case]
    with raw_server(answer) as url:
        found = verdict(candidate(url))
    assert found.name in names
    assert "fault in ccwrap" not in found.detail
    assert safe(found)


@pytest.mark.parametrize("key", ["line\nend", "bell\x07", "ключ", "tab\t ", "\ud800"], ids=ascii)
def test_a_key_that_no_header_can_carry_is_not_sent(key: str, gateway: StartGateway) -> None:
    well = gateway(SETUP)
    found = verdict(candidate(well.url, bearer=Secret(key)))
    assert found.name == "auth_failed"
    assert not any(request.credentialed and request.bearer != key.strip() for request in well.log)


def test_all_are_asked_at_once(gateway: StartGateway) -> None:
    asks = [candidate(gateway(SETUP, slow(0.3)).url) for _ in range(5)]
    began = time.monotonic()
    found = dict(probe([a._replace(timeout=9) for a in asks], Road.from_variables({}), 9))
    assert {each.name for each in found.values()} == {"ok"}
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert time.monotonic() - began < 5 * 0.6


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


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_probe_goes_through_the_proxy(
    variable: str, gateway: StartGateway, proxy: ListeningProxy
) -> None:
    well = gateway(SETUP)
    with_user = proxy.url.replace("//", "//u:p%40w@")
    found = verdict(candidate(well.url), {variable: with_user})
    assert found.name == "ok"
    assert proxy.log[0].target == f"{well.url}/v1/messages"
    assert proxy.log[0].header("proxy-authorization") == "Basic dTpwQHc="


def test_a_proxy_that_wants_a_login_says_so() -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    with raw_server(_send(refusal)) as url:
        for target in ("http://gw.test", "https://gw.test"):
            found = verdict(candidate(target), {"HTTPS_PROXY": url})
            assert found.name == "unreachable"
            assert "proxy" in found.detail
            assert "password" in found.hint


def test_a_proxy_that_is_down_is_named_without_its_password(refused_port: int) -> None:
    variables = {"HTTPS_PROXY": f"http://u:canary@127.0.0.1:{refused_port}"}
    found = verdict(candidate("https://gw.test"), variables)
    assert (found.name, found.phase) == ("unreachable", "connect")
    assert f"the proxy 127.0.0.1:{refused_port}" in found.detail
    assert "canary" not in found.detail


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
