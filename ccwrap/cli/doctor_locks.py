"""`ccroute doctor`: what the machine's administrator has decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccwrap.cli.finding import Finding
from ccwrap.errors import CcwrapError
from ccwrap.routes import layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.finding import Machine


def locks(machine: Machine) -> Iterator[Finding]:
    """The machine's config.toml, what it locks, and what is said in vain about that.

    A file that can't be used is the trust check's to tell.
    """
    try:
        found = layers.locks(machine.cwd, machine.environment, machine.places, machine.catalogue)
    except CcwrapError:
        return
    if found.file is None:
        return
    yield Finding("note", f"{machine.short(found.file)} locks {', '.join(found.keys)}")
    for one in found.ignored:
        where, keys = machine.short(one.where), ", ".join(one.keys)
        if one.where in machine.environment:
            yield Finding("note", f"{where} is ignored: {keys} is locked", f"unset {where}")
        else:
            yield Finding("note", f"{where}: {keys} there is ignored")
