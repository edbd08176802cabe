"""Asking the person at the terminal whether a route file may have what it wants.

Standard output is claude's, so the question goes to standard error.
"""

from __future__ import annotations

import contextlib
import sys

from ccwrap.errors import NotTrusted
from ccwrap.home import short
from ccwrap.light import TYPE_CHECKING, Final
from ccwrap.routes import credentials, trust
from ccwrap.routes.question import answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ccwrap.places import Places
    from ccwrap.routes.schema import Route, RouteFile
    from ccwrap.routes.trust import Trust

TRIES: Final = 3
"""Answers that are not understood before it counts as a no."""

WORDS: Final = {"": "n", "no": "n", "yes": "y"}
"""Answers in full; "all" or "allow" could mean two of the letters, so they are none."""


def ask(
    places: Places, environment: Mapping[str, str], file: RouteFile, root: Path, granted: Trust
) -> Trust:
    """What is allowed after the question; `granted` as it is where there is none to put.

    Asked is only about enabled routes that want something which the user has neither
    allowed nor refused before. Raises NotTrusted on a no that leaves no route.
    """
    if granted.locked:
        return granted
    enabled = [route for route in file.routes if not route.disabled]
    waiting = [route for route in enabled if granted.undecided(root, route)]
    if not waiting or file.file is None:
        return granted
    stop = all(granted.missing(root, route) for route in enabled)
    answer = _read(_text(places, environment, file, root, granted, stop=stop), _letters(file))
    grants = tuple(grant for route in waiting for grant in granted.missing(root, route))
    if answer in {"y", "a"}:
        project = root if answer == "y" else None
        trust.allow(places, project, grants)
        return granted.with_grants(project, grants)
    if answer == "r":
        return _one_by_one(places, waiting, root, granted)
    if answer == "i":
        trust.ignore(places, file.file)
        return granted.ignoring(file.file)
    if stop:
        raise NotTrusted(
            f"{short(file.file, places.home)}: not allowed, claude not started (exit 77)",
            "ccroute trust; CCWRAP_DISABLE=1 ccwrap is plain claude",
        )
    return granted


def _text(
    places: Places,
    environment: Mapping[str, str],
    file: RouteFile,
    root: Path,
    granted: Trust,
    *,
    stop: bool,
) -> str:
    """The question, with where each key would come from."""
    shown = [route for route in file.routes if _worth_showing(route, root, granted)]
    names = [name for route in shown for name in route.names()]
    return trust.question(
        file.file or file.folder,
        places.home,
        shown,
        lambda route: granted.missing(root, route),
        credentials.origins(names, file.folder, environment, file.secrets, file.fixed),
        answers(ignorable=not file.require_route, stop=stop),
    )


def _letters(file: RouteFile) -> str:
    return "yar" if file.require_route else "yari"


def _worth_showing(route: Route, root: Path, granted: Trust) -> bool:
    """Not what was refused before: a yes would allow what is shown."""
    return bool(granted.undecided(root, route)) or not granted.missing(root, route)


def _one_by_one(places: Places, waiting: Sequence[Route], root: Path, granted: Trust) -> Trust:
    """Ask about each route, credentials last: headers could push them off the screen.

    A no is recorded, and not asked again.
    """
    for route in waiting:
        missing = granted.missing(root, route)
        grants = sorted(missing, key=lambda grant: ":" not in grant.what)
        lines = "".join(f"  {trust.plain(grant)}\n" for grant in grants)
        answer = _read(f"\n{route.name}\n{lines}Allow {route.name}? [y/N] ", "yn")
        if answer == "y":
            trust.allow(places, root, grants)
            granted = granted.with_grants(root, grants)
        elif answer == "n":
            trust.decline(places, root, grants)
        else:
            break
    return granted


def _read(text: str, choices: str) -> str:
    """The letter that a person types; "n" for an empty line, "" for the end of input."""
    _drop_typed_ahead()
    last = text.rsplit("\n", 1)[-1]
    for _ in range(TRIES):
        sys.stderr.write(text)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stderr.write("\n")
            return ""
        word = line.strip().lower()
        letter = WORDS.get(word, word)
        if len(letter) == 1 and letter in f"{choices}n":
            return letter
        text = last
    return "n"


def _drop_typed_ahead() -> None:
    """What was typed before the question was seen is no answer to it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import termios  # noqa: PLC0415 - not on Windows

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
