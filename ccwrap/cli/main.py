"""`ccroute`: the group of commands, and the one place that prints an error and exits."""

from __future__ import annotations

import contextlib
import difflib
import errno
import importlib
import os
import sys
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

from ccwrap.errors import CcwrapError, Interrupted
from ccwrap.voice import tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMANDS: Final[Mapping[str, str]] = {
    "init": "Write a .ccroute for this project.",
    "add": "Add a gateway to it.",
    "check": "Ask every gateway how it is.",
    "explain": "What a launch would do, and why.",
    "validate": "Check a route file; no network, no keys, no trust.",
    "trust": "Allow what a route file asks for.",
    "untrust": "Take that back.",
    "use": "Pin one route for this project, or go back to choosing.",
    "run": "Start claude once with another route or policy.",
    "sessions": "Which sessions run now, and on which routes.",
    "history": "How each gateway has been over time.",
    "ide": "Let an editor's Claude Code start ccwrap.",
    "alias": "Let your shell's claude be ccwrap.",
    "background": "Let the sessions that claude starts by itself be ccwrap's.",
    "statusline": "The route in Claude Code's status line.",
    "forget": "Forget how gateways were; the next launch asks.",
    "env": "The environment of a launch, for scripts.",
    "secret": "Keep a key in the system's keyring.",
    "schema": "The JSON Schema of .ccroute.",
    "doctor": "What on this machine helps or hinders a launch.",
    "demo": "See it work: simulated gateways, the real claude, no account.",
}
"""Every command: the module of its name in `ccwrap.cli`, and its line in the help."""

FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EAGAIN))
UNWRITTEN: Final = 1
"""What click, too, exits with where standard output can't be written any more."""


class Commands(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"ccwrap.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [name for name in COMMANDS if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=COMMANDS[name]) for name in found), *options]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the version and stop."""
    if wanted and not ctx.resilient_parsing:
        from ccwrap import __version__  # noqa: PLC0415 - asked for rarely

        click.echo(f"ccroute {__version__}")
        ctx.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=version,
    help="Show the version and exit.",
)
@click.pass_context
def ccroute(ctx: click.Context) -> None:
    """Look at, check, trust and explain the routes that ccwrap starts claude on.

    Alone: what a launch here would do, and what went wrong with the last one.
    """
    if ctx.invoked_subcommand is None:
        from ccwrap.cli import brief  # noqa: PLC0415 - imports the whole pipeline

        brief.show()


def main() -> int:
    """Run one command; return its exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - to the end
    with contextlib.suppress(AttributeError):
        # A terminal may lack the marks and the letters: a table with a few `?` is better than none.
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    code = run(sys.argv[1:])
    unwritten = flush()
    tell("")
    return unwritten or code


def run(arguments: Sequence[str]) -> int:
    """Run one command and word whatever stops it; return its exit code."""
    try:
        result = ccroute.main(arguments, prog_name="ccroute", standalone_mode=False)
    except SystemExit as stop:
        result = stop.code
    except (click.exceptions.Abort, KeyboardInterrupt):
        return Interrupted.exit_code
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return error.exit_code
    except CcwrapError as error:
        return refuse(str(error), error.exit_code)
    except Exception as error:
        if os.environ.get("CCWRAP_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in FULL:
            return refuse(f"can't be written: {error.strerror}", UNWRITTEN)
        return refuse(
            f"a fault in ccwrap ({type(error).__name__})\n  fix: CCWRAP_DEBUG=1 shows where",
            CcwrapError.exit_code,
        )
    return result if isinstance(result, int) else 0


def refuse(message: str, code: int) -> int:
    """Say what went wrong, on standard error; return `code`."""
    from ccwrap.cli import render  # noqa: PLC0415 - only errors need it here

    with contextlib.suppress(OSError):
        sys.stdout.flush()
    tell(f"ccroute: {render.printable(message)}\n")
    return code


def flush() -> int:
    """0 where standard output has taken all; else an exit code, and nothing goes there any more."""
    try:
        sys.stdout.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            tell(f"ccroute: standard output can't be written: {error.strerror}\n")
        return UNWRITTEN
    return 0
