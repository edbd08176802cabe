"""Every example is valid, and the CI jobs run the commands that their READMEs explain."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccwrap.gateways.simulated import Setup
from routing import KEY
from running import script

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
JOBS = {
    "ci-github": ".github/workflows/review.yml",
    "ci-gitlab": ".gitlab-ci.yml",
}


@pytest.fixture(params=FOLDERS)
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


def test_it_says_what_it_is_for(example: Sandbox) -> None:
    assert (example.project / "README.md").read_text().startswith("# ")


def test_the_index_names_every_folder() -> None:
    index = (EXAMPLES / "README.md").read_text()
    assert re.findall(r"^\| \[([\w-]+)\]", index, re.MULTILINE) != []
    assert sorted(re.findall(r"^\| \[([\w-]+)\]", index, re.MULTILINE)) == FOLDERS


@pytest.mark.parametrize("folder", JOBS)
def test_a_ci_job_ends_in_an_answer(
    bare_sandbox: Sandbox, gateway: StartGateway, folder: str
) -> None:
    """The job's own check and prompt, in an empty home, with the host's names replaced."""
    stand_in = bare_sandbox.stand_in()
    url = gateway(Setup(keys=(KEY,))).url
    shutil.copytree(EXAMPLES / folder, bare_sandbox.project, dirs_exist_ok=True)
    for name in (".ccroute", JOBS[folder]):
        path = bare_sandbox.project / name
        path.write_text(path.read_text().replace("https://llm.eu.example.com", url))
    job = (bare_sandbox.project / JOBS[folder]).read_text()
    trust = re.search(r"CCWRAP_TRUST[:=] ?(\S+)", job.replace("CCWRAP_TRUST = ", "CCWRAP_TRUST="))
    assert trust
    bare_sandbox.environment |= {"CI": "true", "LLM_KEY": KEY, "CCWRAP_TRUST": trust[1]}
    search = f"{os.path.dirname(script('ccwrap'))}:{bare_sandbox.environment['PATH']}"
    for command in re.findall(r"(?:- |run: )(cc(?:wrap|route) (?!trust).*)", job):
        bare_sandbox.run("sh", "-ec", command, env={"PATH": search}).expect()
    assert stand_in.reports[-1].argv[-1] == "Review the last commit."
