"""How long a route that failed is left alone, and what a failed session tells."""

from __future__ import annotations

import os

from ccwrap.gateways.verdict import Verdict
from ccwrap.light import Final

FIRST: Final = 30.0
LONGEST: Final = 300.0
"""Seconds: one failure, and any number of failures in a row."""

LATEST: Final = 900.0
"""Seconds after which everything is looked at again, whatever was said."""

FAULTS: Final = (
    "auth_failed",
    "upstream_auth",
    "no_credit",
    "model_missing",
    "wrong_path",
    "not_a_gateway",
    "tls_error",
)
"""Verdicts that only a change of key, model, file or gateway mends."""

WELL: Final = ("ok", "inconclusive")

ERRORS: Final = {
    "server_error": "overloaded",
    "overloaded": "overloaded",
    "rate_limit": "rate_limited",
    "billing_error": "no_credit",
    "authentication_failed": "auth_failed",
    "oauth_org_not_allowed": "auth_failed",
    "model_not_found": "model_missing",
}
"""A StopFailure hook's `error` -> verdict; the others say nothing about the gateway.

https://code.claude.com/docs/en/hooks; which status gives which was observed with
2.1.330 (529 and a refused connection give `server_error`).
"""


def until(verdict: Verdict, failures: int, now: float, chance: float) -> float | None:
    """Unix time until which the route is left alone; None where it needn't be.

    `failures` in a row, this one included. `chance`, from 0 to 1, spreads the ends of
    what many machines learnt at the same moment.
    """
    if verdict.name in WELL:
        return None
    if verdict.name in FAULTS:
        return now + LATEST
    if verdict.retry_after is not None:
        return now + min(max(verdict.retry_after, 1.0), LATEST)
    wait = min(FIRST * max(failures, 1), LONGEST)
    return now + min(wait * (0.8 + 0.4 * chance), LONGEST)


def reported(error: str) -> Verdict | None:
    """What real work that ended with `error` says of its route; None for nothing."""
    name = ERRORS.get(error)
    if name is None:
        return None
    return Verdict(name, f"a session's request failed: {error}", phase="session")


def chance() -> float:
    """A number from 0 to 1 for jitter; the random module costs three milliseconds."""
    return int.from_bytes(os.urandom(2), "big") / 0xFFFF
