"""The first candidate is ill: it gets its verdict and its mend, the second answers the prompt."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

import pytest

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
    answers,
    redirects,
    refuses,
)
from ports import black_hole, refused
from routing import KEY, routed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certificates import Certificates
    from sandbox import Sandbox
    from starting import StartGateway

LIMIT: Final = 2.5
MODEL: Final = "claude-sonnet-5"
MISSING: Final = (
    b'{"type":"error","error":{"type":"not_found_error","message":"model: claude-sonnet-5"}}'
)
PATHLESS: Final = b'{"detail":"Not Found"}'
NO_CHANNEL: Final = (
    b'{"error":{"message":"No available channel for model claude-sonnet-5 under group default",'
    b'"type":"new_api_error","code":"model_not_found"}}'
)

SERVED: Final[dict[str, tuple[Behaviour, str]]] = {
    "accepts and says nothing": (SILENT, "unreachable"),
    "401": (refuses(401), "auth_failed"),
    "402": (refuses(402), "no_credit"),
    "403": (refuses(403), "auth_failed"),
    "404 model": (answers(404, MISSING), "model_missing"),
    "404 path": (answers(404, PATHLESS, on="all"), "wrong_path"),
    "429 with retry-after": (refuses(429, retry_after="17"), "rate_limited"),
    "500": (refuses(500), "overloaded"),
    "503": (refuses(503), "overloaded"),
    "503 of a missing model": (answers(503, NO_CHANNEL), "model_missing"),
    "529": (refuses(529), "overloaded"),
    "HTML": (HTML, "not_a_gateway"),
    "redirect": (redirects("https://elsewhere.example/login"), "not_a_gateway"),
    "cut connection": (CUT, "unreachable"),
    "echoes the Authorization": (ECHO_AUTH, "auth_failed"),
    "terminal escapes": (ESCAPES, "inconclusive"),
    "gzip bomb": (GZIP_BOMB, "inconclusive"),
    "endless body": (ENDLESS, "not_a_gateway"),
    "slow drip": (DRIP, "unreachable"),
}
NEEDS_HINT: Final = {
    "unreachable", "tls_error", "auth_failed", "no_credit", "model_missing", "wrong_path", "not_a_gateway"
}  # fmt: skip


@pytest.fixture(params=SERVED)
def misbehaving(request: pytest.FixtureRequest, gateway: StartGateway) -> tuple[str, str]:
    """The base URL of a gateway that misbehaves in one way, and the verdict that it earns."""
    behaviour, verdict = SERVED[request.param]
    return gateway(behaviour=behaviour).url, verdict


@contextlib.contextmanager
def nobody(how: str) -> Iterator[str]:
    """A base URL where no gateway is."""
    if how == "connection refused":
        with refused() as port:
            yield f"http://127.0.0.1:{port}"
    elif how == "black-holed address":
        with black_hole() as port:
            yield f"http://127.0.0.1:{port}"
    else:
        yield "https://no-such-host.invalid"


def launch_past(sandbox: Sandbox, first: str, gateway: StartGateway) -> dict[str, object]:
    """Launch with `first` before a healthy gateway; the first one's entry in `check --json`."""
    good = gateway(Setup(keys=(KEY,), models=(MODEL,), text="from the good one"))
    routed(sandbox, {"first": first, "good": good.url}, more=f'models = "{MODEL}"')
    stand_in = sandbox.stand_in()
    began = time.monotonic()
    sandbox.run_ccwrap("-p", "hello").expect()
    assert time.monotonic() - began < LIMIT + 1
    (report,) = stand_in.reports
    assert report.environment["ANTHROPIC_BASE_URL"] == good.url
    answer = sandbox.run_ccroute("check", "--json").expect().json
    assert answer["chosen"] == "good"
    entry: dict[str, object] = answer["routes"][0]
    assert KEY not in str(answer)
    assert not any(ord(char) < 32 for char in str(entry["detail"]))
    return entry


def test_a_gateway_that_misbehaves_is_passed_over(
    bare_sandbox: Sandbox, misbehaving: tuple[str, str], gateway: StartGateway
) -> None:
    url, verdict = misbehaving
    entry = launch_past(bare_sandbox, url, gateway)
    assert entry["verdict"] == verdict
    assert entry["detail"]
    assert entry["hint"] or verdict not in NEEDS_HINT


@pytest.mark.parametrize("how", ["connection refused", "black-holed address", "DNS failure"])
def test_a_gateway_that_is_not_there_is_passed_over(
    bare_sandbox: Sandbox, how: str, gateway: StartGateway
) -> None:
    with nobody(how) as url:
        entry = launch_past(bare_sandbox, url, gateway)
    assert (entry["verdict"], bool(entry["hint"])) == ("unreachable", True)


@pytest.mark.parametrize("flaw", ["expired", "self_signed", "unknown"])
def test_a_bad_certificate_is_called_that(
    bare_sandbox: Sandbox, certificates: Certificates, flaw: str, gateway: StartGateway
) -> None:
    url = gateway(tls=getattr(certificates, flaw)()).url
    if flaw == "expired":
        bare_sandbox.environment["NODE_EXTRA_CA_CERTS"] = str(certificates.ca_file)
    entry = launch_past(bare_sandbox, url, gateway)
    assert entry["verdict"] == "tls_error"
    assert "certificate" in str(entry["detail"])
    assert entry["hint"]


@pytest.mark.parametrize("how", ["500", "redirect", "silent", "refused"])
def test_the_real_claude_is_answered_by_the_second(
    sandbox: Sandbox, gateway: StartGateway, how: str
) -> None:
    good = gateway(Setup(keys=(KEY,), text="from the good one"))
    elsewhere = gateway()
    with refused() as port:
        bad = {
            "500": refuses(500),
            "redirect": redirects(elsewhere.url),
            "silent": SILENT,
            "refused": None,
        }[how]
        url = gateway(behaviour=bad).url if bad else f"http://127.0.0.1:{port}"
        routed(sandbox, {"first": url, "good": good.url})
        ran = sandbox.run_ccwrap("-p", "hello").expect()
    assert ran.out.strip() == "from the good one"
    assert [request.bearer for request in good.prompts] == [KEY] * len(good.prompts)
    assert elsewhere.log == ()


def test_no_usable_candidate_is_exit_69_with_a_table_and_no_claude(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    stand_in = bare_sandbox.stand_in()
    with refused() as port:
        urls = {"down": f"http://127.0.0.1:{port}", "locked": gateway(behaviour=refuses(401)).url}
        routed(bare_sandbox, urls)
        ran = bare_sandbox.run_ccwrap("-p", "hello").expect(69)
    assert ran.out == ""
    assert stand_in.reports == []
    for words in (
        "down",
        "unreachable",
        "locked",
        "auth_failed",
        "LLM_KEY",
        "fix:",
        "ccroute check",
    ):
        assert words in ran.err
    assert KEY not in ran.err


def test_every_host_failing_its_name_look_up_says_offline_first(bare_sandbox: Sandbox) -> None:
    bare_sandbox.stand_in()
    routed(bare_sandbox, {"a": "https://a.invalid", "b": "https://b.invalid"})
    ran = bare_sandbox.run_ccwrap("-p", "hello").expect(69)
    assert "offline" in ran.err
    assert ran.err.index("offline") < ran.err.index("unreachable")


def test_a_pinned_route_that_is_not_usable_is_an_error(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    bare_sandbox.stand_in()
    good = gateway(Setup(keys=(KEY,)))
    routed(bare_sandbox, {"ill": gateway(behaviour=refuses(401)).url, "good": good.url})
    ran = bare_sandbox.run_ccwrap("-p", "hello", env={"CCWRAP_ROUTE": "ill"}).expect(69)
    assert "pinned to ill" in ran.err
    assert good.log == ()
    bare_sandbox.run_ccroute("use", "ill").expect()
    lines = bare_sandbox.run_ccwrap("-p", "hello").expect(69).err.splitlines()
    assert lines[:4] == [
        "ccwrap: no usable route, claude not started (exit 69)",
        "",
        "  pinned to ill, which can't be used; to unpin: ccroute use --auto",
        "",
    ]
