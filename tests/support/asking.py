"""Ask gateways as a launch would."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ccwrap.gateways import kinds
from ccwrap.gateways.probe import Ask, probe
from ccwrap.gateways.road import Road
from ccwrap.secret import Secret

if TYPE_CHECKING:
    from ccwrap.gateways.verdict import Verdict

KEY = "sk-ant-made-up-0123456789"
MODEL = "claude-sonnet-5"
TIMEOUT = 1.0
SLACK = 1.0
"""Seconds that a busy machine may need on top of a time limit."""

KINDS = kinds.load()


def candidate(url: str, kind: str = "generic", **more: Any) -> Ask:
    """A candidate that sends KEY as a bearer token and asks for MODEL."""
    usual: dict[str, Any] = {
        "bearer": Secret(KEY),
        "model": MODEL,
        "credential": "LLM_KEY",
        "timeout": TIMEOUT,
    }
    return Ask(url, KINDS.get(kind), **(usual | more))


def verdict(ask: Ask, variables: dict[str, str] | None = None, **more: Any) -> Verdict:
    """The verdict on one candidate; fails where the time limit doesn't hold."""
    began = time.monotonic()
    [(index, found)] = probe([ask], Road.from_variables(variables or {}), ask.timeout, **more)
    assert index == 0
    assert time.monotonic() - began < ask.timeout + SLACK
    return found
