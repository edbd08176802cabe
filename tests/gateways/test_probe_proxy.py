"""The probe goes the way that the proxy variables say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asking import KEY, MODEL, candidate, verdict
from ccwrap.gateways.simulated import (
    Setup,
)
from raw import raw_server, send

if TYPE_CHECKING:
    from proxy import ListeningProxy
    from starting import StartGateway

SETUP = Setup(keys=(KEY,), models=(MODEL,))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_probe_goes_through_the_proxy(
    variable: str, gateway: StartGateway, proxy: ListeningProxy
) -> None:
    well = gateway(SETUP)
    with_user = proxy.url.replace("//", "//u:p%40w%C3%B6@")
    found = verdict(candidate(well.url), {variable: with_user})
    assert found.name == "ok"
    assert proxy.log[0].target == f"{well.url}/v1/messages"
    assert proxy.log[0].header("proxy-authorization") == "Basic dTpwQHfDtg=="


def test_a_proxy_that_wants_a_login_says_so() -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    with raw_server(send(refusal)) as url:
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
