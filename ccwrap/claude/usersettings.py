"""The user's own --settings: read as Claude Code would, made safe to merge.

One ill-typed value makes Claude Code drop a whole settings object, and the route with
it. So only what fits the shapes of 2.1.330's own schema (also tried on 2.1.197) is
merged; the rest is left out and named. Keys that aren't in the schema are kept: both
versions pass over what they don't know.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ccwrap.claude import jsonfile
from ccwrap.claude.settingskeys import SHAPES
from ccwrap.claude.shapes import Misfit, fields
from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE: Final = fields(SHAPES)
_NO_JSON: Final = "Invalid JSON provided to --settings"


def fitted(given: Mapping[str, object]) -> tuple[dict[str, object], tuple[str, ...]]:
    """What of the user's settings may be merged, and what was left out, each with why."""
    dropped: list[str] = []
    try:
        kept = _WHOLE(dict(given), "", dropped.append)
    except Misfit as misfit:
        return {}, (str(misfit),)
    return (kept if isinstance(kept, dict) else {}), tuple(dropped)


def load(value: str, cwd: Path) -> tuple[Path, dict[str, object]]:
    """What --settings says, and the file it stands in (`--settings` where it is inline).

    Raises SettingError, worded like claude's own error; what looks like JSON is not
    quoted as the name of a file that isn't there, for it may hold a key.
    """
    inline = value.strip()
    if inline.startswith("{") and inline.endswith("}"):
        return Path("--settings"), _object(inline, _NO_JSON)
    path = Path(os.path.abspath(cwd / value))
    try:
        data = jsonfile.read(path)
    except (OSError, ValueError) as error:
        why = _NO_JSON if "{" in value else _reason(error, path)
        raise SettingError(why, "look at --settings") from None
    return path, _object(data, f"Settings file {path} is no JSON object")


def _object(text: bytes | str, otherwise: str) -> dict[str, object]:
    try:
        value = jsonfile.parse(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise SettingError(otherwise, "look at --settings")
    return value


def _reason(error: Exception, path: Path) -> str:
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT:
        return f"Settings file not found: {path}"
    if code == errno.EFBIG:
        return f"Settings file exceeds the 2MiB limit: {path}"
    said = error.strerror if isinstance(error, OSError) else str(error)
    return f"Cannot use settings file ({said}): {path}"
