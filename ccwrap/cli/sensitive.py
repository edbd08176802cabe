"""Which variables of a launch hold a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.plan import Plan

NAMES: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|HEADERS")
LIMITS: Final = re.compile(r"TOKENS$|_TTL_MS$")
"""Names that count tokens or time rather than carry one."""

LEAST: Final = 6
"""A shorter value is not looked for inside others: it would be found by chance."""


def hidden(plan: Plan, catalogue: Catalogue) -> tuple[str, ...]:
    """Names of the variables whose values are not shown unasked."""
    if plan.injection is None or plan.choice is None or plan.choice.chosen is None:
        return ()
    kind = catalogue.get(plan.choice.chosen.route.kind)
    filled = {name: value for name, value in plan.injection.set.items() if value}
    named = {name for name, value in filled.items() if _by_itself(name, value)}
    if kind.secret_path:
        named.add(kind.url_variable)
    known = [filled[name] for name in named if len(filled.get(name, "")) >= LEAST]
    return tuple(
        name
        for name, value in filled.items()
        if name in named or any(secret in value for secret in known)
    )


def _by_itself(name: str, value: str) -> bool:
    if NAMES.search(name) and not LIMITS.search(name):
        return True
    return "://" in value and "@" in (urlsplit(value).netloc if _parses(value) else value)


def _parses(value: str) -> bool:
    try:
        urlsplit(value)
    except ValueError:
        return False
    return True
