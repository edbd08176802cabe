"""A simulated Anthropic-compatible gateway on loopback, for the demo and the tests.

It answers as Anthropic's API does, misbehaves as told, and remembers every
request, so that a test can say what a gateway has and hasn't received.
"""

from __future__ import annotations

from ccwrap.gateways.simulated.behaviour import (
    CUT,
    CUT_MIDWAY,
    DRIP,
    ECHO_AUTH,
    ENDLESS,
    ESCAPES,
    GZIP_BOMB,
    HTML,
    SILENT,
    STALL,
    WELL,
    Behaviour,
    answers,
    redirects,
    refuses,
    slow,
)
from ccwrap.gateways.simulated.gateway import SimulatedGateway
from ccwrap.gateways.simulated.received import Received
from ccwrap.gateways.simulated.service import Call, Setup

__all__ = [
    "CUT",
    "CUT_MIDWAY",
    "DRIP",
    "ECHO_AUTH",
    "ENDLESS",
    "ESCAPES",
    "GZIP_BOMB",
    "HTML",
    "SILENT",
    "STALL",
    "WELL",
    "Behaviour",
    "Call",
    "Received",
    "Setup",
    "SimulatedGateway",
    "answers",
    "redirects",
    "refuses",
    "slow",
]
