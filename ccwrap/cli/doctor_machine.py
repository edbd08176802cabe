"""`ccroute doctor`: claude, Python, the road to the gateways, and wrappers that meet."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import ccwrap
from ccwrap.claude import binary, invocation, settings, versions
from ccwrap.cli.finding import Finding
from ccwrap.errors import CcwrapError
from ccwrap.gateways.road import VARIABLES
from ccwrap.text import clean, shown_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.finding import Machine

VERSION_SECONDS: Final = 10
CALLS_US: Final = re.compile(rb"""[\s/"']ccwrap(?:["'\s;]|$)|ccwrap\.launcher""")
SHELL_FILES: Final = (".bashrc", ".bash_aliases", ".zshrc", ".profile", ".config/fish/config.fish")


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
            yield Finding("note", f"claude {version} is {word}: {tested}", "ccroute explain")
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
        yield Finding("note", text, f"{sys.executable} -m compileall -q {folder}")


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
    """A `claude` that is ccwrap: fine, unless CCWRAP_CLAUDE leads back to it."""
    named = machine.environment.get("CCWRAP_CLAUDE", "")
    if named and _is_ccwrap(Path(named), machine):
        yield Finding(
            "problem", f"CCWRAP_CLAUDE={clean(named)} is ccwrap itself", "unset CCWRAP_CLAUDE"
        )
    for folder in machine.environment.get("PATH", "").split(os.pathsep):
        path = Path(folder) / "claude"
        if path.is_absolute() and path.is_file() and _is_ccwrap(path, machine):
            yield Finding(
                "note", f"{machine.short(path)} is ccwrap; it looks for the real claude behind it"
            )
    yield from _aliases(machine)


def _is_ccwrap(path: Path, machine: Machine) -> bool:
    """Whether `path` is our own program, or a short script that calls it."""
    ours = {machine.own.with_name("ccwrap").resolve(), machine.own.resolve()}
    if path.resolve() in ours:
        return True
    try:
        with path.open("rb") as file:
            head = file.read(2048)
    except OSError:
        return False
    return head.startswith(b"#!") and CALLS_US.search(head) is not None


def _aliases(machine: Machine) -> Iterator[Finding]:
    for name in SHELL_FILES:
        file = machine.places.home / name
        try:
            lines = file.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            words = line.replace("=", " ").replace("'", " ").replace('"', " ").split()
            if words[:2] == ["alias", "claude"] and "ccwrap" in line:
                yield Finding("ok", f"~/{name}:{number} makes claude an alias of ccwrap")
            elif words[:3] == ["alias", "ccwrap", "claude"]:
                text = f"~/{name}:{number} makes ccwrap an alias of claude: nothing is routed"
                yield Finding("problem", text, f"take the line out of ~/{name}")
