"""The road is Claude Code's own; each case was measured on 2.1.330."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from ccwrap.errors import SettingError
from ccwrap.gateways.road import PROXIES, Road

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Certificates

P = "http://p.test:1"
Q = "http://q.test:2"
HTTPS = "https://gw.test"
HTTP = "http://gw.test:8000"


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, HTTPS, ""),
        ({"HTTPS_PROXY": P}, HTTP, P),
        ({"HTTP_PROXY": P}, HTTPS, P),
        ({"HTTPS_PROXY": P, "HTTP_PROXY": Q}, HTTP, P),
        ({"HTTPS_PROXY": P, "https_proxy": Q}, HTTPS, Q),
        ({"HTTPS_PROXY": P, "http_proxy": Q}, HTTP, P),
        ({"HTTPS_PROXY": P, "https_proxy": ""}, HTTPS, P),
        ({"ALL_PROXY": P}, HTTPS, P),
        ({"all_proxy": P}, HTTP, P),
        ({"all_proxy": P, "HTTP_PROXY": Q}, HTTPS, Q),
        ({"ALL_PROXY": P, "all_proxy": Q}, HTTPS, Q),
        ({"HTTPS_PROXY": "", "ALL_PROXY": P}, HTTPS, P),
        ({"ALL_PROXY": "no url"}, HTTPS, ""),
        ({"ALL_PROXY": "socks5://p.test:1"}, HTTPS, ""),
        ({"ALL_PROXY": "p.test:1"}, HTTPS, P),
        ({"CLAUDE_CODE_HTTPS_PROXY": P, "CLAUDE_CODE_HTTP_PROXY": P}, HTTPS, ""),
        ({"HTTPS_PROXY": P}, "http://127.0.0.1:8000", P),
        ({"HTTPS_PROXY": P}, "http://localhost:8000", P),
        ({"HTTPS_PROXY": "p.test:1"}, HTTPS, P),
        ({"HTTPS_PROXY": f" {P} "}, HTTPS, P),
        ({"HTTPS_PROXY": "https://u:pw@p.test:1"}, HTTPS, "https://u:pw@p.test:1"),
    ],
)
def test_the_proxy_is_the_one_that_claude_takes(
    variables: dict[str, str], url: str, proxy: str
) -> None:
    assert Road.from_variables(variables).proxy(url) == proxy


@pytest.mark.parametrize(
    ("entries", "url", "excepted"),
    [
        ("gw.test", HTTPS, True),
        ("x gw.test", HTTPS, True),
        ("x,gw.test", HTTPS, True),
        ("GW.TEST", HTTPS, True),
        ("gw.test.", HTTPS, True),
        ("test", HTTPS, True),
        (".test", HTTPS, True),
        ("*.test", HTTPS, True),
        (".gw.test", HTTPS, True),
        ("w.test", HTTPS, False),
        ("gw*", HTTPS, False),
        ("*", HTTPS, True),
        ("a,*", HTTPS, True),
        ("gw.test:443", HTTPS, True),
        ("gw.test:444", HTTPS, False),
        (".test:8000", HTTP, True),
        ("test:8000", HTTP, True),
        ("10.0.0.0/8", "http://10.1.2.3:8000", True),
        ("11.0.0.0/8", "http://10.1.2.3:8000", False),
        ("127.0.0.1", "http://127.0.0.1:8000", True),
        ("localhost", "http://127.0.0.1:8000", False),
        (".0.0.1", "http://127.0.0.1:8000", True),
        (".127.0.0.1", "http://127.0.0.1:8000", True),
        ("0.0.1,1,*.0.0.1,127.*,.", "http://127.0.0.1:8000", False),
        ("::ffff:127.0.0.1", "http://127.0.0.1:8000", True),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("/,:,[,.", HTTPS, False),
    ],
)
def test_no_proxy_excepts_what_claude_excepts(entries: str, url: str, excepted: bool) -> None:
    road = Road.from_variables({"HTTPS_PROXY": P, "NO_PROXY": entries})
    assert road.proxy(url) == ("" if excepted else P)


def test_the_lower_case_no_proxy_stands_in_for_the_other() -> None:
    variables = {"HTTPS_PROXY": P, "NO_PROXY": "*", "no_proxy": "x"}
    assert Road.from_variables(variables).proxy(HTTPS) == P
    assert Road.from_variables(variables | {"no_proxy": ""}).proxy(HTTPS) == ""


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize(
    "value", ["not a url", "socks5://u:canary@p.test:1", "http://u:canary@:1", "http://p:canary"]
)
def test_a_proxy_that_makes_no_sense_names_its_variable_and_not_its_value(
    name: str, value: str
) -> None:
    with pytest.raises(SettingError, match=f"^{name}: ") as caught:
        Road.from_variables({name: value})
    assert "canary" not in str(caught.value)
    assert "not a url" not in str(caught.value)


def test_a_proxy_is_shown_without_its_password() -> None:
    road = Road.from_variables({"HTTPS_PROXY": "http://u:canary@p.test:1"})
    assert road.proxy_shown(HTTPS) == "p.test:1"


@pytest.mark.parametrize("name", ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_an_authority_file_that_cant_be_read_names_its_variable(
    name: str, content: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingError, match=f"^{name}: .*ca.pem"):
        Road.from_variables({name: str(file)}).context()


def test_a_client_certificate_that_doesnt_open_names_its_variable(
    certificates: Certificates,
) -> None:
    variables = {"CLAUDE_CODE_CLIENT_CERT": str(certificates.client_cert)}
    with pytest.raises(SettingError, match=r"^CLAUDE_CODE_CLIENT_CERT: "):
        Road.from_variables(variables).context()


def test_the_context_is_made_once_and_no_stricter_than_claudes() -> None:
    road = Road.from_variables({})
    assert road.context() is road.context()
    assert not road.context().verify_flags & ssl.VERIFY_X509_STRICT
    assert road.context().verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("store", "count"), [("bundled", True), ("bundled,system", True), ("", True), ("nonsense", True)]
)  # fmt: skip
def test_the_bundled_authorities_are_believed(store: str, count: bool) -> None:
    road = Road.from_variables({"CLAUDE_CODE_CERT_STORE": store})
    assert bool(road.context().cert_store_stats()["x509_ca"]) == count
