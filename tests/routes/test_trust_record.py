"""trust.json: ours alone, read strictly, written by many."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.errors import SettingError
from ccwrap.routes import trust
from ccwrap.routes.schema import Route
from ccwrap.routes.trust import Grant, Trust

if TYPE_CHECKING:
    from routefiles import Project

URL = "https://llm.example.com"
HERE = Path("/home/ann/acme")
EU = Route("eu", "litellm", URL, "auth_token", "LLM_KEY")


def read(project: Project) -> Trust:
    return Trust.read(project.places, {}, {})


@pytest.mark.parametrize(
    "record",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"version": 2}',
        '{"version": true}',
        '{"version": 1, "extra": 1}',
        '{"version": 1, "projects": []}',
        '{"version": 1, "projects": {"/a": {}}}',
        '{"version": 1, "everywhere": [{"url": "https://a.example.com", "what": "A"}]}',
        '{"version": 1, "everywhere": [{"url": "https://a.example.com", "what": "A", "value": 1}]}',
        '{"version": 1, "everywhere": [{"url": "nonsense", "what": "A", "value": ""}]}',
        '{"version": 1, "everywhere": [{"url": "https://a.example.com", "what": "*", "value": ""}]}',
        '{"version": 1, "ignored": [1]}',
        '{"version": 1, "ignored": "/"}',
        "[" * 50_000,
    ],
    ids=range(16),
)
def test_a_broken_record_is_an_error_with_its_fix(project: Project, record: str) -> None:
    project.places.state.mkdir(mode=0o700)
    (project.places.state / "trust.json").write_text(record)
    (project.places.state / "trust.json").chmod(0o600)
    with pytest.raises(SettingError, match=r"trust\.json.*\n.*fix: "):
        read(project)


def test_a_record_that_others_may_write_is_refused(project: Project) -> None:
    trust.allow(project.places, HERE, trust.wanted(EU))
    record = project.places.state / "trust.json"
    assert (record.stat().st_mode & 0o777, record.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    record.chmod(0o622)
    with pytest.raises(SettingError, match="others may write"):
        read(project)


def test_a_linked_record_is_refused(project: Project, tmp_path: Path) -> None:
    project.places.state.mkdir(mode=0o700)
    (tmp_path / "forged").write_text(json.dumps({"version": 1}))
    (project.places.state / "trust.json").symlink_to(tmp_path / "forged")
    with pytest.raises(SettingError, match="symbolic link"):
        read(project)


ALLOW = """
import sys
from pathlib import Path
from ccwrap.places import Places
from ccwrap.routes import trust
*places, project, url, name = sys.argv[1:]
trust.allow(Places(*map(Path, places)), Path(project), [trust.Grant(url, name)])
"""


def test_ten_who_allow_at_once_lose_nothing(project: Project) -> None:
    given = [*map(str, project.places), str(HERE), URL]
    everybody = [
        subprocess.Popen([sys.executable, "-c", ALLOW, *given, f"KEY_{number}"])
        for number in range(10)
    ]
    assert [one.wait() for one in everybody] == [0] * 10
    held = read(project).projects[str(HERE)]
    assert sorted(grant.what for grant in held) == sorted(f"KEY_{number}" for number in range(10))


def test_what_could_not_be_read_again_is_not_recorded(project: Project) -> None:
    trust.allow(project.places, HERE, [Grant(URL, "LLM_KEY")])
    many = [Grant(URL, f"header:X-H{n}", "a" * 1000) for n in range(1100)]
    with pytest.raises(SettingError, match="no room"):
        trust.decline(project.places, HERE, many)
    assert Trust.read(project.places, {}, {}).projects == {str(HERE): (Grant(URL, "LLM_KEY"),)}
