"""The tests' own tools do what they say."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from ccwrap.gateways.simulated import Setup, SimulatedGateway
from isolation import unwanted
from terminal import plain

if TYPE_CHECKING:
    from certificates import Certificates
    from proxy import ListeningProxy
    from sandbox import Sandbox
    from standin import StandIn


def test_nothing_of_the_machine_leaks_into_a_test() -> None:
    assert unwanted(os.environ) == []
    assert "isolated-home" in os.environ["HOME"]


@pytest.mark.parametrize(
    ("name", "leaves"),
    [("ANTHROPIC_API_KEY", True), ("https_proxy", True), ("CI", True), ("PATH", False)],
)
def test_what_could_bend_a_route_is_unwanted(name: str, leaves: bool) -> None:
    assert unwanted([name]) == ([name] if leaves else [])


def test_the_stand_in_reports_how_it_was_started(bare_sandbox: Sandbox, standin: StandIn) -> None:
    standin.set(says="hello\n", exits=7)
    overlay = bare_sandbox.write("overlay.json", '{"env": {"A": "b"}}')
    ran = bare_sandbox.run(
        "claude", "-p", "a\nb", "--settings", overlay, input="in", env={"X": "1\n2"}
    )
    assert (ran.status, ran.out, ran.err) == (7, "hello\n", "")
    report = standin.report
    assert report.argv == ["-p", "a\nb", "--settings", str(overlay)]
    assert report.environment == bare_sandbox.environment | {"X": "1\n2"}
    assert (report.cwd, report.stdin) == (str(bare_sandbox.project), "in")
    assert report.terminal == [False, False, False]
    assert signal.SIGPIPE not in report.ignored
    assert report.overlay == {"env": {"A": "b"}}


def test_the_stand_in_sees_an_inherited_signal_disposition(
    bare_sandbox: Sandbox, standin: StandIn
) -> None:
    ignore = "import os, signal; os.execv(os.sys.argv[1], ['claude'])"
    bare_sandbox.run(sys.executable, "-c", ignore, standin.path).expect()
    assert signal.SIGPIPE in standin.report.ignored


def test_a_failure_shows_both_streams(bare_sandbox: Sandbox) -> None:
    ran = bare_sandbox.run("sh", "-c", "echo one; echo two >&2; exit 3")
    with pytest.raises(AssertionError, match=r"(?s)exit status 3.*one.*two"):
        ran.expect(0)


def test_a_program_that_hangs_is_a_failure_and_not_a_wait(bare_sandbox: Sandbox) -> None:
    with pytest.raises(AssertionError, match=r"not done after 0\.1 s"):
        bare_sandbox.run("sleep", "30", seconds=0.1)


def test_a_terminal_is_a_terminal(bare_sandbox: Sandbox) -> None:
    script = "test -t 0 && test -t 2 && printf 'a\\033[2Cb? ' && read x && echo \"<$x>\"; exit 4"
    with bare_sandbox.terminal("sh", "-c", script) as terminal:
        terminal.expect("a b?")
        terminal.send("yes\r")
        terminal.expect("<yes>")
        assert terminal.wait() == 4


def test_a_terminal_that_stays_silent_is_a_failure(bare_sandbox: Sandbox) -> None:
    with (
        bare_sandbox.terminal("cat") as terminal,
        pytest.raises(AssertionError, match="no 'more'"),
    ):
        terminal.expect("more", seconds=0.1)


def test_escapes_become_plain_text() -> None:
    raw = "\x1b]0;title\x07\x1b[1mone\x1b[0m\x1b[3Ctwo\r\n\x1b[2J\x1b[4;1Hthree"
    assert plain(raw) == "one   two\n\n\nthree"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("good", ""),
        ("expired", "certificate has expired"),
        ("self_signed", "self-signed certificate"),
        ("unknown", "unable to get local issuer"),
    ],
)
def test_certificates_are_what_they_are_called(
    certificates: Certificates, kind: str, fault: str
) -> None:
    trusted = ssl.create_default_context(cafile=str(certificates.ca_file))
    with (
        SimulatedGateway(tls=getattr(certificates, kind)()) as gateway,
        httpx.Client(verify=trusted, trust_env=False) as client,
    ):
        try:
            said = str(client.head(gateway.url + "/api/hello").status_code)
        except httpx.ConnectError as error:
            said = str(error)
    assert (fault or "200") in said


def test_a_server_can_ask_for_a_client_certificate(certificates: Certificates) -> None:
    trusted = ssl.create_default_context(cafile=str(certificates.ca_file))
    with SimulatedGateway(tls=certificates.asks_for_client()) as gateway:
        with (
            httpx.Client(verify=trusted, trust_env=False) as client,
            pytest.raises(httpx.TransportError),
        ):
            client.get(gateway.url + "/v1/models")
        trusted.load_cert_chain(certificates.client_cert, certificates.client_key)
        with httpx.Client(verify=trusted, trust_env=False) as client:
            assert client.get(gateway.url + "/v1/models").status_code == 200


def test_a_proxy_forwards_and_tunnels_and_remembers(
    certificates: Certificates, proxy: ListeningProxy
) -> None:
    trusted = ssl.create_default_context(cafile=str(certificates.ca_file))
    with (
        SimulatedGateway(Setup(models=("m",))) as plain_one,
        SimulatedGateway(tls=certificates.good()) as safe,
        httpx.Client(proxy=proxy.url, verify=trusted, trust_env=False) as client,
    ):
        assert client.get(plain_one.url + "/v1/models?x=1").json()["first_id"] == "m"
        assert client.get(safe.url + "/v1/models").status_code == 200
        assert [(asked.method, asked.target) for asked in proxy.log] == [
            ("GET", plain_one.url + "/v1/models?x=1"),
            ("CONNECT", f"127.0.0.1:{safe.port}"),
        ]
    assert proxy.connections == 2


def test_a_refused_port_refuses_at_once(refused_port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", refused_port), 5)


def test_a_black_hole_says_nothing(black_hole_port: int) -> None:
    with pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", black_hole_port), 0.3)
