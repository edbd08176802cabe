"""Probe and claude agree: what the one calls ok the other can use, over the same road.

Each case asks `ccroute check`, and then lets a real claude, with nothing of ours around
it, go to the same gateway with the same variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from ccwrap.gateways.simulated import Setup
from proxy import ListeningProxy
from routing import KEY, routed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from certificates import Certificates
    from sandbox import Sandbox
    from starting import StartGateway

SETUP = Setup(keys=(KEY,))
LOGIN = "user:p@ss/wörd"
LOGIN_WRITTEN = "user:p%40ss%2Fw%C3%B6rd"
CASES = {
    "well over http": ("http", {}),
    "well over TLS": ("good", {"NODE_EXTRA_CA_CERTS": "ca"}),
    "an authority without keyUsage": ("plain", {"NODE_EXTRA_CA_CERTS": "plain-ca"}),
    "an authority that nobody knows": ("good", {}),
    "an expired certificate": ("expired", {"NODE_EXTRA_CA_CERTS": "ca"}),
    "a client certificate": (
        "asks_for_client",
        {
            "NODE_EXTRA_CA_CERTS": "ca",
            "CLAUDE_CODE_CLIENT_CERT": "client",
            "CLAUDE_CODE_CLIENT_KEY": "client-key",
        },
    ),
    "no client certificate": ("asks_for_client", {"NODE_EXTRA_CA_CERTS": "ca"}),
}
BAD = (
    "an authority that nobody knows",
    "an expired certificate",
    "no client certificate",
)


class Both(NamedTuple):
    """What was found: by the probe and by claude; whether each went through the proxy."""

    ok: tuple[bool, bool]
    proxied: tuple[bool, bool] = (False, False)


@pytest.fixture
def proxy_with_login() -> Iterator[ListeningProxy]:
    with ListeningProxy(LOGIN) as listening:
        yield listening


def found(
    sandbox: Sandbox, url: str, road: Mapping[str, str], proxy: ListeningProxy | None = None
) -> Both:
    routed(sandbox, {"one": url})
    (route,) = sandbox.run_ccroute("check", "--json", env=road).json["routes"]
    probed = len(proxy.log) if proxy else 0
    alone = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": KEY,
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    ran = sandbox.run(sandbox.claude, "-p", "hello", env={**alone, **road})
    used = ran.status == 0 and "Hello from a simulated gateway." in ran.out
    seen = (probed > 0, len(proxy.log) > probed) if proxy else (False, False)
    return Both((route["verdict"] == "ok", used), seen)


@pytest.mark.parametrize("case", CASES)
def test_certificates(
    sandbox: Sandbox, gateway: StartGateway, certificates: Certificates, case: str
) -> None:
    server, names = CASES[case]
    plain, plain_ca = certificates.of_plain_authority()
    files: dict[str, Path] = {
        "ca": certificates.ca_file,
        "plain-ca": plain_ca,
        "client": certificates.client_cert,
        "client-key": certificates.client_key,
    }
    context = {"http": lambda: None, "plain": lambda: plain}.get(server)
    well = gateway(SETUP, tls=(context or getattr(certificates, server))())
    road = {variable: str(files[name]) for variable, name in names.items()}
    good = case not in BAD
    assert found(sandbox, well.url, road).ok == (good, good)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "TLS"])
def test_a_proxy(
    sandbox: Sandbox,
    gateway: StartGateway,
    certificates: Certificates,
    proxy: ListeningProxy,
    secure: bool,
) -> None:
    well = gateway(SETUP, tls=certificates.good() if secure else None)
    road = {"HTTPS_PROXY": proxy.url, "NODE_EXTRA_CA_CERTS": str(certificates.ca_file)}
    assert found(sandbox, well.url, road, proxy) == Both((True, True), (True, True))


@pytest.mark.parametrize(
    ("login", "good"),
    [
        pytest.param(f"{LOGIN_WRITTEN}@", True, id="its password"),
        pytest.param("user:wrong@", False, id="another password"),
        pytest.param("", False, id="no password"),
    ],
)
@pytest.mark.parametrize("secure", [False, True], ids=["http", "TLS"])
def test_a_proxy_with_a_password(
    sandbox: Sandbox,
    gateway: StartGateway,
    certificates: Certificates,
    proxy_with_login: ListeningProxy,
    login: str,
    good: bool,
    secure: bool,
) -> None:
    well = gateway(SETUP, tls=certificates.good() if secure else None)
    url = proxy_with_login.url.replace("//", f"//{login}")
    road = {"HTTP_PROXY": url, "NODE_EXTRA_CA_CERTS": str(certificates.ca_file)}
    assert found(sandbox, well.url, road, proxy_with_login) == Both((good, good), (True, True))
    assert bool(well.log) is good


def test_a_proxy_that_is_down(sandbox: Sandbox, gateway: StartGateway, refused_port: int) -> None:
    road = {"ALL_PROXY": f"http://127.0.0.1:{refused_port}"}
    assert found(sandbox, gateway(SETUP).url, road).ok == (False, False)


@pytest.mark.parametrize(
    ("exceptions", "past"),
    [
        pytest.param("127.0.0.1", True, id="the host"),
        pytest.param("other.example, 127.0.0.1:{port}", True, id="host and port in a list"),
        pytest.param("127.0.0.1:1", False, id="another port"),
        pytest.param("127.0.0.0/8", True, id="a network"),
        pytest.param("*", True, id="everything"),
        pytest.param("0.0.1, 1, *.0.0.1", False, id="ends of the address"),
        pytest.param(".0.0.1", True, id="an end after a dot"),
    ],
)
def test_no_proxy(
    sandbox: Sandbox, gateway: StartGateway, proxy: ListeningProxy, exceptions: str, past: bool
) -> None:
    well = gateway(SETUP)
    road = {"HTTPS_PROXY": proxy.url, "NO_PROXY": exceptions.format(port=well.port)}
    assert found(sandbox, well.url, road, proxy) == Both((True, True), (not past, not past))
