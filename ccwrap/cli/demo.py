"""`ccroute demo`: the first minute, with no account and no key."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ccwrap import places
from ccwrap.claude import binary, invocation
from ccwrap.claude.install import find_npm, install, installed
from ccwrap.claude.versions import PINNED
from ccwrap.cli import render
from ccwrap.cli.demo_world import DemoWorld, open_world
from ccwrap.errors import ClaudeNotFound, NoUsableRoute

if TYPE_CHECKING:
    from collections.abc import Mapping

PROMPT: Final = "Who answers?"
INTRODUCTION: Final = (
    "Four simulated gateways run on this machine, and a project's .ccroute names "
    "them, the most wanted first:"
)
TRUST: Final = "A .ccroute can't send your keys anywhere until you allow it:"
CHECK: Final = "How are they? Connecting isn't enough: the key and the model must work."
LAUNCH: Final = "ccwrap starts the real Claude Code on the best of them:"
NEXT: Final = (
    "Nothing was billed, and your own settings, keys and logins were not touched. "
    "Next, in a project of yours: ccroute init"
)


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """See it work in a minute, with simulated gateways: no account, no key.

    Installs Claude Code from npm into a cache folder where it is missing (it asks
    first on a terminal). Exit code 0 when the good gateway has answered.
    """
    environment = dict(os.environ)
    with open_world(environment) as world:
        ctx.exit(tell(world, environment))


def tell(world: DemoWorld, environment: Mapping[str, str]) -> int:
    """The whole story; its exit code."""
    say(INTRODUCTION)
    click.echo()
    for gateway in world.gateways:
        click.echo(f"  {gateway.name:7} {gateway.url:24} {gateway.about}")
    say(TRUST, "ccroute trust --yes")
    if code := world.run("ccroute", "trust", "--yes"):
        return code
    say(CHECK, "ccroute check")
    if code := world.run("ccroute", "check"):
        return code
    try:
        claude = claude_for(environment)
    except ClaudeNotFound as missing:
        return without_claude(world, missing)
    return launch(world, claude)


def launch(world: DemoWorld, claude: Path) -> int:
    """Let claude ask, and be sure who has answered."""
    say(LAUNCH, f'ccwrap -p "{PROMPT}"')
    code = world.run("ccwrap", "-p", PROMPT, claude=claude)
    if code:
        return code
    if world.answered() != ["good"]:
        click.echo("\nThe answer did not come from the good gateway.", err=True)
        return NoUsableRoute.exit_code
    say(NEXT)
    return 0


def without_claude(world: DemoWorld, missing: ClaudeNotFound) -> int:
    """What would have happened, and the one thing that is missing."""
    say("What ccwrap would do:", "ccroute explain")
    world.run("ccroute", "explain")
    click.echo(f"\nMissing: {missing.message}. Then again: ccroute demo", err=True)
    return ClaudeNotFound.exit_code


def claude_for(environment: Mapping[str, str]) -> Path:
    """The user's own claude, else the one in our cache, else a new one there.

    Raises ClaudeNotFound, which says what is missing, and ClaudeNotRunnable.
    """
    home = places.places(environment).home
    try:
        nothing = invocation.read((), {})
        return Path(binary.find(nothing, environment, home, Path(sys.argv[0])).path)
    except ClaudeNotFound:
        folder = places.cache(environment) / "claude"
    return installed(PINNED, folder) or fetched(folder, environment)


def fetched(folder: Path, environment: Mapping[str, str]) -> Path:
    """Claude from npm, if the user agrees; without a terminal nobody is asked."""
    if not find_npm(environment):
        raise ClaudeNotFound("npm (it comes with https://nodejs.org)")
    shown = render.short(folder, places.places(environment).home)
    say(f"Claude Code is not installed. npm can put it into {shown} (400 MB).")
    if sys.stdin.isatty() and not click.confirm("Install it there?", default=True):
        raise ClaudeNotFound("Claude Code (https://code.claude.com/docs)")
    click.echo(f"npm installs Claude Code {PINNED} …")
    return install(PINNED, folder, environment)


def say(words: str, shown: str = "") -> None:
    """A paragraph, and the command that follows it."""
    click.echo("\n" + "\n".join(render.wrap(words, render.WIDTH)))
    if shown:
        click.echo(f"\n$ {shown}")
    sys.stdout.flush()
