"""`ccroute doctor`: claude, Python, the road to the gateways, and wrappers that meet."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import ccwrap
from ccwrap.claude import binary, invocation, settings, versions
from ccwrap.cli import doctor_own
from ccwrap.cli.finding import Finding
from ccwrap.errors import CcwrapError, SettingError
from ccwrap.gateways.road import VARIABLES
from ccwrap.text import clean, shown_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.finding import Machine

VERSION_SECONDS: Final = 10
COMPILED: Final = ("ccwrap", "httpx", "httpcore", "h11", "anyio", "click", "psutil", "dotenv")
"""The packages that make a launch slow where they have to be compiled."""


def claude(machine: Machine) -> Iterator[Finding]:
    """Which claude would run, and whether its version is one that the tests ran on."""
    run = invocation.read([], machine.environment)
    try:
        found = binary.find(run, machine.environment, machine.places.home, machine.own)
    except CcwrapError as error:
        yield Finding("problem", error.message, error.hint)
        return
    path = machine.short(found.path)
    version = _version([found.path, *found.prefix], machine)
    if not version:
        yield Finding("problem", f"{path} doesn't say its version", f"{path} --version")
        return
    yield Finding("ok", f"claude {version} at {path} ({found.found})")
    yield from _compared(version)


def _compared(version: str) -> Iterator[Finding]:
    """How `version` stands to those on which the end-to-end tests were last green."""
    tested = f"ccwrap was last tested with {', '.join(versions.GREEN)}"
    match versions.standing(version):
        case "older":
            yield Finding("note", f"claude {version} is older: {tested}", "claude update")
        case "newer" | "between":
            word = "newer" if versions.standing(version) == "newer" else "another"
            yield Finding("note", f"claude {version} is {word}: {tested}")
        case _:
            pass


def _version(command: list[str], machine: Machine) -> str:
    """What `claude --version` says; "" where it can't be run."""
    try:
        done = subprocess.run(
            [*command, "--version"],
            env=dict(machine.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    word = done.stdout.decode("utf-8", "replace").split(maxsplit=1)[:1]
    return clean(word[0], limit=40) if word and versions.number(word[0]) else ""


def python(machine: Machine) -> Iterator[Finding]:
    """The interpreter, and whether its modules are compiled: launches are slow without."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        "ok", f"ccwrap {ccwrap.__version__}, Python {version} at {machine.short(sys.executable)}"
    )
    missing = [name for name in ("ccwrap.launcher", "httpx", "click") if not _compiled(name)]
    if missing:
        folder = Path(ccwrap.__file__).parent.parent
        text = f"no compiled .pyc files for {', '.join(missing)}: every launch compiles them again"
        yield Finding("note", text, f"{sys.executable} -m compileall -q {folder}", mend=_compile)


def _compile() -> str:
    """Compile ccwrap and what it imports, wherever Python looks for that."""
    import compileall  # noqa: PLC0415 - only to mend

    for name in COMPILED:
        spec = importlib.util.find_spec(name)
        for folder in (spec and spec.submodule_search_locations) or ():
            compileall.compile_dir(folder, quiet=2)
    if not _compiled("ccwrap.launcher"):
        own = Path(ccwrap.__file__).parent
        raise SettingError(f"{own}: can't be written", "as whoever installed ccwrap")
    return "they are compiled"


def _compiled(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return False
    return Path(importlib.util.cache_from_source(spec.origin)).exists()


def road(machine: Machine) -> Iterator[Finding]:
    """Proxy, CA and client certificate variables, as a probe and claude would use them."""
    values = settings.own_variables(machine.layers, machine.environment, VARIABLES)
    for name in VARIABLES:
        value = values.get(name, "")
        if not value:
            continue
        if name == "NODE_TLS_REJECT_UNAUTHORIZED" and value == "0":
            yield Finding("problem", f"{name}=0: no certificate is checked", f"unset {name}")
        elif (
            name.endswith(("_CERTS", "_FILE", "_DIR", "_CERT", "_KEY")) and not Path(value).exists()
        ):
            yield Finding(
                "problem", f"{name}: {clean(value)} is not there", f"unset or correct {name}"
            )
        else:
            yield Finding("note", f"{name}={_masked(name, value)}")


def _masked(name: str, value: str) -> str:
    """A proxy's address without its password; anything else that may be secret as ***."""
    if "PASSPHRASE" in name:
        return "***"
    if "://" in value:
        return shown_url(value)
    return "***@" + clean(value.rpartition("@")[2]) if "@" in value else clean(value)


def wrappers(machine: Machine) -> Iterator[Finding]:
    """A CCWRAP_CLAUDE that leads back to ccwrap."""
    named = machine.environment.get("CCWRAP_CLAUDE", "")
    if named and doctor_own.is_ccwrap(named, machine):
        yield Finding(
            "problem", f"CCWRAP_CLAUDE={clean(named)} is ccwrap itself", "unset CCWRAP_CLAUDE"
        )
