"""Every example is valid, asks first, and says what it is for; e2e tests run those that run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(
    path.parent.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/**/README.md")
)
ROUTED = [folder for folder in FOLDERS if (EXAMPLES / folder / ".ccroute").exists()]


@pytest.fixture(params=ROUTED)
def example(request: pytest.FixtureRequest, bare_sandbox: Sandbox) -> Sandbox:
    """A project that is a copy of one example."""
    shutil.copytree(EXAMPLES / request.param, bare_sandbox.project, dirs_exist_ok=True)
    return bare_sandbox


def test_it_validates(example: Sandbox) -> None:
    example.run_ccroute("validate").expect()


def test_nothing_of_it_is_done_before_it_is_allowed(example: Sandbox) -> None:
    stand_in = example.stand_in()
    ran = example.run_ccwrap("-p", "hello").expect(77)
    assert "ccroute trust" in ran.err
    assert stand_in.reports == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_says_what_it_is_for(folder: str) -> None:
    assert (EXAMPLES / folder / "README.md").read_text().startswith("# ")


def test_every_route_file_has_a_readme_beside_it() -> None:
    found = {path.parent.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob(".ccroute")}
    assert found == set(ROUTED)


def test_every_link_leads_somewhere() -> None:
    for page in EXAMPLES.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page}: {link}"


def test_the_index_names_every_folder() -> None:
    index = (EXAMPLES / "README.md").read_text()
    assert sorted(re.findall(r"^\| \[([\w/-]+)\]", index, re.MULTILINE)) == FOLDERS
