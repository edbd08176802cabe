"""`ccroute doctor`: the claude of VS Code and its kin, of dev containers and of JetBrains IDEs."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ccwrap.claude import jsonfile, settings
from ccwrap.cli import doctor_keys, editors, ide, installed, jsonc
from ccwrap.cli.doctor_own import (
    elsewhere,
    fault,
    is_ccwrap,
    present,
    project_root,
    routed_by_path,
)
from ccwrap.cli.doctor_settings import BENT
from ccwrap.cli.editors import LOGIN, TERMINAL, WORKSPACE, WRAPPER
from ccwrap.cli.finding import Finding, Place
from ccwrap.errors import SettingError
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccwrap.cli.finding import Machine

VARIABLES: Final = "claudeCode.environmentVariables"
PREFIX: Final = b"claudeCode."
SCRIPTS: Final = (".cmd", ".bat", ".ps1")
"""What no editor can start, for it takes a shell."""

DEVCONTAINERS: Final = (".devcontainer/devcontainer.json", ".devcontainer.json")
PRODUCT: Final = re.compile(r"[A-Za-z]+\d{4}\.\d")
"""A JetBrains IDE's folder of settings, such as PyCharm2026.1."""


def editor(name: str, machine: Machine) -> Iterator[Finding]:
    """Each settings file of the user's that an editor of this family reads."""
    anywhere = False
    for one in editors.places(name, machine.environment, machine.places.home):
        found = list(_file(name, one.title, one.file, machine))
        yield from found
        if any(finding.place and finding.place.routed for finding in found):
            anywhere = True
            yield from _beside(name, one, machine)
    if anywhere:
        yield from _keys(name, machine)


def workspace(machine: Machine) -> Iterator[Finding]:
    """What this project's own settings file says, and its dev container's."""
    root = project_root(machine)
    file = root / WORKSPACE
    values = _values(file, machine)
    if isinstance(values, dict) and values.get(WRAPPER) is not None:
        said = {editors.scope(name, machine.places.home)[0] for name in editors.EDITORS} - {""}
        if said and said <= editors.CONFINED:
            text = f"{WRAPPER} in {machine.short(file)} does nothing: the extension here takes it from your own settings"
            place = Place("workspace", routed=False, by=WRAPPER, file=file)
            yield Finding("note", text, "ccroute ide vscode", place)
        else:
            yield from _file("workspace", "a window on this folder", file, machine)
    elif isinstance(values, dict) and values.get(TERMINAL) is True:
        yield from _file("workspace", "a window on this folder", file, machine)
    for name in DEVCONTAINERS:
        yield from _devcontainer(root / name, machine)


def _values(file: Path, machine: Machine) -> dict[str, object] | str:
    """The entries of an editor's settings file; why it can't be read.

    One without a word about Claude Code isn't read further: it may be long.
    """
    try:
        if PREFIX not in jsonfile.read(file):
            return {}
    except OSError as error:
        gone = isinstance(error, FileNotFoundError | NotADirectoryError)
        return {} if gone else f"{machine.short(file)}: {error.strerror}"
    try:
        return editors.settings(file, machine.places).values()
    except SettingError as error:
        return error.message


def _file(name: str, title: str, file: Path, machine: Machine) -> Iterator[Finding]:
    """One settings file."""
    values = _values(file, machine)
    if isinstance(values, str):
        yield _unread(name, title, file, values)
        return
    if values.get(TERMINAL) is True:
        yield _in_terminal(name, title, file, machine)
        yield from _variables(name, title, file, values, machine)
        return
    if values.get(WRAPPER) in (None, ""):
        text = f"{title}: starts plain claude"
        yield Finding("note", text, _route(name), Place(name, routed=False))
    else:
        place = Place(name, routed=False, by=WRAPPER, file=file)
        yield from _wrapped(place, title, values, machine)
    yield from _variables(name, title, file, values, machine)


def _unread(name: str, title: str, file: Path, why: str) -> Finding:
    """A file that we can't read, though the editor may: it matters where it speaks of us."""
    try:
        speaks = WRAPPER.encode() in jsonfile.read(file)
    except OSError:
        speaks = False
    place = Place(name, None, WRAPPER if speaks else "", file)
    return Finding("problem" if speaks else "note", f"{title}: {why}", "mend that file", place)


def _in_terminal(name: str, title: str, file: Path, machine: Machine) -> Finding:
    """`useTerminal`: the extension starts the claude on PATH, whatever its wrapper says."""
    if first := routed_by_path(machine):
        place = Place(name, routed=True, by="shim", file=first)
        text = f"{title}: {TERMINAL} is on: it starts the claude on PATH, {machine.short(first)}, which is ccwrap"
        return Finding("ok", text, place=place)
    text = f"{title}: {TERMINAL} is on in {machine.short(file)}: it starts the claude on PATH, and no wrapper"
    fix = f"ccroute alias --shim --install, or take {TERMINAL} out"
    meant = isinstance(values := _values(file, machine), dict) and bool(values.get(WRAPPER))
    place = Place(name, routed=False, by=TERMINAL, file=file)
    return Finding("problem" if meant else "note", text, fix, place)


def _route(name: str) -> str:
    return f"ccroute ide {'vscode' if name == 'workspace' else name}"


def _wrapped(
    place: Place, title: str, values: Mapping[str, object], machine: Machine
) -> Iterator[Finding]:
    """The program that the extension starts in place of claude."""
    value, route, where = values[WRAPPER], _route(place.name), machine.short(place.file)
    if why := _unfit(value):
        yield Finding("problem", f"{title}: {WRAPPER} in {where} {why}", route, place)
        return
    program = str(value)
    shown = clean(machine.short(program))
    if not os.path.isabs(program):
        text = f"{title}: {WRAPPER} in {where} is {shown}, no absolute path: an editor from the desktop may not find it"
        yield Finding("note", text, route, place._replace(routed=None))
    elif why := fault(program):
        text = f"{title}: {WRAPPER} in {where} is {shown}, which {why}"
        ours = installed.is_ours(program) and present(machine)
        mend = partial(_rewrite, place.file, machine) if ours and place.file else None
        yield Finding("problem", text, route, place, mend)
    elif not (installed.is_ours(program) or is_ccwrap(program, machine)):
        text = f"{title}: starts claude by {shown}; whether that leads to ccwrap can't be seen"
        yield Finding("note", text, route, place._replace(routed=None))
    else:
        place = place._replace(routed=True)
        yield Finding("ok", f"{title}: starts ccwrap, by {WRAPPER} in {where}", place=place)
        yield from elsewhere(machine, program, place, f"{title}: {where}", route)
        if values.get(LOGIN) is not True:
            yield _login(title, place, machine, route)


def _unfit(value: object) -> str:
    """Why an editor can't start `value`, "" where it may."""
    if not isinstance(value, str):
        return "is no text"
    if value.lower().endswith(SCRIPTS):
        return f"names a {value[-4:]}, which no editor can start"
    if value.startswith("~") or "${" in value:
        return "has a ~ or a ${…} in it, which stays as it is"
    return ""


def _rewrite(file: Path, machine: Machine) -> str:
    """Have the editor's setting name the present ccwrap."""
    program, held = present(machine), _values(file, machine)
    if program is None or isinstance(held, str):
        return ""
    ours = {LOGIN: held[LOGIN]} if LOGIN in held else {}
    editors.settings(file, machine.places).put({WRAPPER: str(program), **ours})
    return f"{WRAPPER} in {machine.short(file)} is {machine.short(program)}"


def _login(title: str, place: Place, machine: Machine, route: str) -> Finding:
    """The extension asks for a login before it starts anything, where it sees none."""
    saved = settings.logins(machine.environment, machine.places.home)
    none = saved.claude_ai is False and saved.console is False
    text = f"{title}: {LOGIN} isn't on in {machine.short(place.file)}: it asks for a login first"
    return Finding("problem" if none else "note", text, route, place)


def _variables(
    name: str, title: str, file: Path, values: Mapping[str, object], machine: Machine
) -> Iterator[Finding]:
    """Variables that the extension gives to what it starts."""
    given = values.get(VARIABLES)
    names = {
        entry["name"]
        for entry in (given if isinstance(given, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("name"), str) and entry.get("value")
    }
    place = Place(name, None, VARIABLES, file)
    if "CCWRAP_DISABLE" in names:
        text = f"{title}: {VARIABLES} in {machine.short(file)} sets CCWRAP_DISABLE: plain claude"
        fix = f"take it out of {machine.short(file)}"
        yield Finding("problem", text, fix, place._replace(routed=False))
    bent = sorted(one for one in names if one in BENT or one.startswith("ANTHROPIC_"))
    if bent:
        listed = ", ".join(map(clean, bent))
        text = f"{title}: {VARIABLES} sets {listed}; a route outranks it, plain claude takes it"
        yield Finding("note", text, f"take it out of {machine.short(file)}", place)


def _beside(name: str, one: editors.Place, machine: Machine) -> Iterator[Finding]:
    """What else decides whether a routed editor stays so."""
    for profile in editors.profiles(one):
        values = _values(profile, machine)
        if isinstance(values, dict) and WRAPPER not in values:
            place = Place(name, routed=False, file=profile)
            text = f"{one.title}: a profile has settings of its own, without this: {machine.short(profile)}"
            yield Finding("note", text, f"put {WRAPPER} there, too", place)
    if one.remote and ide.contained(machine.environment):
        place = Place(name, routed=True, by=WRAPPER, file=one.file)
        text = f"{one.title}: a container that is built anew has lost this"
        fix = "put it into devcontainer.json, under customizations.vscode.settings"
        yield Finding("note", text, fix, place)


def _keys(name: str, machine: Machine) -> Iterator[Finding]:
    """Keys that stand in the environment alone: an editor from the desktop has another one."""
    if keys := doctor_keys.exported(machine):
        listed = ", ".join(keys)
        text = f"{listed}: set in this environment alone; an editor that the desktop starts doesn't read your shell's files"
        yield Finding("note", text, f"ccroute secret set {keys[0]}", Place(name, None))


def _devcontainer(file: Path, machine: Machine) -> Iterator[Finding]:
    """What a dev container gives to the editor's window in it."""
    if not os.path.isfile(file):
        return
    place, where = Place("devcontainer", None, file=file), machine.short(file)
    try:
        document = jsonc.read(jsonfile.read(file).decode("utf-8", "replace"))
        entry = document.get("customizations")
        said: Any = entry.data() if entry else {}
        value = said["vscode"]["settings"].get(WRAPPER)
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or "can't be read"
        yield Finding("note", f"{where}: {clean(str(why))}", f"look at {where}", place)
        return
    except (LookupError, TypeError, AttributeError):
        value = None
    if isinstance(value, str) and value.rpartition("/")[2] == "ccwrap":
        place = place._replace(routed=True, by=WRAPPER)
        yield Finding("ok", f"a window in the dev container starts {clean(value)}", place=place)
    else:
        text = f"a window in the dev container of {where} starts plain claude"
        fix = f"put {WRAPPER} under customizations.vscode.settings there"
        yield Finding("note", text, fix, place._replace(routed=False))


def jetbrains(machine: Machine) -> Iterator[Finding]:
    """The JetBrains IDEs here: their Claude command stands in no file that is known."""
    base = editors.folder(machine.environment, machine.places.home) / "JetBrains"
    try:
        names = sorted(name for name in os.listdir(base) if PRODUCT.fullmatch(name))
    except OSError:
        return
    if not names:
        return
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    if first := routed_by_path(machine):
        place = Place("jetbrains", routed=True, by="shim", file=first)
        text = f"{listed}: the claude on PATH is ccwrap, {machine.short(first)}, unless another Claude command is set"
        yield Finding("ok", text, place=place)
        return
    text = f"{listed}: which Claude command is set can't be seen from here"
    yield Finding(
        "note", text, "ccroute ide jetbrains says what to click", Place("jetbrains", None)
    )
