"""`ccroute validate`: is this route file right? For pre-commit and fork pull requests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ccwrap.cli import jsonout, render
from ccwrap.errors import Problem, RouteFileError
from ccwrap.gateways import kinds
from ccwrap.places import places
from ccwrap.routes import layers


@click.command()
@click.argument("file", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def command(file: tuple[Path, ...], as_json: bool) -> None:
    """Check route FILEs (by default the nearest .ccroute), or a config.toml.

    One that isn't your own may say what a machine's may. Asks no gateway, reads no key
    and needs no trust. Exit code 0 when all are right, else 78.
    """
    results = [(path, problems(path)) for path in file or (nearest(),)]
    if as_json:
        jsonout.say({"files": [as_object(path, found) for path, found in results]})
    else:
        show(results)
    sys.exit(RouteFileError.exit_code if any(found for _, found in results) else 0)


def nearest() -> Path:
    """The route file that applies here. Raises UsageError where there is none."""
    from ccwrap.cli import granting, world  # noqa: PLC0415 - a named file needs none of it

    return granting.nearest(world.here(), "ccroute init, or name the file")


def problems(path: Path) -> tuple[Problem, ...]:
    """Every mistake in `path`."""
    try:
        layers.check(path, kinds.load(), places(os.environ).config)
    except RouteFileError as error:
        return error.problems
    return ()


def show(results: list[tuple[Path, tuple[Problem, ...]]]) -> None:
    """Each mistake as file:line: key: what, and its fix; or a line that all is right."""
    for path, found in results:
        for problem in found:
            click.echo(render.printable(str(problem)))
        if not found:
            click.echo(f"{render.printable(str(path))}: no problem")


def as_object(path: Path, found: tuple[Problem, ...]) -> dict[str, object]:
    """One file's result for scripts."""
    mistakes = [
        {"file": one.file, "line": one.line, "key": one.key, "what": one.what, "fix": one.mend}
        for one in found
    ]
    return {"file": str(path), "valid": not found, "problems": mistakes}
