"""Where `ccwrap` is, as other programs shall call it."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccwrap import places
from ccwrap.errors import SettingError
from ccwrap.home import home

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = "ccwrap.exe" if sys.platform == "win32" else "ccwrap"
"""Never `.cmd`: VS Code can't start one, and arguments would pass a shell."""


def script(environment: Mapping[str, str]) -> Path:
    """The absolute path of `ccwrap`, beside the running `ccroute` and under the same links:
    an upgrade moves what they lead to. Raises SettingError.
    """
    beside = Path(os.path.abspath(sys.argv[0])).with_name(NAME)
    path = beside if beside.is_file() else Path(sysconfig.get_path("scripts"), NAME)
    if not path.is_file():
        raise SettingError(f"there is no {beside}", "pipx install ccwrap")
    for cache in (places.cache(environment).parent, Path(home(environment), ".cache")):
        if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(cache)):
            raise SettingError(f"{path}: is in a cache, and gone one day", "pipx install ccwrap")
    return path


def is_ours(value: object) -> bool:
    """Whether `value` is the path of a ccwrap, this one or another installation's."""
    return isinstance(value, str) and os.path.isabs(value) and Path(value).name == NAME
