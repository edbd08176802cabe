"""`ccroute secret set NAME`: a key into the system's keyring."""

from __future__ import annotations

import sys

import click

from ccwrap.cli import render, world
from ccwrap.errors import SettingError, UsageError
from ccwrap.routes import credentials, layers, readers
from ccwrap.secret import Secret


@click.group()
def command() -> None:
    """Keep the keys that route files name."""


@command.command("set")
@click.argument("name")
def set_(name: str) -> None:
    """Store the value of NAME in the keyring.

    It is typed without being shown, or read from standard input. config.toml then
    says where ${NAME} is; its comments stay.
    """
    try:
        readers.variable(name)
    except readers.Wrong as wrong:
        raise UsageError(f"{name!r} {wrong.faults[0].what}", "ccroute secret set LLM_KEY") from None
    here = world.here()
    locks = layers.locks(here.places.home, {}, here.places, here.catalogue)
    if file := locks.by("secrets"):
        what = f"{file} locks `secrets`: your config.toml has no say in where {name} comes from"
        raise SettingError(what, f"export {name}, or put it into .env.local")
    credentials.store(here.places, name, value(name))
    shown = render.short(here.places.config, here.places.home)
    click.echo(f"{name} is in the keyring; {shown} says so")
    if here.environment.get(name):
        click.echo(f"note: {name} is also set in the environment, which counts first")


def value(name: str) -> Secret:
    """What a person types, or one line from a pipe. Raises UsageError for nothing."""
    if sys.stdin.isatty():
        typed = click.prompt(name, hide_input=True, default="", show_default=False, err=True)
    else:
        typed = sys.stdin.read(1 << 16)
    found = str(typed).strip()
    if not found:
        raise UsageError("there is no value", f"printf %s VALUE | ccroute secret set {name}")
    if "\n" in found:
        raise UsageError("the value has more than one line", "give the key alone")
    return Secret(found)
