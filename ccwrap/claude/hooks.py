"""The hooks that the overlay brings: how health hears of a session (pure).

`ccwrap/health/hook.py` is what they run. Observed with 2.1.197 and 2.1.330:

- hooks in an overlay run beside those of every settings file;
- with `-p`, claude sends a StopFailure hook SIGTERM as soon as it has started it, and
  waits for it all the same where it goes on: the shell ignores SIGTERM for it;
- a session's end comes without a Stop where the user gave up during retries.

A turn that went well starts no interpreter: Stop leaves a mark (a file with a line),
UserPromptSubmit empties it, and SessionEnd has nothing to tell where it isn't empty.

https://code.claude.com/docs/en/hooks
"""

from __future__ import annotations

import sys

from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = 5
"""How long claude lets one of them run; they take a few hundredths of a second."""

MARK: Final = "{}.turn"
"""Name of the file that says, where it isn't empty, that this launch's last turn ended well."""

EVENTS: Final = ("SessionStart", "UserPromptSubmit", "Stop", "StopFailure", "SessionEnd")


class Listener(NamedTuple):
    """The program that hears of a session, and what it is told beside the event.

    interpreter, program, state  absolute paths
    marks                        the folder for marks, absolute
    question                     what the route's verdict is about
    launch                       the store's id of the launch
    """

    interpreter: str
    program: str
    state: str
    marks: str
    question: str
    launch: int = 0

    @property
    def arguments(self) -> tuple[str, ...]:
        """Isolated: neither the project's folder nor its PYTHONPATH can add a module."""
        return ("-I", self.program, self.state, self.question, str(self.launch))


def beside(
    overlay: Mapping[str, object],
    listener: Listener,
    *,
    printing: bool,
    platform: str = sys.platform,
) -> dict[str, object]:
    """`overlay` with our hooks after the user's own; as it was where they can't be run.

    `printing`: with -p, where claude ends right after a turn.
    """
    if not runnable(listener):
        return dict(overlay)
    given = overlay.get("hooks")
    hooks = dict(given) if isinstance(given, dict) else {}
    for event in EVENTS:
        if event == "UserPromptSubmit" and platform == "win32":
            continue  # no shell, no mark
        own = hooks.get(event)
        ours = {"hooks": [_hook(listener, event, printing, platform)]}
        hooks[event] = [*(own if isinstance(own, list) else ()), ours]
    return {**overlay, "hooks": hooks}


def runnable(listener: Listener) -> bool:
    """Whether everything is known and can stand in JSON."""
    try:
        return bool(listener.launch) and all(part.encode() for part in listener[:-1])
    except UnicodeEncodeError:
        return False


def _hook(listener: Listener, event: str, printing: bool, platform: str) -> dict[str, object]:
    hook: dict[str, object] = {"type": "command", "timeout": SECONDS}
    if event == "SessionStart" or (event == "Stop" and not printing):
        hook["async"] = True
    if platform == "win32":
        return {**hook, "command": listener.interpreter, "args": list(listener.arguments)}
    return {**hook, "command": command(listener, event)}


def command(listener: Listener, event: str) -> str:
    """The line for a POSIX shell: silent and successful, also without an interpreter.

    `true` and not `:`, whose redirection, where it fails, ends the shell with 2: that
    exit code would keep claude from stopping.
    """
    mark = quoted(f"{listener.marks}/{MARK.format(listener.launch)}")
    if event in ("Stop", "UserPromptSubmit"):
        words = "echo" if event == "Stop" else "true"
        return f"{{ {words} > {mark}; }} 2>/dev/null; exit 0"
    words = " ".join(map(quoted, (listener.interpreter, *listener.arguments)))
    line = f"trap '' TERM; {words} >/dev/null 2>&1; exit 0"
    return f"[ -s {mark} ] && exit 0; {line}" if event == "SessionEnd" else line


def quoted(word: str) -> str:
    """As shlex.quote; that module costs milliseconds."""
    return "'" + word.replace("'", "'\"'\"'") + "'"
