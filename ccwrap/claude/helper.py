"""The overlay's `apiKeyHelper`: claude asks it for a credential that expires (pure).

`ccwrap/routes/refresh.py` is what it runs. Observed with 2.1.330, and read in its source:

- claude runs the line by /bin/sh or cmd.exe when it starts, after a 401, and for the first
  request after CLAUDE_CODE_API_KEY_HELPER_TTL_MS, which still carries the value before;
- what the line prints goes out as `Authorization: Bearer` and as `x-api-key`;
- a variable or a custom header with a credential would go out beside it, so there is none.

https://code.claude.com/docs/en/settings (apiKeyHelper)
"""

from __future__ import annotations

import os
import re
import sys

from ccwrap.claude.hooks import quoted
from ccwrap.errors import SettingError
from ccwrap.light import Final, NamedTuple

TTL: Final = "CLAUDE_CODE_API_KEY_HELPER_TTL_MS"
ENCODED: Final = "hex:"
"""Begins an argument that no shell can be trusted with; its bytes follow in hexadecimal."""

_PLAIN: Final = r"(?a)[\w./-]+"
_UNSAFE: Final = r'["%!\x00-\x1f]'


class Helper(NamedTuple):
    """The program that hands on a credential, and how often it is asked.

    interpreter, program  absolute paths
    arguments             none of them secret
    seconds               after which claude asks again
    """

    interpreter: str
    program: str
    arguments: tuple[str, ...]
    seconds: float

    @property
    def milliseconds(self) -> str:
        """The value of TTL."""
        return str(int(self.seconds * 1000))

    def command(self, platform: str = sys.platform) -> str:
        """The line for claude's shell; Python is isolated from folder and PYTHONPATH.

        Raises SettingError where a path of ours can't stand in such a line.
        """
        windows = platform == "win32"
        words = [_path(self.interpreter, windows), "-I", _path(self.program, windows)]
        words += [_argument(argument, windows) for argument in self.arguments]
        return " ".join(words if windows else ("exec", *words))


def _path(path: str, windows: bool) -> str:
    if not path or not _encodable(path) or (windows and re.search(_UNSAFE, path)):
        raise SettingError(
            f"a credential with `refresh` can't be handed on by {path or 'an unknown Python'}",
            "install ccwrap in a folder with a plain name",
        )
    return f'"{path}"' if windows else quoted(path)


def _argument(argument: str, windows: bool) -> str:
    """`argument` for a POSIX shell in quotes, for cmd.exe in letters that mean nothing there."""
    plain = not argument.startswith(ENCODED) and _encodable(argument)
    if plain and not windows:
        return quoted(argument)
    if plain and re.fullmatch(_PLAIN, argument):
        return argument
    return ENCODED + os.fsencode(argument).hex()


def _encodable(text: str) -> bool:
    """Whether it can stand in JSON."""
    try:
        return bool(text.encode()) or not text
    except UnicodeEncodeError:
        return False
