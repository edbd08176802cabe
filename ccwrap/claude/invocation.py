"""What claude's arguments mean to us (pure, but for a look at a wrapped claude's file)."""

from __future__ import annotations

import os
import sys

from ccwrap.claude import arguments as tables
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccwrap.claude.arguments import Given


WINDOWS: Final = sys.platform == "win32"

LAUNCHERS: Final = 4
"""So many arguments are looked through for a wrapped claude: launchers before it, and it."""


class Invocation(NamedTuple):
    """One claude run, read from its arguments.

    arguments    claude's own arguments, byte for byte, the wrapped binary removed
    wrapped      the claude that a caller put first in the wrapper form
                 (("/x/claude",) or ("/x/node", "/x/cli.js")), other launchers before it
                 ("/y/launcher", "/x/claude"), else ()
    action       route | pass | cold (a spare that must start cold: exit 1)
    reason       why it is passed through
    printing     -p or --print is given
    background   --bg or --background is given
    model        the value of --model, "" when not given
    settings     the value of the last --settings, None when not given
    settings_at  index ranges [start, end) of every --settings in `arguments`
    sources      the value of --setting-sources, None when not given
    resumes      -c, --continue, -r or --resume is given
    forks        --fork-session is given: what is resumed becomes a new session
    front        the index where a --settings of ours may stand when there is none
    """

    arguments: tuple[str, ...]
    wrapped: tuple[str, ...] = ()
    action: str = "route"
    reason: str = ""
    printing: bool = False
    background: bool = False
    model: str = ""
    settings: str | None = None
    settings_at: tuple[tuple[int, int], ...] = ()
    sources: str | None = None
    resumes: bool = False
    forks: bool = False
    front: int = 0


def read(argv: Sequence[str], environment: Mapping[str, str]) -> Invocation:
    """Read `argv`, which is without the program's own name."""
    wrapped = _wrapped(argv)
    arguments = tuple(argv[len(wrapped) :])
    given = _own(arguments)
    action, reason = _action(arguments, given, environment)
    names = {option.name for option in given}
    settings = [
        option for option in given if option.name == "--settings" and option.value is not None
    ]
    return Invocation(
        arguments=arguments,
        wrapped=wrapped,
        action=action,
        reason=reason,
        printing=not names.isdisjoint({"-p", "--print"}),
        background=not names.isdisjoint({"--bg", "--background"}),
        model=_last(given, "--model") or "",
        settings=settings[-1].value if settings else None,
        settings_at=tuple((option.start, option.end) for option in settings),
        sources=_last(given, "--setting-sources"),
        resumes=not names.isdisjoint({"-c", "--continue", "-r", "--resume"}),
        forks="--fork-session" in names,
        front=1 if arguments[:1] and arguments[0] in tables.REMOTE else 0,
    )


def _own(arguments: tuple[str, ...]) -> tuple[Given, ...]:
    """What is given to claude itself, not to one of its commands.

    With -p or --bg claude knows no commands: `mcp list -p` is a prompt.
    """
    given = tuple(tables.scan(arguments))
    if _prompted(arguments, given):
        return given
    for place, option in enumerate(given):
        if not option.name:
            return given[:place] if option.value in tables.COMMANDS else given
    return given


def _prompted(arguments: tuple[str, ...], given: tuple[Given, ...]) -> bool:
    """Whether -p or --bg stands on its own; claude's look ahead knows no bundles."""
    alone = {arguments[option.start] for option in given if option.name}
    return not alone.isdisjoint({"-p", "--print", "--bg", "--background"})


def _last(given: tuple[Given, ...], name: str) -> str | None:
    values = [option.value for option in given if option.name == name]
    return values[-1] if values else None


def _action(
    arguments: tuple[str, ...], given: tuple[Given, ...], environment: Mapping[str, str]
) -> tuple[str, str]:
    """`action` and `reason`."""
    if environment.get("CCWRAP_DISABLE"):
        return "pass", "CCWRAP_DISABLE is set"
    first = _first(arguments)
    spare = first in tables.COLD or any(option.name == "--await-claim" for option in given)
    if spare or _hosts_spare(arguments):
        return "cold", "a spare that knows no project yet"
    if first in tables.ALWAYS:
        return "pass", f"`{first}` is claude's own upkeep"
    if first not in tables.COMMANDS or arguments[:2] in tables.ASKING:
        return "route", ""
    if _bare_prompt(first, arguments, given):
        return "route", ""
    return "pass", f"`{first}` is claude's own upkeep"


def _hosts_spare(arguments: tuple[str, ...]) -> bool:
    """Whether this is a terminal for a spare: `--bg-pty-host SOCK 200 50 -- … --bg-spare SOCK`.

    The spare itself would refuse in it, but claude may have given it a session by then,
    and it begins that session cold ten seconds later (2.1.330).
    """
    if arguments[:1] != ("--bg-pty-host",) or "--" not in arguments:
        return False
    *command, option, _ = ("", "", *arguments[arguments.index("--") + 1 :])
    return option in tables.COLD and not any(word.startswith("-") for word in command)


def _bare_prompt(first: str, arguments: tuple[str, ...], given: tuple[Given, ...]) -> bool:
    """Whether -p or --bg makes a prompt of a command; -p doesn't of --help."""
    if first.startswith("-"):
        return any(option.name in {"--bg", "--background"} for option in given)
    return _prompted(arguments, given)


def _first(arguments: tuple[str, ...]) -> str:
    """The first argument; claude looks for `daemon` behind two permission flags too."""
    behind = [
        argument
        for argument in arguments
        if argument
        not in {"--dangerously-skip-permissions", "--allow-dangerously-skip-permissions"}
    ]
    if behind[:1] == ["daemon"]:
        return "daemon"
    return arguments[0] if arguments else ""


def _wrapped(argv: Sequence[str]) -> tuple[str, ...]:
    """The claude that a caller (an IDE, CLAUDE_CODE_PROCESS_WRAPPER) put first.

    Another launcher may stand before it: wrappers nest.
    """
    for place, argument in enumerate(argv[:LAUNCHERS]):
        if not _executable(argument):
            break
        if _is_claude(argument):
            return tuple(argv[: place + 1])
        if _is_script("".join(argv[place + 1 : place + 2])):
            return tuple(argv[: place + 2])
    return ()


def _is_claude(argument: str) -> bool:
    parts = _parts(argument)
    native = parts[-3:-1] == ["claude", "versions"]
    return native or parts[-1].lower() in {"claude", "claude.exe"}


def _is_script(argument: str) -> bool:
    """Whether it is claude as a script: from npm, or in an editor's extension.

    What runs it need not be called node: an editor names its own program.
    """
    *_, scope, package, name = ("", "", *_parts(argument))
    inside = scope in {"@anthropic-ai", "resources"} and package == "claude-code"
    return inside and name in {"cli.js", "cli-wrapper.cjs"} and _file(argument)


def _parts(argument: str) -> list[str]:
    return os.path.normpath(argument).split(os.sep)


def _executable(path: str) -> bool:
    """Never a batch file, which only a shell could run, with all that stands in arguments."""
    batch = WINDOWS and path.lower().endswith((".cmd", ".bat", ".ps1"))
    return _file(path) and os.access(path, os.X_OK) and not batch


def _file(path: str) -> bool:
    """Whether it is an absolute path to a file. A prompt may be far too long for one."""
    return os.path.isabs(path) and os.path.isfile(path)
