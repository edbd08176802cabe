"""Pins: `ccroute use NAME [--for 2h]`, by project."""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, Any, Final
from ccwrap.routes import records

if TYPE_CHECKING:
    from pathlib import Path

    from ccwrap.places import Places

FILE: Final = "pins.json"


def pin(places: Places, project: Path, name: str, until: float | None) -> None:
    """Insist on the route `name` in `project`, until that Unix time or for good."""
    path = places.state / FILE
    with records.changing(path) as record:
        pins = _checked(path, record)
        record["pins"] = {**pins, str(project): {"name": name, "until": until}}


def unpin(places: Places, project: Path) -> None:
    """Let the policy choose again."""
    path = places.state / FILE
    with records.changing(path) as record:
        pins = _checked(path, record)
        record["pins"] = {root: pinned for root, pinned in pins.items() if root != str(project)}


def pinned(places: Places, project: Path, now: float) -> str:
    """The route that `project` is pinned to at the Unix time `now`; "" where it isn't.

    Raises SettingError for a broken record.
    """
    return current(places, project, now)[0]


def current(places: Places, project: Path, now: float) -> tuple[str, float | None]:
    """As `pinned`, with the Unix time at which the pin ends, None for never."""
    path = places.state / FILE
    found = _checked(path, records.read(path)).get(str(project))
    if found is None or (found["until"] is not None and found["until"] <= now):
        return "", None
    return str(found["name"]), found["until"]


def _checked(path: Path, record: dict[str, Any]) -> dict[str, Any]:
    pins = record.get("pins", {})
    if not isinstance(pins, dict) or not all(_is_pin(one) for one in pins.values()):
        raise records.broken(path, "is none of ours")
    return pins


def _is_pin(one: object) -> bool:
    return (
        isinstance(one, dict)
        and set(one) == {"name", "until"}
        and isinstance(one["name"], str)
        and (one["until"] is None or type(one["until"]) in (int, float))
    )
