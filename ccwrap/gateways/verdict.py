"""What is known about one candidate; `classify.py` makes it from a gateway's answer."""

from __future__ import annotations

from ccwrap.light import Final, NamedTuple

USABLE: Final = ("ok", "inconclusive", "rate_limited", "overloaded")
"""The verdicts with which a route may be used, best first."""

ASKED: Final = (
    *USABLE,
    "unreachable",
    "tls_error",
    "auth_failed",
    "upstream_auth",
    "no_credit",
    "model_missing",
    "wrong_path",
    "not_a_gateway",
)
UNASKED: Final = ("untrusted", "no_credential", "disabled", "unchecked")


class Verdict(NamedTuple):
    """What is known about one candidate, with its evidence.

    name          one of ASKED or UNASKED
    detail        a sentence for a person, cleaned
    hint          the mend, where there is one
    http_status   of the decisive answer
    latency_ms    the smaller of the warm round trips, milliseconds
    phase         where it was decided: dns connect tls reach auth model paid
    retry_after   seconds until the gateway wants to be asked again
    """

    name: str
    detail: str = ""
    hint: str = ""
    http_status: int | None = None
    latency_ms: float | None = None
    phase: str = ""
    retry_after: float | None = None

    @property
    def usable(self) -> bool:
        return self.name in USABLE
