"""A run inside a session that ccwrap started: which launch is around it.

Two ways lead here. A hook, a tool or a teammate inherits CCWRAP_LAUNCH, which every
overlay sets. What Claude Code starts by itself (a background session; 2.1.330, through
its process wrapper) names the overlay of the launch that asked for it:
`WRAPPER CLAUDE --session-id ID --settings OVERLAY …`. Its environment is the background
service's, which may be another session's, so the overlay counts for more.
"""

from __future__ import annotations

import json
from pathlib import Path

from ccwrap import private
from ccwrap.claude import jsonfile
from ccwrap.claude.overlay import FOLDER, bases
from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.claude.invocation import Invocation
    from ccwrap.places import Places

VARIABLE: Final = "CCWRAP_LAUNCH"
"""The store's id of the launch that a session belongs to."""

KEY: Final = "ccwrap"
"""A key of the overlay that Claude Code passes over (2.1.330) and that we read again."""


class Around(NamedTuple):
    """The launch around a run.

    launch  the store's id, 0 for none
    own     the run belongs to it, however long that launch is over
    """

    launch: int = 0
    own: bool = False


def marked(
    overlay: Mapping[str, object], given: Mapping[str, object], launch: int
) -> dict[str, object]:
    """`overlay` with what a run inside its session needs; `given` are the user's --settings."""
    variables = overlay.get("env")
    env = {**variables} if isinstance(variables, dict) else {}
    note: dict[str, object] = {"launch": launch, **({"settings": dict(given)} if given else {})}
    return {**overlay, "env": {**env, VARIABLE: str(launch or "")}, KEY: note}


def unwrapped(
    run: Invocation, environment: Mapping[str, str], places: Places
) -> tuple[Invocation, Around]:
    """`run` with the user's own --settings where it names an overlay of ours, and what is around.

    An overlay within an overlay would bring the outer one's route, hooks and models along.
    """
    note = _note(run.settings, environment, places)
    if note is None:
        return run, Around(_number(environment.get(VARIABLE)))
    given = note.get("settings")
    settings = json.dumps(given) if isinstance(given, dict) else None
    return run._replace(settings=settings), Around(_number(note.get("launch")), own=True)


def _note(
    settings: str | None, environment: Mapping[str, str], places: Places
) -> Mapping[str, Any] | None:
    """What we left in the overlay that `settings` names; None where it is none of ours."""
    if not settings or settings.lstrip().startswith("{"):
        return None
    path = Path(settings)
    if path.parent not in [base.absolute() / FOLDER for base in bases(places, environment)]:
        return None
    try:
        data = jsonfile.parse(private.read(path) or b"")
    except (SettingError, ValueError):
        return None
    note = data.get(KEY) if isinstance(data, dict) else None
    return note if isinstance(note, dict) else None


def _number(value: object) -> int:
    """A launch's id; 0 for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
