"""Gateways of every kind of ill will, over real sockets. The time limit holds for all."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from asking import KEY, MODEL, SLACK, TIMEOUT, candidate, verdict
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
from raw import raw_server, send, send_and_close

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccwrap.gateways.verdict import Verdict
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


def _drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        connection.sendall(b"y")
        time.sleep(0.02)


OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
WIRE: dict[str, tuple[Callable[[socket.socket], None], set[str]]] = {
    "one header of a megabyte": (send(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 2**20), {"unreachable"}),
    "headers without end": (send(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 10**5), {"unreachable"}),
    "headers that drip": (_drip_headers, {"unreachable"}),
    "a flood of 1xx": (
        send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 1000, repeat=1000),
        {"not_a_gateway", "unreachable"},
    ),
    "a body shorter than it says": (
        send_and_close(OK + b"content-length: 1000\r\n\r\n{}"),
        {"not_a_gateway", "unreachable"},
    ),
    "a body longer than it says": (send(OK + b"content-length: 2\r\n\r\n{}{}{}"), {"not_a_gateway", "unreachable"}),
    "two lengths": (send(OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}"), {"unreachable"}),
    "a length that is no number": (send(OK + b"content-length: -1\r\n\r\n"), {"unreachable"}),
    "chunks that are none": (
        send(OK + b"transfer-encoding: chunked\r\n\r\nzzzz\r\n"),
        {"not_a_gateway", "unreachable"},
    ),
    "no HTTP": (send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), {"unreachable"}),
    "noise": (send(bytes(range(256)) * 100), {"unreachable"}),
    "an answer cut in its headers": (send_and_close(b"HTTP/1.1 200 OK\r\nx"), {"unreachable"}),
    "JSON without bottom": (
        send(OK + b"content-length: 60000\r\n\r\n" + b"[" * 60000),
        {"not_a_gateway"},
    ),
    "headers in no encoding": (
        send(b"HTTP/1.1 401 \xff\xfe\r\nx: \xff\xfe\x9b\r\ncontent-length: 0\r\n\r\n"),
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


def test_a_machine_that_starts_no_more_threads_stops_no_launch(
    gateway: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    well, starts = gateway(SETUP), iter([True, False])
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if "(_tell)" in thread.name and not next(starts):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    found = dict(probe([candidate(well.url)] * 2, Road.from_variables({}), TIMEOUT))
    assert [found[index].name for index in (0, 1)] == ["ok", "inconclusive"]
    assert "no more threads" in found[1].detail
