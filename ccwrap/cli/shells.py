"""A change of the environment in the words of a shell, a `.env` file and a GitHub job.

Values come from route files and from the user's own settings: whatever they hold, it
stays a value and never becomes a command, another variable or a line of its own.
"""

from __future__ import annotations

import re
import shlex
import textwrap
import urllib.parse
from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccwrap.plan import Plan

OURS: Final = "CCWRAP_"


class Change(NamedTuple):
    """Variables that get a value, that have none, and whose value is not shown."""

    set: dict[str, str]
    unset: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: Plan, withheld: Sequence[str]) -> Change:
        """What `plan` changes, but for ccwrap's own variables: they are the caller's to set."""
        if plan.injection is None:
            return cls({})
        given = {n: v for n, v in plan.injection.set.items() if not n.startswith(OURS)}
        gone = tuple(name for name in plan.injection.unset if not name.startswith(OURS))
        shown = {name: value for name, value in given.items() if name not in withheld}
        return cls(shown, gone, tuple(name for name in given if name in withheld))


def posix(change: Change) -> str:
    """For `eval "$(ccroute env)"` in sh and its like."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in change.set.items()]
    lines += [f"# {name} (--reveal)" for name in change.withheld]
    lines += [f"unset {line}" for line in textwrap.wrap(" ".join(change.unset), 74)]
    return "".join(f"{line}\n" for line in lines)


def dotenv(change: Change) -> str:
    """For a `.env` file, read alike by dotenv libraries and by a shell."""
    lines = [f"{name}={dotenv_value(name, value)}" for name, value in change.set.items()]
    lines += [f"# {name} (--reveal)" for name in change.withheld]
    lines += [f"{name}=" for name in change.unset]
    return "".join(f"{line}\n" for line in lines)


def dotenv_value(name: str, value: str) -> str:
    """`value` in quotes that mean the same to every reader.

    Raises SettingError for a value that has no such spelling.
    """
    if not re.search(r"['\r\0]|\\\\|\\$|\$\{", value):
        return f"'{value}'"
    if not re.search(r"[$`\r\0!]", value):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    raise SettingError(
        f"{name}: its value has no spelling that every reader of .env files takes alike",
        "ccroute env --format json",
    )


def github(change: Change, delimiter: str) -> str:
    """For the file that $GITHUB_ENV names; `delimiter` is random, so no value ends early."""
    pairs = [*change.set.items(), *((name, "") for name in change.unset)]
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in pairs)


SHORT: Final = 8
"""A part of a header or of a URL that is shorter is masked only as part of the whole."""


def masks(value: str) -> Iterator[str]:
    """Everything that a job's log must not show of `value`, escaped for a workflow command."""
    for line in re.split(r"[\r\n]+", value):
        if not line.strip():
            continue
        parts = dict.fromkeys(part for part in _parts(line) if len(part) >= SHORT)
        yield from map(_command_data, dict.fromkeys((line, *parts)))


def _parts(line: str) -> Iterator[str]:
    """What of a URL or a header is secret by itself: programs take them apart."""
    if "://" in line:
        user, _, password = line.partition("://")[2].rpartition("@")[0].partition(":")
        yield password or user
        yield urllib.parse.unquote(password or user)
    elif ":" in line:
        value = line.partition(":")[2].strip()
        yield value
        yield value.rpartition(" ")[2]


def _command_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
