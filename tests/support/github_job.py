"""A GitHub Actions runner, as far as the examples need one.

The steps of a composite action run as scripts with the runner's own shell; `understood`
reads a log for workflow commands. Written after the runner's documentation and source
(github.com/actions/runner: ActionCommand, ActionCommandManager, CompositeActionHandler).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from running import Ran, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHELL: Final = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
FILES: Final = ("ENV", "PATH", "OUTPUT", "STEP_SUMMARY")
COMMANDS: Final = (
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group",
    "notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
)  # fmt: skip


class Command(NamedTuple):
    """One workflow command as the runner understands it."""

    name: str
    properties: dict[str, str]
    message: str


def understood(log: str) -> list[Command]:
    """The commands in `log`, but for those between a `stop-commands` and its end."""
    found: list[Command] = []
    fence = ""
    for line in re.split(r"[\r\n]+", log):
        command = _parsed(line)
        if fence:
            fence = "" if line.lstrip().startswith(f"::{fence}::") else fence
        elif command and command.name.lower() == "stop-commands":
            fence = command.message
        elif command and command.name.lower() in COMMANDS:
            found.append(command)
    return found


def _parsed(line: str) -> Command | None:
    if match := re.match(r"::([^ ]*?)(?: (.*?))?::(.*)", line.lstrip()):
        given = (part.partition("=") for part in (match[2] or "").split(",") if part)
        properties = {key: _told(value, {"%3A": ":", "%2C": ","}) for key, _, value in given}
        return Command(match[1], properties, _told(match[3], {}))
    if match := re.search(r"##\[([^ \]]*).*?\](.*)", line):
        return Command(match[1], {}, match[2])
    return None


def _told(text: str, more: Mapping[str, str]) -> str:
    for code, char in {"%0D": "\r", "%0A": "\n", **more, "%25": "%"}.items():
        text = text.replace(code, char)
    return text


class Action:
    """The composite action in `file`, used once by a job.

    runner  the folder that the runner keeps for a job's temporary files
    """

    def __init__(self, file: Path, runner: Path, inputs: Mapping[str, str]) -> None:
        self._runner = runner
        self.steps: list[dict[str, Any]] = yaml.safe_load(file.read_text())["runs"]["steps"]
        declared = yaml.safe_load(file.read_text())["inputs"]
        assert set(inputs) <= set(declared)
        self.inputs: dict[str, str] = {
            **{name: one.get("default", "") for name, one in declared.items()},
            **inputs,
        }
        self.files = {name: runner / f"file-command-{name}" for name in FILES}

    def run(self, environment: Mapping[str, str], workspace: Path, *names: str) -> list[Ran]:
        """Run the steps called `names`, or all, until one fails."""
        done: list[Ran] = []
        for step in self.steps:
            if names and step["name"] not in names:
                continue
            if not self._wanted(step.get("if", "")):
                continue
            done.append(self._step(step, environment, workspace))
            if done[-1].status:
                break
        return done

    def _step(self, step: dict[str, Any], environment: Mapping[str, str], workspace: Path) -> Ran:
        assert step["shell"] == "bash"
        for file in self.files.values():
            file.write_text("")
        script = self._runner / "script.sh"
        script.write_text(step["run"])
        own = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(self._runner),
            **{f"GITHUB_{name}": str(file) for name, file in self.files.items()},
        }
        given = {name: self._filled(value) for name, value in step.get("env", {}).items()}
        ran = run(
            [*SHELL, script],
            environment={**environment, **own, **given},
            cwd=self._folder(step, workspace),
            seconds=300,
        )
        assert all(not self.files[name].read_text() for name in ("ENV", "PATH", "OUTPUT"))
        return ran

    def _folder(self, step: dict[str, Any], workspace: Path) -> Path:
        return workspace / self._filled(step.get("working-directory", ""))

    def _wanted(self, condition: str) -> bool:
        if not condition:
            return True
        match = re.fullmatch(r"inputs\.([\w-]+) != ''", condition)
        assert match, condition
        return self.inputs[match[1]] != ""

    def _filled(self, text: str) -> str:
        known = {f"inputs.{name}": value for name, value in self.inputs.items()}
        known["runner.temp"] = str(self._runner)
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: known[match[1]], text)
