"""Everything that can stop a launch.

    CcwrapError                70  a fault in ccwrap, or the base of all below
    +-- UsageError              2  a `ccroute` command line that makes no sense
    +-- NoUsableRoute          69  every candidate was asked, none can be used
    +-- NotTrusted             77  nothing that the user has allowed is left
    +-- RouteFileError         78  a route file that can't be used
    +-- SettingError           78  a variable, config.toml or record that can't be used
    +-- ClaudeNotRunnable     126  a claude was found and can't be started
    +-- ClaudeNotFound        127  no claude was found
    +-- Interrupted           130  Ctrl-C before claude took over

Every text says what, where and what to type next. Names of secrets may stand in
one, values never. Only `launcher.main` and `cli.main` print them and exit.
"""

from __future__ import annotations

from ccwrap.light import ClassVar, NamedTuple


class CcwrapError(Exception):
    """What went wrong, with the command that helps.

    `message` is the first line; `hint`, when there is one, is what to do next. Both are
    safe to print: a folder's name may hold terminal escapes, and is part of many.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, hint: str = "") -> None:
        from ccwrap.text import printable  # noqa: PLC0415 - few launches meet an error

        self.message, self.hint = printable(message), printable(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  fix: {self.hint}" if self.hint else self.message


class UsageError(CcwrapError):
    """A command line of `ccroute` that can't be carried out as it stands."""

    exit_code = 2


class NoUsableRoute(CcwrapError):
    """No candidate can be used; `message` carries the table of all of them."""

    exit_code = 69


class NotTrusted(CcwrapError):
    """The project's file asks for something that the user hasn't allowed."""

    exit_code = 77


class Problem(NamedTuple):
    """One mistake in a route file: where it stands, what it is, how to mend it.

    `line` counts from 1; 0 means that the whole file is meant.
    """

    file: str
    line: int
    key: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f"{self.key}: " if self.key else ""
        mend = f"\n  fix: {self.mend}" if self.mend else ""
        return f"{where}: {key}{self.what}{mend}"


class RouteFileError(CcwrapError):
    """A route file that can't be used, with every mistake found in it."""

    exit_code = 78
    SHOWN: ClassVar[int] = 10

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        shown = "\n".join(str(problem) for problem in problems[: self.SHOWN])
        more = len(problems) - self.SHOWN
        super().__init__(shown + (f"\n… and {more} more" if more > 0 else ""))
        self.problems = problems


class SettingError(CcwrapError):
    """A variable, a config.toml or one of our own records that can't be used."""

    exit_code = 78


class ClaudeNotRunnable(CcwrapError):
    """A claude is there, and starting it failed or would go round in circles."""

    exit_code = 126


class ClaudeNotFound(CcwrapError):
    """Neither PATH nor the usual install places have a claude."""

    exit_code = 127


class Interrupted(CcwrapError):
    """Ctrl-C before claude took over."""

    exit_code = 130
