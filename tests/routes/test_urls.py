"""Base URLs: one spelling for each, nothing that could be read in two ways."""

from __future__ import annotations

import pytest

from ccwrap.routes import urls
from ccwrap.routes.readers import Wrong


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://llm.example.com", "https://llm.example.com"),
        ("https://llm.example.com/", "https://llm.example.com"),
        ("HTTPS://LLM.Example.COM:443/", "https://llm.example.com"),
        ("https://llm.example.com:0443/a", "https://llm.example.com/a"),
        ("https://llm.example.com:8443/A/b/", "https://llm.example.com:8443/A/b"),
        ("https://gw.example.com/v1/acct/gw/anthropic", "https://gw.example.com/v1/acct/gw/anthropic"),
        ("http://localhost:11434", "http://localhost:11434"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.8.9.1:4000/x", "http://127.8.9.1:4000/x"),
        ("http://[::1]:4000", "http://[::1]:4000"),
        ("https://[2001:DB8:0:0::1]/", "https://[2001:db8::1]"),
        ("https://my_host.internal", "https://my_host.internal"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)  # fmt: skip
def test_a_base_url_has_one_spelling(written: str, normal: str) -> None:
    assert urls.normal(written) == normal
    assert urls.normal(normal) == normal


@pytest.mark.parametrize(
    ("written", "what", "mend"),
    [
        ("llm.example.com", "is no URL", "https://"),
        ("ftp://llm.example.com", "is no URL", ""),
        ("https:llm.example.com", "is no URL", ""),
        ("https:///llm", "no valid host", ""),
        ("http://llm.example.com", "in the clear", "https://"),
        ("http://10.0.0.1:4000", "in the clear", "https://"),
        ("http://localhost.evil.example", "in the clear", ""),
        ("http://127.0.0.1.evil.example", "in the clear", ""),
        ("http://[::ffff:127.0.0.1]", "in the clear", ""),
        ("http://127.1", "unusual spelling", "127.0.0.1"),
        ("http://0x7f.1", "unusual spelling", ""),
        ("https://2130706433", "unusual spelling", ""),
        ("https://0177.0.0.1", "unusual spelling", ""),
        ("https://1.2.3.4.5", "unusual spelling", ""),
        ("https://user:canary@llm.example.com", "user or password", "auth_token"),
        ("https://llm.example.com@evil.example", "user or password", ""),
        ("https://llm.example.com/?key=canary", "query", "headers"),
        ("https://llm.example.com?", "query", ""),
        ("https://llm.example.com/#x", "fragment", ""),
        ("https://llm.example.com/v1", "ends in /v1", "write https://llm.example.com"),
        ("https://llm.example.com/v1/", "ends in /v1", "write https://llm.example.com"),
        ("https://llm.example.com/api/v1/messages", "/v1/messages", "write https://llm.example.com/api"),
        ("https://llm.example.com/v1/messages/count_tokens", "ends in /v1", "https://llm.example.com"),
        ("https://llm.example.com/V1", "ends in /V1", ""),
        ("https://llm.example.com/a/../b", "dot segment", ""),
        ("https://llm.example.com/./a", "dot segment", ""),
        ("https://llm.example.com//a", "empty", ""),
        ("https://llm.example.com/a//", "empty", ""),
        ("https://llm.example.com/%2e%2e/a", "percent-escape", ""),
        ("https://llm.example.com%2f.evil.example", "percent-escape", ""),
        ("https://llm.example.com\\@evil.example", "backslash", ""),
        ("https://llm.example.com/a b", "space", ""),
        (" https://llm.example.com", "space", ""),
        ("https://llm.example.com/\u202ea", "invisible", ""),
        ("https://llm.example.com/\u200b", "invisible", ""),
        ("https://llm.example.com\n", "control", ""),
        ("https://bücher.example", "outside ASCII", "xn--bcher-kva.example"),
        ("https://llm.еxample.com", "outside ASCII", "xn--"),
        ("https://llm.example.com/é", "unusual character", ""),
        ("https://llm.example.com.", "no valid host", ""),
        ("https://llm..example.com", "no valid host", ""),
        ("https://-llm.example.com", "no valid host", ""),
        ("https://llm.example.com:0", "no valid port", ""),
        ("https://llm.example.com:65536", "no valid port", ""),
        ("https://llm.example.com:", "no valid host and port", ""),
        ("https://llm.example.com:٤", "no valid host and port", ""),
        ("https://[::1", "no valid host and port", ""),
        ("https://[::1%25eth0]", "percent-escape", ""),
        ("https://[nonsense]", "no valid IPv6", ""),
        ("https://${HOST}/", "${NAME}", ""),
        ("https://llm.example.com/" + "a" * 200, "longer than", ""),
        (7, "must be text", ""),
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_refused(written: object, what: str, mend: str) -> None:
    with pytest.raises(Wrong) as caught:
        urls.normal(written)
    (fault,) = caught.value.faults
    assert what in fault.what
    assert mend in fault.mend
    assert "canary" not in fault.what + fault.mend


@pytest.mark.parametrize(
    ("url", "host", "authority"),
    [
        ("https://a.example.com:1/b", "a.example.com", "a.example.com:1"),
        ("http://[::1]:4000", "::1", "[::1]:4000"),
        ("", "", ""),
    ],
)
def test_the_parts_of_a_normal_url(url: str, host: str, authority: str) -> None:
    assert (urls.host(url), urls.host_and_port(url)) == (host, authority)
