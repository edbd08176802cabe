"""Certificates, as the probe and claude see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asking import KEY, MODEL, candidate, verdict
from ccwrap.gateways.simulated import Setup

if TYPE_CHECKING:
    import ssl

    from certificates import Certificates
    from proxy import ListeningProxy
    from starting import StartGateway

SETUP = Setup(keys=(KEY,), models=(MODEL,))


@pytest.mark.parametrize(
    ("server", "words", "hint"),
    [
        ("expired", "expired", "renew"),
        ("self_signed", "self-signed", "NODE_EXTRA_CA_CERTS"),
        ("unknown", "unknown authority", "NODE_EXTRA_CA_CERTS"),
    ],
)
def test_a_bad_certificate_is_said_to_be_one(
    server: str, words: str, hint: str, gateway: StartGateway, certificates: Certificates
) -> None:
    context: ssl.SSLContext = getattr(certificates, server)()
    bad = gateway(SETUP, tls=context)
    variables = {"NODE_EXTRA_CA_CERTS": str(certificates.ca_file)}
    found = verdict(candidate(bad.url), variables)
    assert (found.name, found.phase) == ("tls_error", "tls")
    assert "certificate" in found.detail
    assert words in found.detail
    assert hint in found.hint
    assert not bad.log


def test_a_certificate_for_another_host_is_refused(
    gateway: StartGateway, certificates: Certificates
) -> None:
    bad = gateway(SETUP, tls=certificates.good("elsewhere.example"))
    found = verdict(candidate(bad.url), {"NODE_EXTRA_CA_CERTS": str(certificates.ca_file)})
    assert found.name == "tls_error"
    assert "another host" in found.detail


@pytest.mark.parametrize("variable", ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])
def test_an_authority_of_the_users_own_is_believed(
    variable: str, gateway: StartGateway, certificates: Certificates
) -> None:
    well = gateway(SETUP, tls=certificates.good())
    assert verdict(candidate(well.url), {variable: str(certificates.ca_file)}).name == "ok"


def test_no_certificate_is_checked_where_claude_checks_none(
    gateway: StartGateway, certificates: Certificates
) -> None:
    well = gateway(SETUP, tls=certificates.self_signed())
    assert verdict(candidate(well.url), {"NODE_TLS_REJECT_UNAUTHORIZED": "0"}).name == "ok"


def test_a_client_certificate_is_shown_and_its_absence_is_told(
    gateway: StartGateway, certificates: Certificates
) -> None:
    strict = gateway(SETUP, tls=certificates.asks_for_client())
    variables = {"NODE_EXTRA_CA_CERTS": str(certificates.ca_file)}
    found = verdict(candidate(strict.url), variables)
    assert (found.name, "CLAUDE_CODE_CLIENT_CERT" in found.hint) == ("tls_error", True)
    variables |= {
        "CLAUDE_CODE_CLIENT_CERT": str(certificates.client_cert),
        "CLAUDE_CODE_CLIENT_KEY": str(certificates.client_key),
    }
    assert verdict(candidate(strict.url), variables).name == "ok"


def test_tls_goes_through_a_proxys_tunnel(
    gateway: StartGateway, certificates: Certificates, proxy: ListeningProxy
) -> None:
    well = gateway(SETUP, tls=certificates.good())
    variables = {"NODE_EXTRA_CA_CERTS": str(certificates.ca_file), "HTTP_PROXY": proxy.url}
    assert verdict(candidate(well.url), variables).name == "ok"
    assert [asked.method for asked in proxy.log] == ["CONNECT"]
    assert KEY not in str(proxy.log)


def test_http_on_an_https_url_says_so(gateway: StartGateway) -> None:
    plain = gateway(SETUP)
    found = verdict(candidate(plain.url.replace("http:", "https:")))
    assert (found.name, found.phase) == ("tls_error", "tls")
    assert "http://" in found.hint


def test_https_on_an_http_url_is_unreachable(
    gateway: StartGateway, certificates: Certificates
) -> None:
    secure = gateway(SETUP, tls=certificates.good())
    found = verdict(candidate(secure.url.replace("https:", "http:")))
    assert found.name == "unreachable"
    assert "https://" in found.hint
