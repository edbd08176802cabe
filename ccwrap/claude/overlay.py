"""The settings overlay's file: written for each launch, removed when nobody names it.

It holds the route's credential, so it is ours alone (0600 in 0700) under a random
name. Claude Code reads it at its start, and again when a background session wakes.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from ccwrap import private
from ccwrap.claude.hooks import MARK
from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccwrap.places import Places

EVERY: Final = 3600.0
"""Seconds between two sweeps."""

YOUNG: Final = 600.0
"""Seconds for which an overlay is left alone: its session may not be on record yet."""

FOLDER: Final = "overlays"
MARKS_KEPT: Final = 30 * 86400.0
"""Seconds for which a session's mark (see `hooks`) is kept."""

STAMP: Final = "swept"
FOLDERS: Final = "claude-folders"
"""Every CLAUDE_CONFIG_DIR that an overlay was written for, absolute, ended by NUL."""


def write(places: Places, environment: Mapping[str, str], overlay: Mapping[str, object]) -> Path:
    """Put `overlay` into a new file and return its path.

    In the state folder; where that can't be written, in the user's runtime folder or
    the temporary one. Raises SettingError where none of them takes it.
    """
    data = json.dumps(overlay).encode()
    refused = []
    for base in bases(places, environment):
        try:
            return _put(base, data, _claude_folder(places, environment))
        except OSError as error:
            refused.append(f"{base}: {error.strerror or error}")
        except SettingError as error:
            refused.append(error.message)
    raise SettingError(
        "the settings overlay can't be written: " + "; ".join(refused),
        "make room, or set XDG_STATE_HOME to a folder of yours that can be written",
    )


@contextlib.contextmanager
def written(
    places: Places, environment: Mapping[str, str], overlay: Mapping[str, object]
) -> Iterator[Path]:
    """The file that `write` makes, gone again where claude can't be started after all."""
    path = write(places, environment, overlay)
    try:
        yield path
    except (Exception, KeyboardInterrupt):
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _put(base: Path, data: bytes, claude: bytes) -> Path:
    private.folder(base)
    private.folder(base / FOLDER)
    _remember(base / FOLDER / FOLDERS, claude + b"\0")
    path = base / FOLDER / f"{os.urandom(16).hex()}.json"
    private.write(path, data)
    return path


def _remember(record: Path, entry: bytes) -> None:
    """Add `entry` where it is new; appended, so that launches at once lose none."""
    if entry[:-1] in (private.read(record) or b"").split(b"\0"):
        return
    descriptor = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, entry)
    finally:
        os.close(descriptor)


def bases(places: Places, environment: Mapping[str, str]) -> Iterator[Path]:
    """Folders of ours for what a launch writes, the state folder first."""
    yield places.state
    if (runtime := environment.get("XDG_RUNTIME_DIR", "")).startswith("/"):
        yield Path(runtime) / "ccwrap"
    if sys.platform != "win32":
        temporary = environment.get("TMPDIR", "")
        shared = Path(temporary if temporary.startswith("/") else "/tmp")  # noqa: S108 - owner checked
        yield shared / f"ccwrap-{os.geteuid()}"


def _claude_folder(places: Places, environment: Mapping[str, str]) -> bytes:
    folder = environment.get("CLAUDE_CONFIG_DIR") or places.home / ".claude"
    return os.fsencode(os.path.abspath(folder))


def sweep(places: Places, environment: Mapping[str, str], now: float) -> None:
    """Remove overlays that no live process and no background session names.

    `now` is seconds since 1970. At most once an hour; does nothing where it is in
    doubt, and never raises: a launch doesn't depend on it.
    """
    with contextlib.suppress(Exception):
        for base in bases(places, environment):
            if (base / FOLDER).is_dir():
                _sweep(base / FOLDER, now)


def _sweep(folder: Path, now: float) -> None:
    stamp = folder / STAMP
    with contextlib.suppress(FileNotFoundError):
        if abs(now - stamp.stat().st_mtime) < EVERY:
            return
    private.write(stamp, b"")
    os.utime(stamp, (now, now))
    for mark in folder.glob(MARK.format("*")):
        if now - mark.stat().st_mtime > MARKS_KEPT:
            mark.unlink()
    for path in stale(folder, now):
        path.unlink(missing_ok=True)


def stale(folder: Path, now: float) -> list[Path]:
    """The overlays in `folder` that nobody names; none where that is in doubt. Raises OSError."""
    old = [path for path in folder.glob("*.json") if now - path.stat().st_mtime > YOUNG]
    processes = _processes() if old else {}
    if os.getpid() not in processes:
        return []
    named = b"\0".join((*processes.values(), *_sessions(folder)))
    return [path for path in old if os.fsencode(path.name) not in named]


def _processes() -> dict[int, bytes]:
    """Every command line on this machine that we may see; without a /proc not even our own."""
    import psutil  # noqa: PLC0415 - once an hour

    return {
        process.pid: os.fsencode(" ".join(process.info["cmdline"] or ()))
        for process in psutil.process_iter(["cmdline"])
    }


def _sessions(folder: Path) -> Iterator[bytes]:
    """What Claude Code has on record about background sessions.

    A job keeps its `--settings` in `jobs/ID/state.json` (`respawnFlags`), one that is
    being started in `daemon/roster.json`; observed with 2.1.330. A spare that took
    over a session doesn't name it on its command line.
    """
    folders = (private.read(folder / FOLDERS) or b"").split(b"\0")
    for claude in (Path(os.fsdecode(entry)) for entry in folders if entry):
        for record in (*claude.glob("jobs/*/state.json"), claude / "daemon" / "roster.json"):
            with contextlib.suppress(FileNotFoundError):
                yield record.read_bytes()
