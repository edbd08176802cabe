"""Leave: become claude (exec), or run it where there is no exec."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys

from ccwrap.errors import ClaudeNotRunnable
from ccwrap.light import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

WINDOWS: Final = sys.platform == "win32"

IGNORED: Final = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")
"""Signals that Python ignores, and that an exec'd child would then ignore too."""

FORWARDED: Final = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
SHARED: Final = ("SIGINT", "SIGQUIT", "SIGBREAK")
"""Signals that a console gives to the child as well: ours to survive, not to pass on."""


def become(path: str, argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Turn this process into `path` with `argv` (argv[0] included).

    Where there is no exec, runs it and exits with its code. Raises ClaudeNotRunnable.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):  # a full disk is not claude's affair
                stream.flush()
    environment = _uncoerced(environment)
    if WINDOWS:
        raise SystemExit(run(path, argv, environment))
    _restore()
    try:
        os.execve(path, list(argv), dict(environment))  # noqa: S606 - the point of it
    except OSError as error:
        raise _refused(path, error) from None


def _restore() -> None:
    for name in IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _uncoerced(environment: Mapping[str, str]) -> Mapping[str, str]:
    """`environment` without the LC_CTYPE that Python adds in a C locale (PEP 538)."""
    if environment.get("LC_CTYPE") not in {"C.UTF-8", "C.utf8", "UTF-8"}:
        return environment
    try:
        with open("/proc/self/environ", "rb") as file:
            given = file.read().split(b"\0")
    except OSError:
        return environment
    if any(entry.startswith(b"LC_CTYPE=") for entry in given):
        return environment
    return {name: value for name, value in environment.items() if name != "LC_CTYPE"}


def _refused(path: str, error: OSError) -> ClaudeNotRunnable:
    """What the system's refusal to start `path` means."""
    if error.errno == errno.ENOENT and os.path.exists(path):
        line = _first_line(path)
        return ClaudeNotRunnable(
            f"{path}: the interpreter that its first line names is not there ({line})",
            "install that interpreter, or claude's native build",
        )
    what, hint = {
        errno.ENOENT: ("is gone", "again: an update may have been under way"),
        errno.ENOEXEC: (
            "is no program for this machine",
            "install claude again; a script needs #!",
        ),
        errno.EACCES: ("may not be executed", f"ls -l {path}; is its file system mounted noexec?"),
        errno.E2BIG: (
            "arguments and environment are larger than the system takes",
            "pass the prompt on standard input",
        ),
        errno.ETXTBSY: ("is being written", "again: an update is under way"),
    }.get(error.errno or 0, (error.strerror or str(error), f"ls -l {path}"))
    return ClaudeNotRunnable(f"{path}: {what}", hint)


def _first_line(path: str) -> str:
    from ccwrap.text import clean  # noqa: PLC0415 - only where something went wrong

    try:
        with open(path, "rb") as file:
            return clean(file.readline(200).decode("utf-8", "replace"))
    except OSError:
        return "unreadable"


def run(path: str, argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `path` to its end and return its exit code, 128+n where signal n ended it.

    Ctrl-C reaches the child through the console; we outlive it.
    """
    import subprocess  # noqa: PLC0415 - only where there is no exec

    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if children:
            children[0].send_signal(number)
        else:
            early.append(number)  # the child may be there already, and not known here yet

    for name in (*FORWARDED, *SHARED):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _survive if name in SHARED else forward)
    try:
        children.append(subprocess.Popen(list(argv), executable=path, env=dict(environment)))
    except OSError as error:
        raise _refused(path, error) from None
    for number in early:
        children[0].send_signal(number)
    return _exit_code(children[0].wait())


def _survive(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; an ignored signal would stay ignored in the child."""


def _exit_code(returned: int) -> int:
    """An exit code as `sys.exit` can pass it on: signals as 128+n, Windows' statuses signed."""
    if returned < 0:
        return 128 - returned
    return returned - (1 << 32) if returned >= 1 << 31 else returned
