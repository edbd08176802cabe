"""Where our files stand, by platform; only absolute XDG folders count."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccwrap.places import places


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
