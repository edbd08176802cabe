"""JSON that scripts rely on: stable keys, names in place of values, URLs as shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ccwrap import past
from ccwrap.gateways.verdict import ASKED
from ccwrap.routes.schema import Locks
from ccwrap.text import shown_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.health.selection import Considered
    from ccwrap.plan import Plan
    from ccwrap.routes.schema import Route
    from ccwrap.world import World

VERSION = 1

ANY_LAUNCH = 1
"""Stands for the id that a launch gets in the store; only names are shown."""


def say(answer: Mapping[str, object]) -> None:
    """Print one JSON object, in ASCII, so that no terminal's encoding matters."""
    click.echo(json.dumps({"version": VERSION, **answer}, indent=2))


def url(route: Route, catalogue: Catalogue) -> str:
    """The route's URL, with the part blanked that its kind says is secret."""
    return shown_url(route.url, catalogue.get(route.kind).secret_path)


def considered(one: Considered, catalogue: Catalogue) -> dict[str, object]:
    """One candidate.

    `age_s` is how old its verdict is, null where there is none; `until` the Unix time
    until which it is left alone, null where it isn't.
    """
    verdict = one.verdict
    return {
        "name": one.route.name,
        "url": url(one.route, catalogue),
        "kind": one.route.kind,
        "verdict": verdict.name,
        "usable": verdict.usable,
        "detail": verdict.detail,
        "hint": verdict.hint,
        "http_status": verdict.http_status,
        "latency_ms": None if verdict.latency_ms is None else round(verdict.latency_ms, 1),
        "phase": verdict.phase,
        "credential": one.route.credential or None,
        "age_s": round(one.age, 1) if verdict.name in ASKED else None,
        "until": None if one.until is None else round(one.until),
    }


def check(plan: Plan, catalogue: Catalogue) -> dict[str, object]:
    """`ccroute check --json`."""
    choice = plan.choice
    chosen = choice.chosen if choice else None
    return {
        "routes": [considered(one, catalogue) for one in choice.considered] if choice else [],
        "chosen": chosen.route.name if chosen else None,
    }


def explain(plan: Plan, here: World, arguments: Sequence[str]) -> dict[str, object]:
    """`ccroute explain --json`; `arguments` as they may be shown."""
    checked = check(plan, here.catalogue)
    chosen = plan.choice.chosen if plan.choice else None
    injection = plan.injection
    return {
        "action": plan.action,
        "reason": plan.reason,
        "route": checked["chosen"],
        "url": url(chosen.route, here.catalogue) if chosen else None,
        "argv": list(arguments),
        "env": {
            "set": sorted(injection.set) if injection else [],
            "unset": sorted(injection.unset) if injection else [],
        },
        "overlay": names(plan.settings(here, ANY_LAUNCH)),
        "beaten": [{"file": one.file, "name": one.name} for one in plan.beaten],
        "considered": checked["routes"],
        "notes": list(past.notes(plan.choice)) if plan.choice else [],
        "locked": locked(plan.file.locks if plan.file else Locks()),
        "refresh_s": injection.helper.seconds if injection and injection.helper else None,
        "stale": [{"header": header, "credential": name} for header, name in plan.stale],
    }


def locked(locks: Locks) -> dict[str, object]:
    """What the machine's config.toml decides alone, and what was said in vain."""
    ignored = [{"where": one.where, "keys": list(one.keys)} for one in locks.ignored]
    file = str(locks.file) if locks.file else None
    return {"file": file, "keys": list(locks.keys), "ignored": ignored}


def names(overlay: Mapping[str, object]) -> dict[str, object]:
    """The overlay's keys, and the names inside those that hold a table."""
    return {key: sorted(value) if isinstance(value, dict) else [] for key, value in overlay.items()}
