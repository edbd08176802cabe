"""The question, on a real terminal; a program stands in for the launch around it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox import Sandbox
    from terminal import Terminal

LAUNCH = """
import os, sys
from pathlib import Path
from ccwrap.errors import CcwrapError
from ccwrap.gateways import kinds
from ccwrap.places import places
from ccwrap.routes import consent, files, project, trust

where = places(os.environ)
file = files.load(Path.cwd(), os.environ, where, kinds.load())
root = project.root(Path.cwd(), file.file)
granted = trust.Trust.read(where, os.environ, file.trusted)
try:
    after = consent.ask(where, os.environ, file, root, granted)
except CcwrapError as error:
    print(f"{error}", file=sys.stderr)
    sys.exit(error.exit_code)
names = [route.name for route in file.routes if not after.missing(root, route)]
print("launched with", *names, *(["file ignored"] if after.ignores(file.file) else []))
"""

EU = '[[route]]\nname = "eu"\nurl = "https://eu.example.com"\nauth_token = "${LLM_KEY}"\n'
US = '[[route]]\nname = "us"\nurl = "https://us.example.com/api"\napi_key = "${US_KEY}"\n'


def launch(sandbox: Sandbox) -> Terminal:
    sandbox.environment["LLM_KEY"] = "made-up-0123456789"
    return sandbox.terminal(sys.executable, "-P", "-c", LAUNCH, size=(40, 80))


def recorded(sandbox: Sandbox) -> dict[str, object]:
    file = sandbox.home / ".local/state/ccwrap/trust.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def answered(sandbox: Sandbox, *keys: str) -> tuple[int, str]:
    """The exit status and the screen after `keys`, one for each question."""
    with launch(sandbox) as terminal:
        for key in keys:
            terminal.expect("N] ")
            terminal.send(key)
        return terminal.wait(), terminal.text


def test_the_question_says_what_goes_where_and_what_follows(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU + US)
    with launch(bare_sandbox) as terminal:
        text = terminal.expect("Allow? [y/a/r/i/N]")
    assert text.splitlines()[:9] == [
        "ccwrap: ~/work/acme/.ccroute wants to send",
        "",
        "  eu  LLM_KEY (env)      to https://eu.example.com/",
        "  us  US_KEY (not set)   to https://us.example.com/api",
        "",
        "Your prompts and this repository's code go there too.",
        "y this repository  a every repository  r route by route",
        "i ignore the file, plain claude        N stop",
        "Allow? [y/a/r/i/N] ",
    ]


@pytest.mark.parametrize(
    ("keys", "launched"),
    [
        (("y\r",), "launched with eu us"),
        (("YES\r",), "launched with eu us"),
        (("a\r",), "launched with eu us"),
        (("i\r",), "launched with file ignored"),
        (("r\r", "y\r", "n\r"), "launched with eu"),
        (("allow\r", "y\r"), "launched with eu us"),
    ],
    ids=["this repository", "in full", "every repository", "ignore", "by route", "not understood"],
)
def test_an_answer_is_recorded_and_never_asked_for_again(
    bare_sandbox: Sandbox, keys: tuple[str, ...], launched: str
) -> None:
    bare_sandbox.ccroute(EU + US)
    status, text = answered(bare_sandbox, *keys)
    assert (status, text.rstrip().splitlines()[-1].rstrip()) == (0, launched)
    if "ignored" not in launched:
        assert answered(bare_sandbox) == (0, f"{launched}\n")


@pytest.mark.parametrize(
    "key",
    ["\r", "n\r", "no\r", "\x04", "?\r?\r?\r"],
    ids=["Enter", "n", "no", "Ctrl-D", "nothing that is an answer"],
)
def test_no_stops_with_77_and_records_nothing(bare_sandbox: Sandbox, key: str) -> None:
    bare_sandbox.ccroute(EU)
    status, text = answered(bare_sandbox, key)
    assert status == 77
    assert "not allowed, claude not started (exit 77)" in text
    assert recorded(bare_sandbox) == {}


def test_ctrl_c_stops_and_records_nothing(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    status, _ = answered(bare_sandbox, "\x03")
    assert status != 0
    assert recorded(bare_sandbox) == {}


def test_no_to_a_new_gateway_goes_on_with_the_others(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    answered(bare_sandbox, "y\r")
    bare_sandbox.ccroute(EU + US)
    with launch(bare_sandbox) as terminal:
        question = terminal.expect("Allow? [y/a/r/i/N]")
        terminal.send("n\r")
        assert terminal.wait() == 0
    assert "to https://us.example.com/api   NEW" in question
    assert question.count("NEW") == 1
    assert "N go on with the others" in question
    assert terminal.text.rstrip().endswith("launched with eu")


def test_what_was_refused_by_route_is_asked_again_only_when_it_changes(
    bare_sandbox: Sandbox,
) -> None:
    bare_sandbox.ccroute(EU + US)
    answered(bare_sandbox, "r\r", "y\r", "n\r")
    bare_sandbox.ccroute(EU + US.replace("/api", "/other"))
    with launch(bare_sandbox) as terminal:
        assert "us.example.com/other   NEW" in terminal.expect("Allow?")


def test_asked_by_route_the_credentials_stand_next_to_the_answer(bare_sandbox: Sandbox) -> None:
    long = ", ".join(f'X-H{n} = "{"a" * 900}"' for n in range(5))
    bare_sandbox.ccroute(f"{EU}headers = {{ {long} }}\n")
    with launch(bare_sandbox) as terminal:
        terminal.expect("Allow?")
        terminal.send("r\r")
        asked = terminal.expect("Allow eu? [y/N]")
        terminal.send("n\r")
        terminal.wait()
    assert asked.splitlines()[-2].strip() == "LLM_KEY to https://eu.example.com/"


def test_a_yes_allows_nothing_that_was_not_shown(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU + US)
    answered(bare_sandbox, "r\r", "y\r", "n\r")
    more = US.replace('"us"', '"ap"').replace("us.example", "ap.example")
    bare_sandbox.ccroute(EU + US + more)
    with launch(bare_sandbox) as terminal:
        question = terminal.expect("Allow?")
        terminal.send("y\r")
        assert terminal.wait() == 0
    assert "us.example.com" not in question
    assert terminal.text.rstrip().endswith("launched with eu ap")


def test_a_file_that_requires_a_route_can_not_be_ignored(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute("require_route = true\n" + EU)
    with launch(bare_sandbox) as terminal:
        assert "ignore" not in terminal.expect("Allow? [y/a/r/N]")
        terminal.send("i\r")
        terminal.expect("Allow? [y/a/r/N]")
        terminal.send("\r")
        assert terminal.wait() == 77


def test_what_was_typed_before_the_question_is_no_answer(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    early = f"import select; print('ready', flush=True); select.select([0], [], [])\n{LAUNCH}"
    with bare_sandbox.terminal(sys.executable, "-P", "-c", early) as terminal:
        terminal.expect("ready")
        terminal.send("y\r")
        terminal.expect("Allow? [y/a/r/i/N]")
        terminal.send("\r")
        assert terminal.wait() == 77
    assert recorded(bare_sandbox) == {}


@pytest.mark.parametrize("more", ["disabled = true\n", ""], ids=["disabled", "allowed by CI"])
def test_nothing_is_asked_where_nothing_waits(bare_sandbox: Sandbox, more: str) -> None:
    bare_sandbox.ccroute(EU + more)
    bare_sandbox.allow("LLM_KEY@https://eu.example.com/")
    assert answered(bare_sandbox) == (0, "launched with eu\n")


def test_standard_output_stays_claudes(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    command = ("sh", "-c", '"$@" >output', "sh", sys.executable, "-P", "-c", LAUNCH)
    with bare_sandbox.terminal(*command) as terminal:
        terminal.expect("Allow? [y/a/r/i/N]")
        terminal.send("y\r")
        assert terminal.wait() == 0
    assert (bare_sandbox.project / "output").read_text() == "launched with eu\n"
