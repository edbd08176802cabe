"""Where our files stand, by platform; only absolute XDG folders count."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from ccwrap.home import home
from ccwrap.places import cache, places


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HOME": "/h", "USERPROFILE": "/u"}, "/h"),
        ({"HOME": ".", "USERPROFILE": "/u"}, "/u"),
        ({}, None),
        ({"HOME": ""}, None),
        ({"HOME": "work/acme"}, None),
    ],
    ids=str,
)
def test_a_home_is_absolute_or_the_accounts_own(
    environment: dict[str, str], expected: str | None
) -> None:
    assert home(environment) == (expected or pwd.getpwuid(os.getuid()).pw_dir)


def test_an_account_without_an_entry_has_the_root_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under any user id."""
    monkeypatch.setattr(os, "getuid", lambda: 1_234_567)
    assert home({}) == "/"


@pytest.mark.parametrize(
    ("platform", "environment", "config", "state"),
    [
        ("linux", {}, "/h/.config/ccwrap/config.toml", "/h/.local/state/ccwrap"),
        (
            "linux",
            {"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"},
            "/c/ccwrap/config.toml",
            "/s/ccwrap",
        ),
        (
            "linux",
            {"XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "../s"},
            "/h/.config/ccwrap/config.toml",
            "/h/.local/state/ccwrap",
        ),
        (
            "darwin",
            {},
            "/h/Library/Application Support/ccwrap/config.toml",
            "/h/Library/Application Support/ccwrap/state",
        ),
        (
            "win32",
            {},
            "/h/AppData/Local/ccwrap/config.toml",
            "/h/AppData/Local/ccwrap/state",
        ),
    ],
    ids=["linux", "xdg", "relative-xdg", "macos", "windows"],
)
def test_places(platform: str, environment: dict[str, str], config: str, state: str) -> None:
    where = places({"HOME": "/h", **environment}, platform)
    assert (where.home, where.config, where.state) == (Path("/h"), Path(config), Path(state))


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", "/etc/ccwrap/config.toml"),
        ("darwin", "/Library/Application Support/ccwrap/config.toml"),
        ("win32", "C:/Program Files/ccwrap/config.toml"),
    ],
)
def test_no_variable_moves_the_machine_s(platform: str, expected: str) -> None:
    names = ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "PROGRAMDATA", "ProgramFiles", "LOCALAPPDATA")
    assert places({"HOME": "/h", **dict.fromkeys(names, "/evil")}, platform).machine == Path(
        expected
    )


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, "/h/.cache/ccwrap"),
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/ccwrap"),
        ("darwin", {"XDG_CACHE_HOME": "/c"}, "/h/Library/Caches/ccwrap"),
        ("win32", {}, "/h/AppData/Local/ccwrap/cache"),
    ],
)
def test_what_can_be_fetched_again_stands_in_the_cache(
    platform: str, environment: dict[str, str], folder: str
) -> None:
    assert cache({"HOME": "/h", **environment}, platform) == Path(folder)
