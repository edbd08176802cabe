"""Where our files stand, by platform; only absolute XDG folders count."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccwrap.places import cache, places


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
