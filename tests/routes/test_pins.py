"""`ccroute use`: one route, for a while or for good, in one project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.errors import SettingError
from ccwrap.routes import pins

if TYPE_CHECKING:
    from routefiles import Project

HERE, THERE = Path("/a"), Path("/b")


def test_a_pin_holds_in_its_project_until_its_time_is_over(project: Project) -> None:
    pins.pin(project.places, HERE, "eu", until=100.0)
    pins.pin(project.places, THERE, "us", until=None)
    at = [pins.pinned(project.places, HERE, now) for now in (99.0, 100.0)]
    assert at == ["eu", ""]
    assert pins.pinned(project.places, THERE, 1e12) == "us"


def test_a_pin_can_be_taken_back(project: Project) -> None:
    pins.pin(project.places, HERE, "eu", until=None)
    pins.unpin(project.places, HERE)
    pins.unpin(project.places, THERE)
    assert pins.pinned(project.places, HERE, 0) == ""


@pytest.mark.parametrize(
    "record",
    [
        "nonsense",
        '{"version": 1, "pins": []}',
        '{"version": 1, "pins": {"/a": "eu"}}',
        '{"version": 1, "pins": {"/a": {"name": 1, "until": null}}}',
        '{"version": 1, "pins": {"/a": {"name": "eu", "until": true}}}',
    ],
)
def test_a_broken_record_is_an_error_with_its_fix(project: Project, record: str) -> None:
    project.places.state.mkdir(mode=0o700)
    (project.places.state / "pins.json").write_text(record)
    with pytest.raises(SettingError, match=r"pins\.json.*\n.*fix: "):
        pins.pinned(project.places, HERE, 0)
