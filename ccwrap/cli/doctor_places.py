"""`ccroute doctor`: sessions that start where nobody types `claude`.

Those that Claude Code starts by itself, those of programs on the agent SDKs, those of a
job in CI; and what can't be routed at all.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccwrap.claude import binary, settings
from ccwrap.cli import background as wrapper
from ccwrap.cli import doctor_keys, installed, jsonc
from ccwrap.cli.background import KEY, VARIABLE
from ccwrap.cli.doctor_own import (
    elsewhere,
    fault,
    is_ccwrap,
    present,
    project_root,
    routed,
    routed_by_path,
)
from ccwrap.cli.finding import Finding, Place
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.finding import Machine

FALSE: Final = ("", "0", "false", "no")
SDK_FOLDERS: Final = (".venv", "venv", "env")
PACKAGES: Final = ("lib/python3.*/site-packages", "Lib/site-packages")
INSTALL: Final = "ccroute background --install"


def background(machine: Machine, platform: str = sys.platform) -> Iterator[Finding]:
    """The launcher of background sessions, agents and teammates."""
    said = _said(machine)
    yield from _ignored(machine)
    if said is None:
        yield _missing(machine, platform)
        return
    value, by, file = said
    place = Place("background", routed=False, by=by, file=file)
    where = f"{by} in {machine.short(file)}" if file else by
    if platform == "win32":
        text = f"{where} does nothing on Windows: background sessions run plain claude"
        yield Finding("note", text, place=place)
        return
    try:
        words = wrapper.parsed(value)
    except ValueError as error:
        yield Finding("problem", f"{where} {error}: no background session starts", INSTALL, place)
        return
    yield from _launcher(words, where, place, machine)


def _launcher(words: list[str], where: str, place: Place, machine: Machine) -> Iterator[Finding]:
    """What is wrong with the launcher; Claude Code starts nothing without a good one."""
    program = words[0] if words else ""
    shown = clean(machine.short(program))
    inline = INSTALL if place.by == KEY else f"correct or unset {VARIABLE}"
    ours = installed.is_ours(program) or (os.path.isabs(program) and is_ccwrap(program, machine))
    if not os.path.isabs(program):
        text = f"{where} is {shown or 'empty'}, no absolute path: no background session starts"
        yield Finding("problem", text, inline, place)
    elif why := fault(program):
        text = f"{where} is {shown}, which {why}: no background session starts"
        yield Finding("problem", text, inline, place, _mend(words, place, machine))
    elif not ours:
        text = f"background sessions start by {shown}; whether that leads to ccwrap can't be seen"
        yield Finding("note", text, "", place._replace(routed=None))
    elif len(words) > 1:
        text = f"{where} gives ccwrap arguments of its own, which hide claude's path behind them"
        yield Finding("problem", text, inline, place)
    else:
        yield Finding(
            "ok", f"background sessions start ccwrap, by {where}", place=place._replace(routed=True)
        )
        yield from elsewhere(machine, program, place._replace(routed=True), where, inline)


def _mend(words: list[str], place: Place, machine: Machine) -> partial[str] | None:
    """What has the user's setting name the present ccwrap, where it named an old one."""
    own = wrapper.settings_file(machine.places, machine.environment).path
    fits = len(words) == 1 and installed.is_ours(words[0]) and present(machine)
    if place.by != KEY or not fits or place.file is None or place.file.absolute() != own:
        return None
    return partial(_rewrite, machine)


def _rewrite(machine: Machine) -> str:
    program = present(machine)
    if program is None:
        return ""
    file = wrapper.settings_file(machine.places, machine.environment)
    wrapper.put(file, wrapper.written(program))
    return f"{KEY} in {machine.short(file.path)} is {machine.short(program)}"


def _said(machine: Machine) -> tuple[str, str, Path | None] | None:
    """The launcher, the name that it has, and the file; the variable outranks the setting."""
    own = [layer for layer in machine.layers.layers if layer.name in settings.OWN]
    for layer in own:
        if value := layer.variables().get(VARIABLE):
            return value, VARIABLE, layer.file
    if value := machine.environment.get(VARIABLE):
        return value, VARIABLE, None
    for layer in own:
        if isinstance(setting := layer.data.get(KEY), str) and setting:
            return setting, KEY, layer.file
    return None


def _missing(machine: Machine, platform: str) -> Finding:
    """Nothing says how these sessions start: what would, to the letter."""
    place = Place("background", routed=False)
    program = present(machine)
    text = "background sessions, agents and teammates that claude starts by itself: plain claude"
    if platform == "win32" or program is None:
        return Finding("note", text, "", place)
    file = wrapper.settings_file(machine.places, machine.environment).path
    line = f"{jsonc.written(KEY)}: {jsonc.written(wrapper.written(program))}"
    return Finding("note", text, f"{INSTALL}, or {line} in {machine.short(file)}", place)


def _ignored(machine: Machine) -> Iterator[Finding]:
    """The setting where it counts for nothing, or is of the wrong type."""
    for layer in machine.layers.layers:
        value = layer.data.get(KEY)
        place = Place("background", routed=False, by=KEY, file=layer.file)
        where = machine.short(layer.file)
        if layer.name in ("project", "local"):
            names = [KEY] if value else []
            names += [VARIABLE] if layer.variables().get(VARIABLE) else []
            if names:
                text = f"{' and '.join(names)} in {where} is ignored: a project can't say it"
                yield Finding("note", text, INSTALL, place)
        elif value is not None and not isinstance(value, str):
            text = f"{KEY} in {where} is no text: claude passes over it"
            yield Finding("problem", text, f"take it out of {where}, then: {INSTALL}", place)


def sdk(machine: Machine) -> Iterator[Finding]:
    """The agent SDKs of this project: which claude they take, and what to tell them."""
    root, program = project_root(machine), present(machine)
    shown = str(program) if program else "ccwrap"
    places = [root / name for name in SDK_FOLDERS]
    if os.path.isabs(active := machine.environment.get("VIRTUAL_ENV", "")):
        places.append(Path(active))
    for top in dict.fromkeys(places):
        for pattern in PACKAGES:
            for package in sorted(top.glob(f"{pattern}/claude_agent_sdk"))[:1]:
                bundled = os.path.isfile(package / "_bundled" / binary.NAME)
                fix = f"pass cli_path={jsonc.written(shown)}"
                yield _of_sdk("Python", package, fix, machine, bundled=bundled)
    package = root / "node_modules" / "@anthropic-ai" / "claude-agent-sdk"
    if os.path.isdir(package):
        fix = f"pass pathToClaudeCodeExecutable: {jsonc.written(shown)}"
        yield _of_sdk("TypeScript", package, fix, machine, bundled=True)


def _of_sdk(language: str, package: Path, fix: str, machine: Machine, *, bundled: bool) -> Finding:
    """One SDK. The one for TypeScript never looks at PATH, Python's where it brings no claude."""
    where = machine.short(package)
    first = None if bundled else routed_by_path(machine)
    place = Place("sdk", None, "", package)
    if first:
        place = place._replace(by="shim", file=first)
        return routed(machine, place, f"{where}: takes the claude on PATH, which is ccwrap")
    taken = "the claude that it brings" if bundled else "the claude on PATH"
    text = f"{where}: the {language} SDK takes {taken}, unless the program names another"
    return Finding("note", text, fix, place)


def ci(machine: Machine) -> Iterator[Finding]:
    """A job in CI: what its `claude` is, and what it was told."""
    environment = machine.environment
    if environment.get("CI", "").lower() in FALSE:
        return
    place = Place("ci", None)
    file = doctor_keys.loaded(machine)
    urls = {route.url for route in file.routes} if file else set()
    given = environment.get("ANTHROPIC_BASE_URL", "")
    if first := routed_by_path(machine):
        place = place._replace(by="shim", file=first)
        yield routed(machine, place, "this job's claude is ccwrap, first on PATH")
    elif given.rstrip("/") in urls:
        place = place._replace(routed=True, by="ANTHROPIC_BASE_URL")
        text = "this job's environment names a route: claude takes it as long as no settings file says else"
        yield Finding("ok", text, place=place)
    else:
        text = "this job: a step that calls ccwrap is routed, one that calls claude isn't"
        fix = 'ccwrap -p --setting-sources user "…"'
        yield Finding("note", text, fix, place)
    if file and not environment.get("CCWRAP_TRUST") and doctor_keys.waiting(file, machine):
        text = "CCWRAP_TRUST is not set: a route file is not trusted for being in CI"
        fix = "ccroute trust --print on your own machine; its line is CCWRAP_TRUST in the job"
        yield Finding("note", text, fix, place)
    target = environment.get("GITHUB_ENV", "")
    if environment.get("GITHUB_ACTIONS") and not os.access(target, os.W_OK):
        named = f"GITHUB_ENV names {clean(target)}, which" if target else "GITHUB_ENV"
        text = f"{named} can't be written: ccroute env --format github has no place"
        yield Finding(
            "problem", text, "run it in a step of the job, not in a container in it", place
        )


def desktop(machine: Machine) -> Iterator[Finding]:
    """What takes no gateway from here, said once."""
    del machine
    place = Place("desktop", routed=False)
    yield Finding("note", "Claude's desktop app and the web are never routed", place=place)
