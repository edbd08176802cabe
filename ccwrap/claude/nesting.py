"""A run inside a session that ccwrap started: which launch is around it.

Two ways lead here. A hook, a tool or a teammate inherits CCWRAP_LAUNCH, which every
overlay sets. What Claude Code starts by itself (a background session; 2.1.330, through
its process wrapper) names the overlay of the launch that asked for it:
`WRAPPER CLAUDE --session-id ID --settings OVERLAY …`. Its environment is the background
service's, which may be another session's in another project, so what the overlay says of
the launch's own environment counts for more.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from ccwrap import private
from ccwrap.claude import jsonfile, variables
from ccwrap.claude.overlay import FOLDER, bases
from ccwrap.digest import digest
from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ccwrap.claude.invocation import Invocation
    from ccwrap.places import Places

VARIABLE: Final = "CCWRAP_LAUNCH"
"""The store's id of the launch that a session belongs to."""

GIVEN: Final = "CCWRAP_GIVEN"
"""What claude has of the route's and not of the user's: `VARIABLE=NAME=SALT=DIGEST`, the
variable that it has the key in and the ${NAME} of which that is the value, and variables
with a model. Another value than the digest's is somebody's own word."""

MARKS: Final = (VARIABLE, GIVEN)

CARRIERS: Final = ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY")
"""The variables that claude may have a route's key in."""

KEY: Final = "ccwrap"
"""A key of the overlay that Claude Code passes over (2.1.330) and that we read again."""


PROCESS: Final = frozenset({"CCWRAP_CHAIN", "CCWRAP_DEBUG"})
"""Variables of ours that belong to a process and not to a launch."""


class Around(NamedTuple):
    """The launch around a run.

    launch  the store's id, 0 for none
    own     the run belongs to it, however long that launch is over
    """

    launch: int = 0
    own: bool = False


def marks(launch: int, credential: str, injected: Mapping[str, str]) -> dict[str, str]:
    """The variables by which a run inside a session knows what is around it.

    `credential` is the ${NAME} of the launch's key, "" for none; `injected` what its
    claude is given.
    """
    salt = os.urandom(8).hex()
    digests = {name: _digest(injected.get(name, ""), salt) for name in CARRIERS}
    keys = [f"{name}={credential}={salt}={digest}" for name, digest in digests.items() if digest]
    models = [name for name in variables.MODELS if injected.get(name)]
    return {VARIABLE: str(launch or ""), GIVEN: " ".join((*keys, *models))}


def before(environment: Mapping[str, str]) -> Mapping[str, str]:
    """`environment` with the key of the launch around under its own ${NAME} alone, and
    without its models.

    What claude has the key in may be the name of another route's key, in any project:
    that route's gateway would get it, and would be asked for the models of this one.
    """
    changed: dict[str, str] = {}
    for word in environment.get(GIVEN, "").split():
        carrier, name, salt, digest = (*word.split("="), "", "", "")[:4]
        key = environment.get(carrier, "")
        if carrier in CARRIERS and carrier != name and digest and _digest(key, salt) == digest:
            changed[carrier] = ""
            if name in CARRIERS and not environment.get(name):
                changed[name] = key
        elif word in variables.MODELS:
            changed[word] = ""
    whole = {**environment, **changed}
    return {name: value for name, value in whole.items() if value or name not in changed}


def marked(
    overlay: Mapping[str, object],
    given: Mapping[str, object],
    signs: Mapping[str, str],
    note: Mapping[str, object],
) -> dict[str, object]:
    """`overlay` with what a run inside its session needs.

    `given` are the user's --settings, `signs` what `marks` says, `note` the launch's id
    and what `secrets` says.
    """
    variables = overlay.get("env")
    env = {**variables} if isinstance(variables, dict) else {}
    theirs = {"settings": dict(given)} if given else {}
    return {**overlay, "env": {**env, **signs}, KEY: {**note, **theirs}}


def secrets(
    environment: Mapping[str, str], own: Collection[str], others: Collection[str]
) -> dict[str, object]:
    """What `environment` has for the ${NAME}s of a route file, "" where it has nothing.

    The values of those that the launch's route names (`own`), which the overlay holds
    anyway; of the `others` a keyed digest, by which the same value is known again.
    """
    key = os.urandom(16).hex()
    digests = {name: _digest(environment.get(name, ""), key) for name in others if name not in own}
    values = {name: environment.get(name, "") for name in own}
    return {"values": values, "digests": digests, "key": key}


def _digest(value: str, key: str) -> str:
    data = os.fsencode(value)
    return digest(data, key.encode()) if value else ""


def unwrapped(
    run: Invocation,
    environment: Mapping[str, str],
    places: Places,
    pinned: Collection[str] = (),
) -> tuple[Invocation, Around, Mapping[str, str]]:
    """`run` with the user's own --settings where it names an overlay of ours, what is
    around, and the environment as the launch around had it.

    An overlay within an overlay would bring the outer one's route, hooks and models along.
    `pinned` names variables that every overlay pins at the launch's values. Raises
    SettingError where the overlay is gone: what the user allowed the session stood in it.
    """
    overlay = _overlay(run.settings, environment, places)
    note = overlay.get(KEY)
    if not isinstance(note, dict):
        return run, Around(_number(environment.get(VARIABLE))), environment
    given = note.get("settings")
    settings = json.dumps(given) if isinstance(given, dict) else None
    around = Around(_number(note.get("launch")), own=True)
    own = _own(before(environment), overlay, note, pinned)
    return run._replace(settings=settings), around, own


def _overlay(
    settings: str | None, environment: Mapping[str, str], places: Places
) -> Mapping[str, Any]:
    """The overlay of ours that `settings` names; {} where it is none of ours."""
    if not settings or settings.lstrip().startswith("{"):
        return {}
    path = Path(settings)
    if not any(_same(path.parent, base / FOLDER) for base in bases(places, environment)):
        return {}
    try:
        data = private.read(path, jsonfile.LIMIT)
        found = jsonfile.parse(data or b"")
    except (SettingError, ValueError):
        return {}
    if data is None:
        hint = "start the session anew: ccwrap --resume"
        raise SettingError(f"{path}: the settings that the session ran with are gone", hint)
    return found if isinstance(found, dict) else {}


def _same(one: Path, other: Path) -> bool:
    """Whether both are the same folder, whichever way they are named."""
    with contextlib.suppress(OSError, ValueError):
        return one.samefile(other)
    return False


def _own(
    environment: Mapping[str, str],
    overlay: Mapping[str, Any],
    note: Mapping[str, Any],
    pinned: Collection[str],
) -> dict[str, str]:
    """`environment` with the launch's own values.

    Another project's key, kept under the same name, must not come to this one's gateways:
    where the launch had another value, or none, there is none.
    """
    told = _texts(overlay.get("env"))
    ours = {n for n in (*environment, *told) if n.startswith("CCWRAP_")} - PROCESS
    values, digests, key = _texts(note.get("values")), _texts(note.get("digests")), note.get("key")
    said = {name: told.get(name, "") for name in (*pinned, *ours)} | values
    for name, known in digests.items():
        if _digest(environment.get(name, ""), str(key)) != known:
            said[name] = ""
    kept = {name: value for name, value in environment.items() if name not in said}
    return kept | {name: value for name, value in said.items() if value}


def _texts(value: object) -> dict[str, str]:
    """The texts of an object, by name."""
    if not isinstance(value, dict):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _number(value: object) -> int:
    """A launch's id; 0 for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
